"""Where models are: a local folder or an id of the hub comes in, what to load and the name of its content goes out.

`check_model` looks at names and folders alone, so that a specification can be checked without network and without any library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synlearner.errors import EngineError, SpecError, boundary, first_line
from synlearner.stream.specs import model_folder

HASHED = ("*.safetensors", "*.bin", "*.json", "*.model", "*.jinja")
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """What to give to `from_pretrained`."""

    path: str
    where: dict[str, Any]


def is_path(name: str) -> bool:
    """Whether a name can only be a path: no id of the hub looks like this."""
    return name.count("/") > 1 or "\\" in name or name.startswith((".", "~", "/"))


def check_model(name: str, field: str, *, holds: str = "config.json") -> None:
    """Refuse a folder that is not there or lacks the file `holds`; whether the hub has an id is not asked. Raises `SpecError`."""
    if folder := model_folder(name):
        if holds and not (folder / holds).exists():
            raise SpecError(f"{name!r} is no model folder: it has no {holds}", "give a folder in Hugging Face format", field=field)
    elif is_path(name):
        raise SpecError(f"there is no model folder {name!r}", "give a folder in Hugging Face format, or a hub id such as name/model", field=field)


def model_source(model: str, revision: str) -> tuple[Source, str]:
    """Where to load from, and the model's name with the hash of its files or its commit."""
    if folder := model_folder(model):
        return Source(str(folder), {"local_files_only": True}), content_name(model)
    commit, cached = commit_of(model, revision)
    return Source(model, {"revision": commit, "local_files_only": cached}), f"{model}@{commit}"


def commit_of(model: str, revision: str = "") -> tuple[str, bool]:
    """The commit of a hub model, and whether it is already in the cache."""
    path, cached = hub_file(model, "config.json", revision, what="model")
    return path.parent.name, cached


def hub_file(repo: str, file: str, revision: str = "", *, what: str) -> tuple[Path, bool]:
    """A file of a hub repository, from the cache where it is there, and whether it was. Raises `EngineError`."""
    with boundary("huggingface_hub", "local"):
        from huggingface_hub import hf_hub_download, try_to_load_from_cache
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    try:
        found = try_to_load_from_cache(repo, file, revision=revision or None)
        if isinstance(found, str):
            return Path(found), True
        return Path(hf_hub_download(repo, file, revision=revision or None)), False
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = first_line(error)
        raise EngineError(
            f"the {what} {repo!r} is neither a local folder, nor cached, nor to be had from the hub: {reason}", "check the name and the network, or give a local folder"
        ) from error


def content_name(model: str) -> str:
    """A folder's name with the hash of its files; a name of the hub as it is."""
    folder = model_folder(model)
    return f"{folder.resolve().name}@{fingerprint(folder)}" if folder else model


def fingerprint(folder: Path, patterns: Sequence[str] = HASHED) -> str:
    """Sixteen characters that change with any of the files; of files over 64 MiB size and both ends are read."""
    digest = hashlib.sha256()
    for file in sorted({f for pattern in patterns for f in folder.glob(pattern)}):
        size = file.stat().st_size
        digest.update(f"{file.name}:{size}:".encode())
        with file.open("rb") as content:
            if size <= 64 * MEBIBYTE:
                digest.update(content.read())
                continue
            digest.update(content.read(MEBIBYTE))
            content.seek(-MEBIBYTE, 2)
            digest.update(content.read())
    return digest.hexdigest()[:16]
