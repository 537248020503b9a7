"""Lessons for the pocket model: random tasks drawn from the grammars, rendered in the very prompt that SynLearner uses.

Every lesson is a new task: a subset of labels under random names, a random choice of definitions, attributes, field names, few-shot
rows and surface style. Attributes are read off the finished text, so that a prompt never asks for what the answer does not have.
A quarter of the lessons mixes labels of different domains under invented names, which only the examples explain.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pocket import grammar
from pocket.grammar.kit import Concept, Family, Lexicon, expand, invented, sentence, slots_of
from pocket.grammar.tones import TONE_DIMENSIONS, TONES
from synlearner.generate.prompts import render

CODES = (
    "A B C D E F G H I J K L",
    "1 2 3 4 5 6 7 8 9 10 11 12",
    "no yes maybe",
    "True False",
    "0 1 2 3 4 5 6 7",
    "x y z w v u",
    "😀 😡 😐 🎉 💡 🔧 ❓ 🚚",
    "T1 T2 T3 T4 T5 T6 T7 T8",
)
LABEL_KEYS = ("label",) * 12 + ("category", "class", "type", "intent", "topic", "answer")
LENGTH_DIMENSIONS = ("length",) * 6 + ("size", "words", "text length", "how long")
MENTION_DIMENSIONS = ("mention", "must mention", "keyword", "subject", "about", "detail", "entity", "topic", "context")
SPAN_DIMENSIONS = (
    *MENTION_DIMENSIONS,
    "problem",
    "experience",
    "answer",
    "aspect",
    "reason",
    "words",
    "phrase",
    "scene",
    "person",
    "product",
    "what",
    "strategy",
    "overall",
    "style",
)
TWO_TEXTS = (
    ("title", "body"), ("subject", "message"), ("headline", "text"), ("summary", "details"), ("post", "comment"), ("message", "reply"), ("first", "second"), ("question", "note"),
    ("quote", "context"), ("before", "after"), ("opening", "rest"), ("need", "offer"), ("rule", "case"), ("wish", "result"), ("claim", "record"),
)  # fmt: skip
FRAMES = (
    "the {a} is next to the {b}", "I would like {a} and {b} [please]", "{a}, {b} and some {c}", "why is there (no|so much) {a} near {b}?", "{name} bought {a} for {money}",
    "we (saw|found|lost|met) {a} in {city}", "{a} before {b}", "no {a} without {b}", "my {a} (reminds|reminded) me of {b}", "(please|kindly) send the {a} to {name}",
    "(yesterday|today|on {day}) the {a} (was|turned|looked) {b}", "is {a} (better|worse|older) than {b}?", "{n} times {a}, never {b}", "[well,] {a} again", "a story about {a} and {b} from {country}",
)  # fmt: skip


CORE = ("support_shop", "product_reviews", "question_types", "nli_everyday")
# What most labelling work is about: support queues, opinions, topics, intents, kinds of question, inference.
PAIRS = ("duplicates", "answers", "evidence", "consistency", "paraphrase", "nli_report")
MATCHES = ("flat_matches", "order_matches", "holiday_matches", "rule_cases")
COMMON = (*CORE, "review_stories", "film_snippets", "place_reviews", "news", "forum_topics", "voice_intents")


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of what lessons are made of; a curriculum is a few of these in turn.

    `lexicon` and `mixed` are shares of tasks that only their examples explain. `strange`, `keys`: names and field names that can only be
    copied. `shots`: numbers of example rows (empty: by what the lesson needs). `wish`, `invented`: attribute values put into the text, from the word pool or made up. `span`: attribute
    values that are some words of the finished text. `vague`: instructions that say nothing, so that the domain must be read off the
    examples. `core`: extra weight of the families of `common`. `tone`: share of texts with an opening or closing in a tone.
    `plain`: share of tasks in ordinary spelling. `listed`: share of prompts that name all labels. `odd`: share of strange
    names that may be any word or none. `double`: share of records of one text that have two of them here, so that the number of
    texts is read off the contract and not guessed from the domain.
    """

    lexicon: float
    mixed: float
    strange: float
    keys: float
    wish: float
    invented: float
    vague: float
    sizes: tuple[int, ...]
    core: float
    shots: tuple[int, ...] = ()
    common: tuple[str, ...] = CORE
    span: float = 0.0
    tone: float = 0.3
    plain: float = 0.6
    listed: float = 0.9
    odd: float = 0.0
    double: float = 0.0


PLAIN = Mix(lexicon=0.12, mixed=0.15, strange=0.0, keys=0.0, wish=0.1, invented=0.07, vague=0.0, sizes=(1, 1, 1, 1, 2, 2, 3), core=0.0)
COPYING = Mix(lexicon=0.18, mixed=0.18, strange=0.35, keys=0.3, wish=0.3, invented=0.12, vague=0.0, sizes=(1, 1, 1, 1, 2, 2, 3), core=0.0)
FOCUSED = Mix(lexicon=0.07, mixed=0.18, strange=0.15, keys=0.12, wish=0.15, invented=0.05, vague=0.5, sizes=(1, 1, 1, 1, 1, 2), core=0.6)
SETTLED = Mix(lexicon=0.04, mixed=0.12, strange=0.08, keys=0.1, wish=0.15, invented=0.05, vague=0.4, sizes=(1, 1, 1, 1, 1, 2), core=0.65)
LABELS = Mix(
    lexicon=0.0, mixed=0.0, strange=0.0, keys=0.04, wish=0.04, invented=0.02, vague=0.1, sizes=(1, 1, 1, 1, 2), core=0.8,
    shots=(0,), common=COMMON, span=0.15, tone=0.05, plain=0.85, listed=0.3,
)  # fmt: skip
FAITHFUL = Mix(
    lexicon=0.01, mixed=0.05, strange=0.04, keys=0.08, wish=0.1, invented=0.03, vague=0.15, sizes=(1, 1, 1, 1, 1, 2, 2, 3), core=0.8,
    shots=(0, 0, 0, 1, 2, 3, 4, 4, 6), common=COMMON, span=0.4, tone=0.12, plain=0.75,
)  # fmt: skip
NAMES = Mix(
    lexicon=0.02, mixed=0.15, strange=0.45, keys=0.3, wish=0.1, invented=0.05, vague=0.2, sizes=(1, 1, 1, 1, 1, 2), core=0.75,
    shots=(0, 0, 1, 2, 3, 4, 4, 4), common=(*COMMON, *PAIRS), span=0.3, tone=0.12, plain=0.75, odd=0.6,
)  # fmt: skip
SHAPES = Mix(
    lexicon=0.02, mixed=0.12, strange=0.45, keys=0.35, wish=0.1, invented=0.05, vague=0.2, sizes=(1, 1, 1, 1, 1, 2), core=0.75,
    shots=(0, 0, 1, 2, 2, 3, 4, 4), common=(*COMMON, *PAIRS, *MATCHES), span=0.3, tone=0.12, plain=0.75, odd=0.7, double=0.15,
)  # fmt: skip
EVEN = Mix(
    lexicon=0.01, mixed=0.05, strange=0.2, keys=0.2, wish=0.1, invented=0.03, vague=0.15, sizes=(1, 1, 1, 1, 1, 2, 2), core=0.8,
    shots=(0, 0, 1, 2, 2, 3, 4, 4), common=(*COMMON, *MATCHES), span=0.35, tone=0.12, plain=0.75, odd=0.7, double=0.07,
)  # fmt: skip
EXACT = Mix(
    lexicon=0.01, mixed=0.06, strange=0.35, keys=0.4, wish=0.1, invented=0.03, vague=0.15, sizes=(1, 1, 1, 1, 1, 2, 2), core=0.8,
    shots=(0, 0, 1, 2, 2, 3, 4, 4, 4), common=(*COMMON, *MATCHES), span=0.35, tone=0.12, plain=0.75, odd=0.7, double=0.1,
)  # fmt: skip
KEYED = Mix(
    lexicon=0.01, mixed=0.06, strange=0.3, keys=0.7, wish=0.1, invented=0.03, vague=0.15, sizes=(1, 1, 1, 1, 1, 2, 2), core=0.8,
    shots=(0, 0, 1, 2, 2, 3, 4, 4, 4), common=(*COMMON, *MATCHES), span=0.35, tone=0.12, plain=0.75, odd=0.6, double=0.15,
)  # fmt: skip
VAGUE = (
    "Label the text.", "Sort the texts.", "Classify.", "Give each text one label.", "Choose the label that fits.", "Which label fits?", "Find the right class for every record.",
    "Assign a category.", "We need one label per row.", "Read the text and pick a label.", "Which of these is it?", "Label every row as in the examples.", "What kind of text is this?",
    "Tag short texts.", "Put the texts into groups.", "Decide which label describes the record.", "Our team sorts texts like these every day. Which label is right?",
    "People write to us or about us. What is it?", "Say what the writer wants.", "One record, one label. Which one?",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lesson:
    """One training text: `prompt` as SynLearner renders it and `target`, the record that answers it.

    `rival_prompt` asks for another label of the same task and is otherwise the same; `rival` is the target's text under that label.
    """

    family: str
    prompt: str
    target: dict[str, str]
    rival_prompt: str
    rival: dict[str, str]


@dataclass(frozen=True, slots=True)
class Writer:
    """How one label of one lesson writes: a concept with the lexicons and neutral sentences that go with it."""

    concept: Concept
    slots: dict[str, Lexicon]
    extras: tuple[str, ...]


@cache
def families() -> tuple[Family, ...]:
    """All families of the grammar folder, in the order of their module names."""
    found: list[Family] = []
    for module in sorted(m.name for m in pkgutil.iter_modules(grammar.__path__)):
        found += getattr(importlib.import_module(f"{grammar.__name__}.{module}"), "FAMILIES", ())
    return tuple(found)


@cache
def pool() -> Lexicon:
    """Every plain lexicon entry of every family: words to copy, in places where no grammar would put them."""
    words = {w for f in families() for lexicons in (f.slots, *(c.slots for c in f.concepts.values())) for lex in lexicons.values() for w in lex}
    return tuple(sorted(w for w in words if 2 < len(w) < 26 and not re.search(r"[{(\[|]", w)))


@cache
def plain_words() -> Lexicon:
    """Single words that occur in the pool."""
    return tuple(sorted({w for entry in pool() for w in entry.split() if w.isascii() and w.isalpha() and len(w) > 3}))


@cache
def any_words() -> Lexicon:
    """Every word of every grammar, from lines, definitions and instructions too: a word that is never an answer could not be copied."""
    texts = [
        t for f in families() for c in f.concepts.values() for t in (*f.instructions, *f.extras, *c.names, *c.definitions, *c.lines, *c.tails, *(x for p in c.pairs for x in p))
    ]
    return tuple(sorted({w for text in texts for w in re.findall(r"[a-z]{4,}", text)} | {w.lower() for w in plain_words()}))


def odd_word(rng: random.Random) -> str:
    """Any word at all, pieces of others, or letters in turn: tokens that are rare, so that only copying finds them."""
    roll = rng.random()
    if roll < 0.5:
        return rng.choice(any_words()) + rng.choice(("", "", "s"))
    if roll < 0.7:
        whole = "".join(rng.sample(any_words(), 2))
        start = rng.randrange(len(whole) - 3)
        return whole[start : start + rng.randint(3, 8)]
    if roll < 0.85:
        first, second = rng.sample(any_words(), 2)
        return first[: rng.randint(2, 4)] + second[-rng.randint(2, 5) :]
    letters = ("aeiouy", "bcdfghjklmnpqrstvwxz")
    start = rng.randrange(2)
    return "".join(rng.choice(letters[(start + i) % 2]) + (rng.choice(letters[1]) if rng.random() < 0.15 else "") for i in range(rng.randint(3, 8)))


@cache
def weights(core: float, common: tuple[str, ...]) -> tuple[float, ...]:
    """Big families come more often, but far from proportionally; the common families take `core` of the whole on top."""
    plain = [sum(len(c.lines) + len(c.pairs) for c in f.concepts.values()) ** 0.5 for f in families()]
    extra = core / max(1e-9, 1 - core) * sum(plain) / len(common)
    return tuple(w + (extra if f.name in common else 0.0) for w, f in zip(plain, families(), strict=True))


def restyle(text: str, style: str, rng: random.Random) -> str:
    """The surface of a whole data set: casing, punctuation, typos."""
    if style in ("lower", "bare"):
        text = text.lower()
    if style == "bare":
        text = re.sub(r"[.,;!?]+(?=\s|$)", "", text)
    if style == "tokenised":
        text = re.sub(r"([.,;:!?])(?=\s|$)", r" \1", text)
    if style == "typos":
        words = text.split(" ")
        for i, word in enumerate(words):
            if len(word) > 3 and rng.random() < 0.06:
                j = rng.randrange(1, len(word) - 1)
                words[i] = word[:j] + word[j + 1] + word[j] + word[j + 2 :] if rng.random() < 0.5 else word[:j] + word[j + 1 :]
        text = " ".join(words)
    return text


def write_single(writer: Writer, tone: str | None, size: int, wish: str | None, rng: random.Random) -> tuple[str, dict[str, str]]:
    """A text of `size` sentences (1 to 4) and the slot values in it."""
    values: dict[str, str] = {}
    line = rng.choice(writer.concept.lines)
    if wish:
        line = next((x for x in rng.sample(writer.concept.lines, min(4, len(writer.concept.lines))) if slots_of(x) & set(writer.slots)), line)
        slot = rng.choice(sorted(slots_of(line) & set(writer.slots)) or [""])
        if slot:
            values[slot] = wish
    parts = [line]
    for _ in range(size - 1):
        source = rng.choice([s for s in (writer.concept.tails, writer.concept.tails, writer.extras, writer.concept.lines) if s] or [writer.concept.lines])
        parts.append(rng.choice(source))
    if tone:
        bank = TONES[tone]
        if rng.random() < 0.6:
            parts.insert(0, rng.choice(bank["open"]))
        if len(parts) < 2 or rng.random() < 0.6:
            parts.append(rng.choice(bank["close"]))
    parts = list(dict.fromkeys(parts))
    written = [expand(p, writer.slots, values, rng) for p in parts]
    joiner = rng.choice((" ", " ", " ", ", "))
    text = ", ".join(p.rstrip(".") for p in written) if joiner == ", " else " ".join(sentence(p) for p in written)
    if rng.random() < 0.25:
        text = text.rstrip(".")
    return (text if rng.random() < 0.2 else text[:1].upper() + text[1:]), values


def length_wish(text: str, rng: random.Random) -> str:
    """A true statement about the length of a text."""
    n = len(text.split())
    low, high = max(1, n - rng.randint(0, 6)), n + rng.randint(0, 6)
    band = "short" if n < 9 else "medium" if n < 20 else "long"
    return rng.choice(
        (
            f"{low} to {high} words",
            f"{low} to {high} words",
            f"{low}-{high} words",
            f"about {max(1, n + rng.randint(-2, 2))} words",
            f"at most {high} words",
            band,
            f"{band} ({low}-{high} words)",
        )
    )


def span_of(text: str, rng: random.Random) -> str:
    """One to four neighbouring words of a text, without the punctuation around them; "" where that leaves no word or runs over a stop."""
    words = text.split()
    start = rng.randrange(len(words)) if words else 0
    found = " ".join(words[start : start + rng.choice((1, 2, 2, 3, 3, 4))]).strip(".,;:!?\"'()- ")
    return found if re.search(r"\w{4}", found) and not re.search(r"[.,;:!?]( |$)", found) else ""


class LessonWriter:
    """One random task; `lesson()` makes the prompt and the answer."""

    def __init__(self, rng: random.Random, mix: Mix) -> None:
        self.rng, self.mix = rng, mix
        kind = rng.random()
        self.forced_definitions = False
        self.family = rng.choices(families(), weights(mix.core, mix.common))[0]
        if kind < mix.lexicon:
            self._lexicon_task()
        elif kind < mix.lexicon + mix.mixed:
            self._mixed_task()
        else:
            self._family_task()
        self.is_pair = self.family.is_pair
        self.style = "plain" if rng.random() < mix.plain else rng.choices(("lower", "bare", "tokenised", "typos"), (14, 8, 10, 8))[0]
        self.label_key = rng.choice(LABEL_KEYS)
        self.fields = rng.choice(self.family.fields)
        # Pairs come in few families: without more names of fields than those, they would be learnt by heart.
        if rng.random() < (min(0.8, 4 * mix.keys) if self.is_pair else mix.keys):
            self.fields = self._odd_keys(len(self.fields))
        if not self.is_pair and rng.random() < mix.double:
            self.fields = rng.choice(TWO_TEXTS) if rng.random() < 0.5 else self._odd_keys(2)
        self.use_definitions = self.forced_definitions or rng.random() < 0.7
        if rng.random() < mix.vague:
            self.instruction = rng.choice(VAGUE)

    def _odd_keys(self, n: int) -> tuple[str, ...]:
        rng = self.rng
        return tuple(dict.fromkeys(odd_word(rng) if rng.random() < self.mix.odd else rng.choice(plain_words()) for _ in range(9)))[:n]

    def _name_labels(self, concepts: list[Concept]) -> list[str]:
        rng, roll = self.rng, self.rng.random()
        codes = rng.choice(CODES).split()
        if rng.random() < self.mix.strange:
            return self._strange_names(len(concepts))
        if roll < 0.07 and len(codes) >= len(concepts):
            self.forced_definitions = True
            return codes[: len(concepts)]
        names = [rng.choice(c.names) for c in concepts]
        style = rng.choices(("as is", "lower", "UPPER", "Title", "snake"), (60, 15, 6, 12, 7))[0]
        restyled = {
            "as is": names,
            "lower": [n.lower() for n in names],
            "UPPER": [n.upper() for n in names],
            "Title": [n.title() for n in names],
            "snake": [n.lower().replace(" ", "_") for n in names],
        }[style]
        return restyled if len(set(restyled)) == len(names) else names

    def _strange_names(self, n: int) -> list[str]:
        """Names that mean nothing here: they can only be copied; definitions or examples say what they stand for."""
        self.forced_definitions = self.rng.random() < 0.7
        if self.mix.odd > self.rng.random():
            return list(dict.fromkeys(odd_word(self.rng) for _ in range(4 * n)))[:n]
        lexicon = self.rng.choice((plain_words(), pool(), None))
        if lexicon:
            return self.rng.sample(lexicon, n)
        return list(dict.fromkeys(" ".join(invented(self.rng) for _ in range(self.rng.randint(1, 2))) for _ in range(4 * n)))[:n]

    def _adopt(self, picked: list[tuple[Family, Concept]], names: list[str]) -> None:
        unique = dict(zip(names, picked, strict=True))
        self.labels = list(unique)
        self.writers = {n: Writer(c, {**f.slots, **c.slots}, f.extras) for n, (f, c) in unique.items()}
        self.definitions = {n: self.rng.choice(c.definitions) if c.definitions else "" for n, (_, c) in unique.items()}
        self.instruction = self.rng.choice(self.family.instructions)

    def _family_task(self) -> None:
        concepts = list(self.family.concepts.values())
        count = min(len(concepts), self.rng.choice((2, 3, 3, 4, 5, 5, 6, 8, 12)))
        if self.family.is_pair:
            count = len(concepts) if self.rng.random() < 0.8 else max(2, count)
        chosen = self.rng.sample(concepts, min(count, len(concepts)))
        self._adopt([(self.family, c) for c in chosen], self._name_labels(chosen))

    def _mixed_task(self) -> None:
        """Labels of unrelated domains; half of the time under invented names."""
        singles = [f for f in families() if not f.is_pair]
        picked = [(f, self.rng.choice(list(f.concepts.values()))) for f in self.rng.sample(singles, self.rng.randint(2, 6))]
        self.family = picked[0][0]
        narrowed = [(f, Concept(c.names, c.definitions, tuple(self.rng.sample(c.lines, min(4, len(c.lines)))), c.tails, (), c.slots)) for f, c in picked]
        names = [invented(self.rng) for _ in picked] if self.rng.random() < 0.5 else self._name_labels([c for _, c in picked])
        self._adopt(narrowed, names)
        self.instruction = self.rng.choice(("Sort the texts.", "Which group does the text belong to?", "Label short texts by topic.", self.instruction))

    def _lexicon_task(self) -> None:
        """Labels that are nothing but a handful of words and frames: only the examples can tell."""
        rng, picked = self.rng, []
        for _ in range(rng.randint(2, 5)):
            lexicon = tuple(rng.sample(pool(), rng.randint(4, 10)))
            own = {"a": lexicon, "b": lexicon, "c": lexicon}
            picked.append((self.family, Concept((invented(rng),), (), tuple(rng.sample(FRAMES, 4)), (), (), own)))
        self.family = Family(
            "lexicon",
            ("Sort the texts.", "Which group does the text belong to?", "Find the group of a phrase."),
            {str(i): c for i, (_, c) in enumerate(picked)},
            fields=(("text",), ("phrase",)),
        )
        self._adopt([(self.family, c) for _, c in picked], [c.names[0] for _, c in picked])

    def row(self, label: str, tone: str | None, size: int, wish: str | None) -> tuple[dict[str, str], dict[str, str]]:
        """A record for a label and the slot values in it."""
        writer = self.writers[label]
        if self.is_pair:
            first, second = self.rng.choice(writer.concept.pairs)
            values: dict[str, str] = {}
            slot = self.rng.choice(sorted(slots_of(first) & set(writer.slots)) or [""])
            if wish and slot:
                values[slot] = wish
            texts = [sentence(expand(t, writer.slots, values, self.rng)) for t in (first, second)]
        else:
            text, values = write_single(writer, tone, size, wish, self.rng)
            texts = [text, *(write_single(writer, None, self.rng.choice(self.mix.sizes), None, self.rng)[0] for _ in self.fields[1:])]
        texts = [restyle(t, self.style, self.rng) for t in texts]
        return {self.label_key: label, **dict(zip(self.fields, texts, strict=True))}, values

    def attributes(self, record: dict[str, str], values: dict[str, str], tone: str | None, wish: str | None) -> dict[str, str]:
        """Up to four true statements about a finished record, by the names a task may give them."""
        rng, found = self.rng, {}
        text = " ".join(record[f] for f in self.fields)
        for slot, names in self.family.dims.items():
            value = values.get(slot, "")
            if value and value.casefold() in text.casefold() and rng.random() < 0.5:
                found[rng.choice(names)] = value
        if wish and wish.casefold() in text.casefold() and wish not in found.values():
            found[rng.choice(MENTION_DIMENSIONS)] = wish
        if rng.random() < self.mix.span and (words := span_of(record[rng.choice(self.fields)], rng)):
            found[rng.choice(SPAN_DIMENSIONS)] = words
        if tone and rng.random() < 0.9:
            found[rng.choice(TONE_DIMENSIONS)] = rng.choice(TONES[tone]["names"])
        if rng.random() < 0.5:
            name = rng.choice(LENGTH_DIMENSIONS)
            found[name if len(self.fields) == 1 else f"{self.fields[0]} length"] = length_wish(record[self.fields[0]], rng)
        keys = list(found)
        rng.shuffle(keys)
        return {k: found[k] for k in keys[:4]}

    def lesson(self) -> Lesson:
        """Draw examples and the answer, and render."""
        rng = self.rng
        label = rng.choice(self.labels)
        tone = rng.choice(list(TONES)) if not self.is_pair and rng.random() < self.mix.tone else None
        roll = rng.random()
        made_up = self.mix.wish + self.mix.invented
        wish = rng.choice(pool()) if roll < self.mix.wish else " ".join(invented(rng) for _ in range(rng.randint(1, 2))) if roll < made_up else None
        size = rng.choice(self.mix.sizes)
        spread = rng.choice((0, 0, 1, 2))
        needs_examples = self.family.name == "lexicon" or not self.use_definitions or self.instruction in VAGUE
        k = rng.choice(self.mix.shots or ((2, 3, 4, 4, 5, 6, 8) if needs_examples else (0, 1, 2, 3, 4, 4, 4, 5, 6)))
        own = max(1, round(k * rng.choice((0.3, 0.5, 0.5, 0.7)))) if k else 0
        others = [v for v in self.labels if v != label] or [label]
        shown = [label] * own + [rng.choice(others) for _ in range(k - own)]
        rng.shuffle(shown)
        examples, seen = [], set()
        for name in shown:
            row, _ = self.row(name, rng.choice(list(TONES)) if rng.random() < self.mix.tone / 2 else None, min(4, max(1, size + rng.randint(-spread, spread))), None)
            if (text := row[self.fields[-1]]) not in seen:
                seen.add(text)
                examples.append(row)
        for _ in range(6):
            record, values = self.row(label, tone, size, wish)
            if record[self.fields[-1]] not in seen:
                break
        forbid = rng.random() < 0.5 and label.casefold() not in " ".join(record[f] for f in self.fields).casefold()
        asked = self.attributes(record, values, tone, wish)
        shown_labels = self.labels if rng.random() < self.mix.listed else []
        rival = rng.choice(others)
        prompt, rival_prompt = (
            render(
                instruction=self.instruction, keys=list(record), labels=shown_labels, label=name, definition=self.definitions[name] if self.use_definitions else "",
                attributes=asked, examples=examples, forbid_leak=forbid, target_name=self.label_key,
            )
            for name in (label, rival)
        )  # fmt: skip
        return Lesson(self.family.name, prompt, record, rival_prompt, {**record, self.label_key: rival})


def lessons(seed: int, mix: Mix = PLAIN) -> Iterator[Lesson]:
    """The endless stream of lessons of a seed."""
    rng = random.Random(seed)
    while True:
        yield LessonWriter(rng, mix).lesson()
