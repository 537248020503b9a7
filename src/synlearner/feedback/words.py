"""Texts to words, n-grams and shingles: the one reading of a text that all checks of this room share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_LATIN = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
# Scripts that put no spaces between words: each character counts as a word.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def words(text: str) -> list[str]:
    """Words of a text without case, punctuation and compatibility forms; marks stay with their letters."""
    if text.isascii():
        return _LATIN.findall(text.lower())
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    spaced = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" or c == "'" else " " for c in plain)
    return [w for w in (part.strip("'") for part in _UNSPACED.sub(r" \g<0> ", spaced).split()) if w]


def plain_form(text: str) -> str:
    """The text up to case, white space and punctuation; a text without any word (emoji, signs) keeps its signs."""
    return " ".join(words(text)) or " ".join(unicodedata.normalize("NFKC", text).split())


def ngrams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All runs of n words, in order."""
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def shingles(text: str) -> frozenset[str]:
    """Pairs of neighbouring words, with the ends of the text as neighbours: the set whose Jaccard similarity tells near-duplicates."""
    tokens = plain_form(text).split()
    return frozenset(f"{a} {b}" for a, b in zip(["", *tokens], [*tokens, ""], strict=True))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared share of two sets, in 0..1; two empty sets are equal."""
    return len(a & b) / len(a | b) if a or b else 1.0
