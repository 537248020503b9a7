"""The only source of randomness: every generator's seed is derived from the run's seed and the names of what it is for."""

from __future__ import annotations

import hashlib
import json
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def derive(seed: int, *names: str | int) -> int:
    """A 63-bit seed for one purpose. Equal arguments give equal seeds on every machine."""
    digest = hashlib.sha256(json.dumps([seed, *names], ensure_ascii=True).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def rng(seed: int, *names: str | int) -> random.Random:
    """A standard-library generator for one purpose."""
    return random.Random(derive(seed, *names))  # noqa: S311  (sampling, not secrets)


def numpy_rng(seed: int, *names: str | int) -> np.random.Generator:
    """A NumPy generator for one purpose."""
    import numpy as np

    return np.random.default_rng(derive(seed, *names))


def content_hash(value: object) -> str:
    """A stable 16-character name for a JSON value: the key of prompts, steps and rows."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
