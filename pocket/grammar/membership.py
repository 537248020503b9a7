"""Whether a grammar can write a text: templates as regular expressions, so that no draw is left to luck.

Both sides are compared in small letters, without punctuation and with every "an" as "a". Numbers, dates and made-up words stand for any one or
two words, so that the answer errs towards yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pocket.grammar.kit import BUILTIN, CITIES, COUNTRIES, DAYS, FIRST_NAMES, LAST_NAMES, MONTHS, Family, Lexicon, alternatives, matching

LISTED: Mapping[str, Lexicon] = {"day": DAYS, "month": MONTHS, "name": FIRST_NAMES, "lastname": LAST_NAMES, "city": CITIES, "country": COUNTRIES}
A_WORD_OR_TWO = r"\S+(?: \S+)?"
_SLOT = re.compile(r"\{([a-z_]+?)\d?\}")
_BETWEEN = re.compile(r"[\s.,;:!?\"'’()…-]+")


def plain(text: str) -> str:
    """A text as it is compared."""
    return re.sub(r"\ban (?=[aeiou])", "a ", _BETWEEN.sub(" ", text.casefold()).strip())


def writers(family: Family, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each (text, template) where a template of the family alone can write the text. Texts are plain."""
    whole = "\n".join(texts)
    for concept in family.concepts.values():
        lexicons = {**family.slots, **concept.slots}
        for template in {*concept.lines, *concept.tails, *family.extras, *(t for pair in concept.pairs for t in pair)}:
            if (part := _longest(template)) in whole:
                pattern = re.compile(_pattern(template, lexicons))
                yield from ((text, template) for text in texts if part in text and pattern.fullmatch(text))


@cache
def _longest(template: str) -> str:
    """The longest run of plain words outside all brackets: whoever lacks it was not written by the template."""
    outside, depth = "", 0
    for ch in template:
        depth += (ch in "([{") - (ch in ")]}")
        outside += "\n" if ch in "([{)]}" else ch if depth == 0 else ""
    return max((inner for part in outside.split("\n") for inner in re.split(r"[^a-z0-9 ]+|\ban?\b", part.casefold())), key=len).strip()


def _pattern(template: str, lexicons: Mapping[str, Lexicon]) -> str:
    """A regular expression for plain texts. White space is optional where brackets meet, since either side may bring it."""
    out, i = "", 0
    while i < len(template):
        ch = template[i]
        if ch in "([":
            end = matching(template, i, ch, ")" if ch == "(" else "]")
            inner = "|".join(_pattern(part, lexicons) for part in alternatives(template[i + 1 : end]))
            out += f"(?:{inner})" + ("?" if ch == "[" else "")
            i = end + 1
        elif slot := _SLOT.match(template, i):
            out += _slot(slot[1], lexicons)
            i = slot.end()
        else:
            end = next((k for k in range(i, len(template)) if template[k] in "([{"), len(template))
            out += _literal(template[i:end])
            i = end
    return out


def _literal(text: str) -> str:
    return " ?".join("an?" if w in ("a", "an") else re.escape(w) for w in _BETWEEN.split(text.casefold()))


def _slot(name: str, lexicons: Mapping[str, Lexicon]) -> str:
    if name == "fullname":
        return f"{_slot('name', lexicons)} {_slot('lastname', lexicons)}"
    if (entries := lexicons.get(name) or LISTED.get(name)) is None:
        assert name in BUILTIN, name
        return f"(?:{A_WORD_OR_TWO})"
    return f"(?:{'|'.join(_pattern(entry, lexicons) for entry in entries)})"
