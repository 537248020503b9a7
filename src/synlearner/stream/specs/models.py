"""Who writes and who is taught: `[generator]`, `[teacher]` and `[student]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from synlearner.stream.specs.values import Count, Spec


class GeneratorSpec(Spec):
    """Which engine writes, and how. Keys that an engine does not know are refused by the engine."""

    engine: str = "pocket"
    model: str = ""
    adapter: str = ""
    chat: Literal["auto", "yes", "no"] = "auto"
    device: str = "auto"
    batch: int = Field(64, ge=1)
    temperature: float = Field(1.0, ge=0.0)
    top_p: float = Field(0.95, gt=0.0, le=1.0)
    top_k: Count = 0
    max_new_tokens: int = Field(160, ge=1)
    constrain: bool = False
    guidance: float = Field(0.0, ge=0.0, le=10.0)
    base_url: str = ""
    api_key_env: str = ""
    concurrency: int = Field(16, ge=1)
    retries: Count = 4
    timeout: float = Field(120.0, gt=0.0)
    options: Mapping[str, object] = Field(default_factory=dict)


class StudentSpec(Spec):
    """The student that proves the data: `repeats` fresh students with different seeds on every set."""

    engine: str = "tfidf"
    model: str = ""
    repeats: int = Field(3, ge=1)
    epochs: int = Field(3, ge=1)
    learning_rate: float = Field(5e-5, gt=0.0)
    batch: int = Field(32, ge=1)
    max_tokens: int = Field(128, ge=8)
