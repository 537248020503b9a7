"""What counts as the same text, as a word, and as a declared label: the few comparisons that readers and parsers share."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

_SIGN = re.compile(r"[^\w\s]|_")


def normal_text(*fields: str) -> str:
    """Texts up to Unicode compatibility, case and white space; fields stay apart. Equal normal forms are copies."""
    return "\n".join([" ".join(_folded(f).split()) for f in fields])


def _folded(text: str) -> str:
    # Most texts are ASCII, where all of this is a change of case.
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def plain_text(*fields: str) -> str:
    """Normal form without punctuation, to recognise copies that were touched up. Signs that say something (+, €, 😀) stay, and so does a text of punctuation alone."""
    return "\n".join(" ".join(_SIGN.sub(_kept, normal_text(f)).split()) or normal_text(f) for f in fields)


def _kept(sign: re.Match[str]) -> str:
    return _as_plain(sign[0])


@cache
def _as_plain(sign: str) -> str:
    category = unicodedata.category(sign)
    return " " if category[0] == "P" or category == "Sk" else "" if category == "Cf" else sign


def word_count(*fields: str) -> int:
    """Words between white space, over all fields."""
    return sum(len(f.split()) for f in fields)


def is_blank(text: str) -> bool:
    """Whether nothing in a text can be seen: white space, controls and zero-width characters only."""
    return not any(c.isprintable() and not c.isspace() for c in text)


def is_broken(text: str) -> bool:
    """Whether a text holds half of a surrogate pair, which no file could store."""
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


def storable(text: str) -> str:
    """A text that every file can store: halves of surrogate pairs become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def encoded(value: object) -> bytes:
    """JSON, as fast as a dependency writes it. What is no valid Unicode is escaped."""
    from pydantic_core import to_json

    try:
        return to_json(value)
    except ValueError:
        return json.dumps(value).encode()


def match_label(value: object, labels: Sequence[str]) -> str | None:
    """The one declared label that a JSON value means, else None.

    Strings must be equal to it; `1` means "1", `true` means "True" or "true", `2.0` means "2.0" or "2", whichever is declared, and
    nothing when both are.
    """
    if isinstance(value, str):
        return value if value in labels else None
    found = [label for label in _spellings(value) if label in labels]
    return found[0] if len(found) == 1 else None


def _spellings(value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return (str(value), str(value).lower())
    if isinstance(value, int):
        return (str(value),)
    if isinstance(value, float):
        return (str(value), str(int(value))) if value.is_integer() else (str(value),)
    return ()
