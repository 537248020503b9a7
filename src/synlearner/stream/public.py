"""A run's settings as others may see them: without passwords, addresses' queries, and folders of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from synlearner.stream.specs import CA_FILE, MODEL_PATHS

# Texts under such names are kept back, wherever they stand; names of environment variables (`..._env`) are not secret.
_SECRET = re.compile(r"key|token|secret|password|authorization|credential|cookie", re.IGNORECASE)
# Settings that may be a file or folder of this machine.
_CERTIFICATES = {f"{table}.options.{CA_FILE}" for table in ("generator", "teacher", "judge.by")}
_FOLDERS = {*(f"{table}.{key}" for table, key in MODEL_PATHS), *_CERTIFICATES, "budget.prices", "budget.cache", "memory.path"}


def public_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with task files by their name alone, addresses without user, password and query, folders of this machine shortened, and secrets left out."""
    shown = {**settings, "tasks": [PurePath(t).name for t in settings.get("tasks", ())]}
    return {table: _public(inner, table) if isinstance(inner, Mapping) else inner for table, inner in shown.items()}


def flat(settings: Mapping[str, Any], place: str = "") -> dict[str, str | int | float | bool]:
    """Nested settings under dotted names, as trackers take them: lists as texts, and nothing for null."""
    found: dict[str, str | int | float | bool] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{place}{name}.")
        elif value is not None:
            found[f"{place}{name}"] = value if isinstance(value, str | int | float | bool) else ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return found


def local_name(path: str) -> str:
    """The last part of a path of this machine; a name of a hub as it is."""
    return PurePath(path).name if path.startswith(("/", "~", ".")) or "\\" in path or path[1:3] == ":/" else path


def without_user(address: str) -> str:
    """An address without user, password and query."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _public(table: Mapping[str, Any], place: str) -> dict[str, Any]:
    return {name: _shown(value, f"{place}.{name}") for name, value in table.items() if not _secret(name, value)}


def _secret(name: str, value: object) -> bool:
    return isinstance(value, str) and bool(value) and not name.endswith("_env") and _SECRET.search(name) is not None


def _shown(value: Any, place: str) -> Any:
    if isinstance(value, Mapping):
        return _public(value, place)
    if isinstance(value, list | tuple):
        return [_shown(v, place) for v in value]
    if not isinstance(value, str):
        return value
    return without_user(value) if "://" in value else local_name(value) if place in _FOLDERS else value
