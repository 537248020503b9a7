"""Adapters that a user names: a folder or an id of the hub comes in, an `Adapter` goes out.

The folders of our own runs have a manifest. Any other folder that PEFT wrote does as well, if it holds a LoRA in safetensors; its id is the
hash of its content. `check_adapter` reads names and small files alone, without network and without any library.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synlearner.engines.factors import CONFIG, WEIGHTS
from synlearner.engines.lora import MANIFEST, load_manifest
from synlearner.engines.places import fingerprint, hub_file, is_path
from synlearner.errors import SpecError
from synlearner.records import Adapter
from synlearner.stream.specs import model_folder

FIELD = "generator.adapter"


def check_adapter(name: str) -> None:
    """Refuse a folder that is not there or holds no LoRA; whether the hub has an id is not asked. Raises `SpecError`."""
    if folder := model_folder(name):
        _check_folder(folder)
    elif name and (is_path(name) or "/" not in name):
        raise SpecError(f"there is no adapter folder {name!r}", "give the folder of a PEFT adapter, or a hub id such as name/adapter", field=FIELD)


def named_adapter(name: str, *, base: str) -> Adapter:
    """The adapter in a folder or on the hub. Raises `EngineError` where it was made for another model than `base`, or cannot be had."""
    folder = model_folder(name) or _from_hub(name)
    _check_folder(folder)
    if (folder / MANIFEST).exists():
        return load_manifest(folder, base=base)
    return Adapter(fingerprint(folder, (CONFIG, WEIGHTS)), str(folder), "", None)


def _from_hub(name: str) -> Path:
    """The folder of the cache with both files of one commit."""
    config, _ = hub_file(name, CONFIG, what="adapter")
    hub_file(name, WEIGHTS, config.parent.name, what="adapter")
    return config.parent


def _check_folder(folder: Path) -> None:
    if folder.name.endswith(".part") or not (folder / CONFIG).exists():
        fix = "give a folder that PEFT has saved; a killed run leaves unfinished ones behind"
        raise SpecError(f"{folder} is no finished adapter: it has no {CONFIG}, or was not completed", fix, field=FIELD)
    if not (folder / WEIGHTS).exists():
        raise SpecError(f"{folder} has no {WEIGHTS}", "save the adapter again with PEFT's save_pretrained, which writes safetensors", field=FIELD)
    config = _config(folder / CONFIG)
    if config.get("peft_type") != "LORA" or config.get("task_type") not in (None, "CAUSAL_LM"):
        found = f"{config.get('peft_type')} for {config.get('task_type')}"
        raise SpecError(f"the adapter {folder} is no LoRA of a causal language model but {found}", "give a LoRA adapter that writes text", field=FIELD)


def _config(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SpecError(f"{file} is not JSON", "save the adapter again with PEFT's save_pretrained", field=FIELD) from error
    return config if isinstance(config, dict) else {}
