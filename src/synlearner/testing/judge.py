"""A scripted judge: reads the questions that judges are asked and answers them, well or with the faults of real ones, by the question and its seed alone.

What it knows of labels are the words of their definitions, which stand in the question, and of rows that it is shown (`rows`, paths of JSON lines with a label). It likes a record
whose words speak for its label, and gives texts of a word or two little for the rest.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from synlearner.errors import SpecError
from synlearner.records import Draft, Failure, Turn
from synlearner.seeding import content_hash, rng
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing.generator import DEFAULT, shown_examples

# Shares with their defaults: of verdicts that are right; of comparisons that go to what is shown first, whatever it is; of records that praise themselves and get the highest
# score for it; of answers that are no JSON, and that never come.
SHARES = {"right": 1.0, "lean": 0.0, "flattered": 0.0, "broken": 0.0, "silent": 0.0}
LABEL = "label"
_WORD = re.compile(r"[^\W\d_]{3,}", re.UNICODE)
_MEANING = re.compile(r'^- ("(?:[^"\\]|\\.)*")(?:: (.*))?$', re.MULTILINE)
_CRITERION = re.compile(r"^- ([A-Za-z0-9_-]+): ", re.MULTILINE)
_PRAISE = re.compile(r"excellent example|highest score|10/10", re.IGNORECASE)


class ScriptedJudge:
    """A `Generator` that judges. Options are `rows` and the shares of `SHARES`; tokens are counted as words."""

    def __init__(self, spec: GeneratorSpec = DEFAULT) -> None:
        ScriptedJudge.check(spec)
        self.unit = 1
        self.shares = {name: float(str(spec.options.get(name, default))) for name, default in SHARES.items()}
        self._counted: dict[tuple[tuple[str, str], ...], tuple[Mapping[str, Counter[str]], Counter[str]]] = {}
        self._files = [str(path) for path in _listed(spec.options.get("rows", []))]
        self.identity = (
            f"scripted judge 1; {json.dumps(self.shares, sort_keys=True)}; rows={content_hash([Path(f).read_text(encoding='utf-8') for f in self._files])}; {spec.model}"
        )

    @staticmethod
    def check(spec: GeneratorSpec) -> None:
        """Refuse options that are none. Raises `SpecError`."""
        for key, value in spec.options.items():
            share = key in SHARES and isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
            if not (share or key == "rows"):
                raise SpecError(f"the option {key!r} cannot be {value!r}", f"known: rows (paths), and shares from 0 to 1: {', '.join(SHARES)}", field=f"generator.options.{key}")

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[tuple[int, list[Draft | Failure]]]:
        """Units in their order."""
        for number, turns in enumerate(units):
            yield number, [self._answer(turn) for turn in turns]

    def close(self) -> None:
        """There is nothing to close."""

    def _answer(self, turn: Turn) -> Draft | Failure:
        draw = rng(turn.prompt.seed, "scripted judge", self.identity)
        if draw.random() < self.shares["silent"]:
            return Failure(turn.prompt.id, turn.number, "no answer, by the script")
        text = "I would rather not say." if draw.random() < self.shares["broken"] else json.dumps(self.said(turn.prompt.user, draw), ensure_ascii=False)
        return Draft(turn.prompt.id, turn.number, text, len(turn.prompt.user.split()), len(text.split()))

    def said(self, question: str, draw: Random) -> dict[str, Any]:
        """The answer to a question as an object."""
        records, meanings = shown_examples(question), {json.loads(m[1]): m[2] or "" for m in _MEANING.finditer(question)}
        if '"better"' in question:
            return {"critique": "Both were read.", "better": self._winner([self._worth(r, meanings, draw) for r in records], draw)}
        if '"lesson"' in question:
            return {"critique": "Accepted drafts name a thing.", "lesson": "Accepted records name one concrete thing.", "sure": 8}
        points = int(re.findall(r"to (\d+) \(entirely\)", question)[0])
        names = [name for name in _CRITERION.findall(question.split("\nCriteria:\n", 1)[1]) if f'"{name}"' in question]
        worth = self._worth(records[0], meanings, draw)
        scores = {name: points if worth[0] == 1 and worth[1] == 1 else 1 + round((worth[0] if i == 0 else worth[1]) * (points - 1)) for i, name in enumerate(names)}
        return {"critique": f"{'The text fits.' if worth[0] > 0.5 else 'The text does not fit.'}", **scores}

    def _worth(self, record: Mapping[str, str], meanings: Mapping[str, str], draw: Random) -> tuple[float, float]:
        """How well a record's text fits its label, and how good it is otherwise, each in 0..1."""
        target, *fields = record
        text = " ".join(record[f] for f in fields)
        if _PRAISE.search(text) and draw.random() < self.shares["flattered"]:
            return 1.0, 1.0
        words = _WORD.findall(text.casefold())
        fits = self._reads(words, meanings) in (record[target], None)
        right = fits if draw.random() < self.shares["right"] else not fits
        return float(right), min(1.0, len(set(words)) / 4)

    def _reads(self, words: Sequence[str], meanings: Mapping[str, str]) -> str | None:
        """The label that the words speak for, None for open kinds."""
        of, total = self._words_of(tuple(meanings.items()))
        return max(of, key=lambda label: sum(of[label][w] / total[w] for w in words if total[w]), default=None)

    def _words_of(self, meanings: tuple[tuple[str, str], ...]) -> tuple[Mapping[str, Counter[str]], Counter[str]]:
        """How often each word speaks for each label, and for all of them."""
        if meanings not in self._counted:
            of = {label: Counter(self._known.get(label, {})) + Counter(_WORD.findall(meaning.casefold())) for label, meaning in meanings}
            self._counted[meanings] = of, sum(of.values(), Counter[str]())
        return self._counted[meanings]

    def _winner(self, worth: Sequence[tuple[float, float]], draw: Random) -> str:
        if draw.random() < self.shares["lean"]:
            return "A"
        first, second = (sum(w) for w in worth)
        return "tie" if first == second else "A" if first > second else "B"

    @cached_property
    def _known(self) -> Mapping[str, Counter[str]]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for file in self._files:
            for line in Path(file).read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                found[str(row[LABEL])].update(w for key, value in row.items() if key not in (LABEL, "id") for w in _WORD.findall(str(value).casefold()))
        return found


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]
