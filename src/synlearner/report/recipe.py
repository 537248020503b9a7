"""The run's TOML and its models as they are told to others: without anything private."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from synlearner.stream.identity import as_toml


def public_recipe(settings: Mapping[str, Any]) -> str:
    """The resolved settings as TOML for publication: task files by their name alone, addresses without user and password, folders of local models shortened."""
    shown = {**settings, "tasks": [PurePath(t).name for t in settings.get("tasks", ())]}
    for role in ("generator", "teacher", "student", "feedback"):
        if isinstance(engine := shown.get(role), Mapping):
            shown[role] = {**engine, **{k: f(engine[k]) for k, f in _PUBLIC.items() if engine.get(k)}}
    return as_toml(shown)


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
