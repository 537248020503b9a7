"""The run's TOML and its models as they are told to others: without anything private."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synlearner.stream.identity import as_toml
from synlearner.stream.public import local_name, public_settings


def public_recipe(settings: Mapping[str, Any]) -> str:
    """The resolved settings as TOML for publication."""
    return as_toml(public_settings(settings))


# Engines that nobody can guess from their name, as they are told to strangers.
KNOWN = {"pocket": "the small model in the package (pocket)"}


def writer_of(settings: Mapping[str, Any]) -> str:
    """The generator for a reader who knows none of our names, or "" where the run names none."""
    model = model_of(settings)
    return KNOWN.get(model, model)


def model_of(settings: Mapping[str, Any], role: str = "generator") -> str:
    """The engine and model of a role in words, or "" where it has none."""
    engine = settings.get(role) or {}
    model = local_name(engine.get("model", ""))
    return f"{engine.get('engine', '')} {model}".strip()
