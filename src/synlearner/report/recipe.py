"""The run's TOML as it is told to others: with absolute paths for the run folder, without anything private for everyone else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit, urlunsplit


def recipe(settings: Mapping[str, Any]) -> str:
    """The resolved settings as TOML, as they are: it runs again on the same machine."""
    import tomli_w

    return tomli_w.dumps(_filled(settings))


def public_recipe(settings: Mapping[str, Any]) -> str:
    """The same for publication: task files by their name alone, addresses without user and password, folders of local models shortened."""
    shown = {**settings, "tasks": [PurePath(t).name for t in settings.get("tasks", ())]}
    for role in ("generator", "teacher", "student", "feedback"):
        if isinstance(engine := shown.get(role), Mapping):
            shown[role] = {**engine, **{k: f(engine[k]) for k, f in _PUBLIC.items() if engine.get(k)}}
    return recipe(shown)


def model_of(settings: Mapping[str, Any], role: str = "generator") -> str:
    """The engine and model of a role in words, or "" where it has none."""
    engine = settings.get(role) or {}
    model = local_name(engine.get("model", ""))
    return f"{engine.get('engine', '')} {model}".strip()


def local_name(path: str) -> str:
    """The last part of a path of this machine; a name of a hub as it is."""
    return PurePath(path).name if path.startswith(("/", "~", ".")) or "\\" in path or path[1:3] == ":/" else path


def without_user(address: str) -> str:
    """An address without user, password and query."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


_PUBLIC = {"base_url": without_user, "model": local_name, "adapter": local_name, "embedder_model": local_name}


def _filled(value: Any) -> Any:
    """TOML has no null: what is null is left out."""
    if isinstance(value, Mapping):
        return {k: _filled(v) for k, v in value.items() if v is not None}
    return [_filled(v) for v in value if v is not None] if isinstance(value, list | tuple) else value
