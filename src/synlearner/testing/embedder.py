"""An embedder without a model: texts in, unit vectors of hashed words out. Texts that share words are near each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from synlearner.errors import SpecError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTH = 64
_WORD = re.compile(r"\w+", re.UNICODE)


class WordHash:
    """Every word adds one or takes one at a place that its hash decides; one more place is always set, so that no vector is zero.

    `model` is the width as a text, "" for 64; at least 2.
    """

    def __init__(self, model: str = "") -> None:
        WordHash.check(model)
        self.width = max(2, int(model or WIDTH))
        self.identity = f"word-hash {self.width}"

    @staticmethod
    def check(model: str) -> None:
        """Refuse a width that is no number. Raises `SpecError`."""
        if model and not model.isdecimal():
            raise SpecError(f"{model!r} is no width", "give a whole number as a text, or leave it out", field="feedback.embedder_model")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (texts, width), float32, each row of length 1."""
        import numpy as np

        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            vector[-1] = 0.1
            for word in _WORD.findall(text.casefold()):
                place, sign = _hashed(word, self.width - 1)
                vector[place] += sign
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _hashed(word: str, places: int) -> tuple[int, int]:
    number = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    return (number >> 1) % places, 1 if number & 1 else -1
