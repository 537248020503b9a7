"""The small language in which the grammars are written, and its expansion.

A template holds ``{slot}`` (one value per record; ``{slot2}`` is a *different* value of the same lexicon),
``(a|b|c)`` (one of them, nestable) and ``[text]`` (present half of the time). Built-in slots are listed in
``BUILTIN``. Everything random comes from the ``random.Random`` that is handed in.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Lexicon = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """One label of a family: what it may be called, what it means, and how people write it.

    ``lines`` are core texts that alone make the label clear; ``tails`` are follow-up sentences that fit the label. In a pair
    family ``pairs`` holds (first, second) templates instead, which share their slot values.
    """

    names: tuple[str, ...]
    definitions: tuple[str, ...]
    lines: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    slots: Mapping[str, Lexicon] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """A domain: instructions, concepts (future labels), lexicons and the dimensions that a task may name.

    ``dims`` maps a slot to the names under which a task may ask for it: ``{"product": ("product", "item")}``. ``fields`` are the
    possible names of the record's text fields: one-tuples for a single text, two-tuples for a pair.
    """

    name: str
    instructions: tuple[str, ...]
    concepts: Mapping[str, Concept]
    slots: Mapping[str, Lexicon] = field(default_factory=dict)
    dims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extras: tuple[str, ...] = ()
    fields: tuple[tuple[str, ...], ...] = (("text",),)

    @property
    def is_pair(self) -> bool:
        return any(c.pairs for c in self.concepts.values())


FIRST_NAMES: Lexicon = tuple(
    "Ana Ben Carla Dmitri Ella Farid Grace Hugo Ines Jonas Keiko Liam Maya Noor Omar Priya Quinn Rosa Sven Tara Umar Vera Will Xenia Yusuf Zoe "
    "Amir Bianca Chen Dora Emil Fatima George Hana Igor Julia Karl Lena Marco Nina Oscar Paula Ravi Sofia Tom Ursula Victor Wendy".split()
)
LAST_NAMES: Lexicon = tuple(
    "Adler Brooks Castillo Diaz Evans Fischer Garcia Huang Ivanov Jensen Khan Larsen Moreau Nguyen Okafor Patel Rossi Silva Tanaka Ueda Varga Weber "
    "Young Zhou Morgan Price Reed Stone Walsh Carter".split()
)
CITIES: Lexicon = tuple(
    "Lisbon|Oslo|Denver|Nairobi|Kyoto|Leeds|Porto|Austin|Lima|Cairo|Prague|Boston|Mumbai|Seoul|Turin|Dublin|Quito|Perth|Ghent|Tampa|New York|San Diego|Cape Town|"
    "Hong Kong|Rio de Janeiro|Toronto|Warsaw|Athens|Jakarta|Vienna|Chicago|Berlin|Madrid|Paris|London|Sydney|Bangkok|Delhi|Istanbul|Helsinki".split("|")
)
COUNTRIES: Lexicon = tuple(
    "Norway|Chile|Japan|Kenya|Canada|Poland|Brazil|India|Egypt|Spain|Peru|Vietnam|Greece|Ghana|Mexico|Ireland|Turkey|Iceland|Morocco|China|France|Germany|Italy|"
    "Russia|Iraq|Israel|the United States|Britain|South Korea|Australia|Nigeria|Argentina".split("|")
)
MONTHS: Lexicon = tuple("January February March April May June July August September October November December".split())
DAYS: Lexicon = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
SYLLABLES: Lexicon = tuple("ba be bo da do fa fi ga go ka ki ko la li lo ma mi mo na ne no pa pi ra ri ro sa si so ta te to va vi zo nor bel dar kin lum mar sel tor vex wim yar zan".split())


def invented(rng: random.Random) -> str:
    """A made-up word, so that copying from the prompt is learnt and not memorised."""
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((2, 2, 3))))


def _money(r: random.Random) -> str:
    value = r.choice((r.randint(1, 99), r.randint(10, 999), r.randint(1, 9) * 50, r.randint(1000, 9900)))
    return r.choice((f"${value}", f"{value} dollars", f"${value}.{r.randint(0, 99):02d}", f"{value} euros", f"£{value}", f"{value} €"))


def _date(r: random.Random) -> str:
    d, m = r.randint(1, 28), r.choice(MONTHS)
    return r.choice((f"{d} {m}", f"{m} {d}", f"the {d}th of {m}" if 4 <= d <= 20 else f"{m} {d}", f"{d}/{r.randint(1, 12)}", m, f"last {r.choice(DAYS)}", f"{r.choice(DAYS)}"))


BUILTIN: Mapping[str, Callable[[random.Random], str]] = {
    "n": lambda r: r.choice((str(r.randint(2, 12)), str(r.randint(2, 99)), r.choice("two three four five six seven eight nine ten".split()))),
    "num": lambda r: str(r.choice((r.randint(2, 20), r.randint(20, 400), r.randint(100, 9999)))),
    "money": _money,
    "date": _date,
    "time": lambda r: r.choice((f"{r.randint(1, 12)} {r.choice(('am', 'pm'))}", f"{r.randint(0, 23)}:{r.choice((0, 15, 30, 45)):02d}", "noon", "midnight", "this morning", "tonight")),
    "day": lambda r: r.choice(DAYS),
    "month": lambda r: r.choice(MONTHS),
    "year": lambda r: str(r.choice((r.randint(1990, 2026), r.randint(1750, 1990)))),
    "percent": lambda r: f"{r.randint(1, 99)}{r.choice(('%', ' percent'))}",
    "name": lambda r: r.choice(FIRST_NAMES),
    "fullname": lambda r: f"{r.choice(FIRST_NAMES)} {r.choice(LAST_NAMES)}",
    "lastname": lambda r: r.choice(LAST_NAMES),
    "city": lambda r: r.choice(CITIES),
    "country": lambda r: r.choice(COUNTRIES),
    "code": lambda r: r.choice((f"{r.choice('ABCDEFGHKLMNPRSTWXZ')}{r.choice('ABCDEFGHKLMNPRSTWXZ')}-{r.randint(100, 99999)}", f"#{r.randint(1000, 99999)}", f"{r.randint(10000, 9999999)}")),
    "duration": lambda r: f"{r.choice(('two', 'three', 'four', 'five', 'a few', str(r.randint(2, 40))))} {r.choice(('minutes', 'hours', 'days', 'weeks', 'months', 'years'))}",
    "made": invented,
}

_TOKEN = re.compile(r"\{([a-z_]+?)(\d?)\}")


def matching(text: str, start: int, opener: str, closer: str) -> int:
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == opener) - (text[i] == closer)
        if depth == 0:
            return i
    raise ValueError(f"unbalanced {opener} in template: {text!r}")


def alternatives(body: str) -> list[str]:
    parts, depth, last = [], 0, 0
    for i, ch in enumerate(body):
        depth += (ch in "([") - (ch in ")]")
        if ch == "|" and depth == 0:
            parts.append(body[last:i])
            last = i + 1
    return [*parts, body[last:]]


def choose(template: str, rng: random.Random) -> str:
    """Resolve ``(a|b)`` and ``[optional]``; slots stay."""
    out, i = [], 0
    while i < len(template):
        ch = template[i]
        if ch == "(":
            end = matching(template, i, "(", ")")
            out.append(choose(rng.choice(alternatives(template[i + 1 : end])), rng))
            i = end + 1
        elif ch == "[":
            end = matching(template, i, "[", "]")
            if rng.random() < 0.5:
                out.append(choose(template[i + 1 : end], rng))
            i = end + 1
        else:
            out.append(ch)
            i += 1
    return "".join(out)


def slots_of(template: str) -> set[str]:
    """Names of the slots that a template may use (without the digit)."""
    return {m.group(1) for m in _TOKEN.finditer(template)}


def expand(template: str, slots: Mapping[str, Lexicon], values: dict[str, str], rng: random.Random) -> str:
    """Fill a template. ``values`` holds the slots already fixed for this record and is extended."""

    def fill(match: re.Match[str]) -> str:
        key, base = match.group(1) + match.group(2), match.group(1)
        if key not in values:
            taken = {v for k, v in values.items() if k.rstrip("0123456789") == base}
            for _ in range(8):
                value = choose(rng.choice(slots[base]), rng) if base in slots else BUILTIN[base](rng)
                value = _TOKEN.sub(fill, value)
                if value not in taken:
                    break
            values[key] = value
        return values[key]

    text = _TOKEN.sub(fill, choose(template, rng))
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ([,.;:!?])(?=\s|$)", r"\1", text)
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def sentence(text: str) -> str:
    """Capital first letter, a final stop where there is none."""
    text = text[:1].upper() + text[1:]
    return text if text[-1:] in ".!?…\"')" else text + "."


def check(family: Family) -> list[str]:
    """Every way in which a family is broken: unknown slots, no lines, unbalanced brackets, too little variety."""
    wrong: list[str] = []
    rng = random.Random(0)
    for key, concept in family.concepts.items():
        lexicons = {**family.slots, **concept.slots}
        templates = [*concept.lines, *concept.tails, *family.extras, *(t for pair in concept.pairs for t in pair)]
        if not concept.lines and not concept.pairs:
            wrong.append(f"{family.name}.{key}: no lines and no pairs")
        for template in templates:
            try:
                expand(template, lexicons, {}, rng)
            except (KeyError, ValueError, IndexError) as error:
                wrong.append(f"{family.name}.{key}: {template!r}: {error!r}")
        texts = {expand(t, lexicons, {}, rng) for t in (concept.lines or [a + " " + b for a, b in concept.pairs]) for _ in range(20)}
        if len(texts) < 80:
            wrong.append(f"{family.name}.{key}: only {len(texts)} different cores in 20 rounds (want >= 80)")
    return [*wrong, *(f"{family.name}: dimension slot {slot!r} has no lexicon" for slot in family.dims if slot not in family.slots)]
