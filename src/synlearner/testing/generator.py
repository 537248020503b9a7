"""A generator without a model: prompts in, records out that depend on the prompt and its seed alone; with a skill that lessons raise.

It knows what any generator may know: the prompt's label, keys, attributes and the examples that stand in it. Where no label is asked for, the
answer is that of one of the examples, or without examples a word made up for the task. Each word of a text is, with
a probability that is called *skill*, one that belongs to the label (from the prompt's examples, from lessons, or made up for it), and
otherwise one that says nothing. So fine-tuning makes rows more telling and students better, and a stream that learns can be tested in
a second.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from synlearner.errors import EngineError, SpecError
from synlearner.protocols import Judge, Record
from synlearner.records import Adapter, Course, Draft, Failure, Lesson, Preference, Prompt, Turn
from synlearner.seeding import content_hash, derive, rng
from synlearner.stream.specs import FinetuneSpec, GeneratorSpec

MANIFEST = "manifest.json"
# Shares of answers that go wrong, each in its own way.
FAULTS = {
    "invalid_json": "the object is not closed",
    "wrong_label": "another label than the wanted one",
    "duplicate": "the same text for every prompt of a label",
    "empty": "nothing but white space",
    "failure": "a Failure instead of a draft",
    "chatter": "a good record in a code fence between sentences",
}
NUMBERS = {"skill": "probability that a word belongs to the label, before any lesson; default: 0.3", "words": "words per text; default: 12"}
# So many lessons halve what is missing in skill.
LESSONS = 64
SAYING_NOTHING = (
    "about after again almost along also another around away because been before being between both came come could does down each early even every few"
    " found from gave given going gone good great half hand have here into just keep kept kind last later least left less like little long look made many"
    " maybe more most much near need never next now often once only open other over part place put quite rather really right said same second seen several"
    " should side since small some soon still such sure take than that then there these thing think this those though three time today together told took"
    " toward turned twice under until used very want week well went were what when where which while whole will with without word work would year yet"
)
FILLER = SAYING_NOTHING.split()
CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeio"
DEFAULT = GeneratorSpec(engine="scripted")
AS_ALWAYS = FinetuneSpec()
_WORD = re.compile(r"[^\W\d_]{3,}", re.UNICODE)


class Scripted:
    """A `Generator`, `Tuner` and `Reinforcer`. Options are `skill`, `words` and the shares of `FAULTS`; tokens are counted as words."""

    def __init__(self, spec: GeneratorSpec = DEFAULT) -> None:
        self.unit = spec.batch
        self.options = _options(spec)
        self.adapter: Adapter | None = None
        self._known = Known(self.options["skill"], {})
        self.identity = self._identity()

    @staticmethod
    def check(spec: GeneratorSpec) -> None:
        """Refuse options that are none. Raises `SpecError`."""
        _options(spec)

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[tuple[int, list[Draft | Failure]]]:
        """Units in their order."""
        for number, turns in enumerate(units):
            yield number, [self._answer(turn) for turn in turns]

    def use(self, adapter: Adapter | None) -> None:
        """Write with this adapter from now on. Raises `EngineError` for a folder that is no finished adapter."""
        self._known = _load(adapter, self.options["skill"])
        self.adapter = adapter
        self.identity = self._identity()

    def finetune(
        self,
        lessons: Sequence[Lesson],
        *,
        start: Adapter | None,
        folder: Path,
        task: str,
        seed: int,
        spec: FinetuneSpec = AS_ALWAYS,  # noqa: ARG002  (as the other tuners have it)
    ) -> Adapter:
        """Remember the words of the lessons by label, and know better: every 64 lessons halve what is missing in skill."""
        before = _load(start, self.options["skill"])
        after = before.taught(lessons)
        parent = start.id if start else None
        name = content_hash([task, parent, seed, [[x.task, x.prompt, x.completion, x.learnt] for x in lessons]])
        return _save(after, folder, Adapter(name, str(folder), task, parent), {"lessons": len(lessons), "loss_first": 1 - before.skill, "loss_last": 1 - after.skill})

    def reinforce(self, prompts: Sequence[Prompt], judge: Judge, course: Course, *, judge_identity: str, record: Record) -> Adapter:
        """Remember what was judged better than the rest of its group, step by step."""
        spec, task = course.spec, course.task
        self.use(course.start)
        curve = []
        for step in range(spec.steps):
            places = [(step * spec.prompts + i) % len(prompts) for i in range(spec.prompts) for _ in range(spec.completions)]
            turns = [Turn(replace(prompts[p], seed=derive(course.seed, "reinforce", step, i))) for i, p in enumerate(places)]
            texts = [a.text if isinstance(a := self._answer(t), Draft) else "" for t in turns]
            advantages, numbers = judge(places, texts, step / spec.steps)
            record(step, [Draft(t.prompt.id, 0, text, len(t.prompt.user.split()), len(text.split())) for t, text in zip(turns, texts, strict=True)], 0.0)
            better = [Lesson(task, t.prompt.user, t.prompt.system, text) for t, text, a in zip(turns, texts, advantages, strict=True) if a > 0]
            self._known = self._known.taught(better)
            curve.append({"step": step + 1, **numbers})
        parent = course.start.id if course.start else None
        name = content_hash([task, parent, course.seed, judge_identity, spec.key, [p.id for p in prompts]])
        return _save(self._known, course.folder, Adapter(name, str(course.folder), task, parent), {"steps": spec.steps, "ended": "all steps done", "alarm": False, "curve": curve})

    def prefer(self, pairs: Sequence[Preference], course: Course) -> Adapter:
        """Remember the better of two answers."""
        lessons = [Lesson(course.task, p.prompt.user, p.prompt.system, p.chosen) for p in pairs]
        return self.finetune(lessons, start=course.start, folder=course.folder, task=course.task, seed=course.seed, spec=course.tuning)

    def merge(self, adapters: Sequence[Adapter], *, weights: Sequence[float], folder: Path, task: str) -> Adapter:
        """The words of all, and the weighted mean of the skills; what weights lack to 1 is the share of the skill before any lesson."""
        known = [_load(a, self.options["skill"]) for a in adapters]
        skill = sum(w * k.skill for w, k in zip(weights, known, strict=True)) + (1 - sum(weights)) * self.options["skill"]
        words = {place: tuple(sorted({w for k in known for w in k.words.get(place, ())})) for place in sorted({p for k in known for p in k.words})}
        name = content_hash(["merge", task, [[a.id, w] for a, w in zip(adapters, weights, strict=True)]])
        return _save(Known(skill, words), folder, Adapter(name, str(folder), task, adapters[-1].id), {"lost": 0.0})

    def close(self) -> None:
        """There is nothing to close."""

    def _identity(self) -> str:
        settings = " ".join(f"{k}={v:g}" for k, v in sorted(self.options.items()))
        return f"scripted 1; adapter={self.adapter.id if self.adapter else None}; {settings}"

    def _answer(self, turn: Turn) -> Draft | Failure:
        prompt, draw = turn.prompt, rng(turn.prompt.seed, "scripted", turn.number)
        fault = self._fault(draw)
        if fault == "failure":
            return Failure(prompt.id, turn.number, "a failure from the script")
        text = self._spoilt(prompt, draw, fault)
        read = sum(len(m["content"].split()) for m in turn.messages)
        return Draft(prompt.id, turn.number, text, read, len(text.split()))

    def _fault(self, draw: Random) -> str:
        """At most one fault per answer."""
        left = draw.random()
        for fault in FAULTS:
            left -= self.options[fault]
            if left < 0:
                return fault
        return ""

    def _spoilt(self, prompt: Prompt, draw: Random, fault: str) -> str:
        """The answer with its fault, if any."""
        if fault == "empty":
            return " \n"
        if fault == "duplicate":
            draw = rng(0, "duplicate", prompt.task, prompt.label)
        record = self._record(prompt, draw, alone=fault == "duplicate")
        if fault == "wrong_label":
            record[next(iter(record))] = f"not {record[next(iter(record))]}"
        text = json.dumps(record, ensure_ascii=False)
        if fault == "invalid_json":
            return text[: len(text) * 2 // 3]
        return f"Sure! Here is the record:\n```json\n{text}\n```\nLet me know if you need more." if fault == "chatter" else text

    def _record(self, prompt: Prompt, draw: Random, *, alone: bool = False) -> dict[str, str]:
        """A record under the contract's keys. `alone`: from the label only, whatever else the prompt says."""
        examples = [] if alone else shown_examples(prompt.user)
        target, *fields = prompt.keys or (tuple(examples[0]) if examples else ("label", "text"))
        wanted = prompt.label or draw.choice([e[target] for e in examples if target in e] or invented(prompt.task, ""))
        mine = _words(*(text for e in examples if e.get(target) == wanted for key, text in e.items() if key != target))
        taught = self._known.words.get(_place(prompt.task, wanted), ())
        forbidden = {*_words(wanted)}  # a label must not stand in its text
        telling = sorted({*mine, *taught} - forbidden) or invented(prompt.task, wanted)
        values = [] if alone else [w for w in _words(*prompt.attributes.values()) if w not in forbidden]
        filler = [w for w in FILLER if w not in forbidden]
        return {target: wanted, **{field: self._text(draw, telling, filler, values) for field in fields}}

    def _text(self, draw: Random, telling: Sequence[str], filler: Sequence[str], values: Sequence[str]) -> str:
        many = int(self.options["words"])
        words = [draw.choice(telling if draw.random() < self._known.skill else filler) for _ in range(many)]
        if values:
            words[draw.randrange(many)] = draw.choice(values)
        return " ".join(words).capitalize() + "."


@dataclass(frozen=True, slots=True)
class Known:
    """What lessons have taught: the skill, and words by task and label."""

    skill: float
    words: Mapping[str, tuple[str, ...]]

    def taught(self, lessons: Sequence[Lesson]) -> Known:
        """With these lessons added. Completions that are no records teach nothing, and neither do lessons of the contract, which it knows already."""
        lessons = [lesson for lesson in lessons if lesson.learnt == "all"]
        words = {place: set(known) for place, known in self.words.items()}
        for lesson in lessons:
            record = _record_in(lesson.completion)
            if record:
                label, *texts = record.values()
                words.setdefault(_place(lesson.task, label), set()).update(_words(*texts))
        kept = {place: tuple(sorted(known - set(FILLER))) for place, known in sorted(words.items())}
        return Known(1 - (1 - self.skill) * 0.5 ** (len(lessons) / LESSONS), kept)


def shown_examples(user: str) -> list[dict[str, str]]:
    """The records that stand in a prompt, each on a line of its own."""
    return [found for line in user.splitlines() if (found := _record_in(line))]


def invented(task: str, label: str) -> list[str]:
    """Words that no language has and that belong to one label of one task: equal on every machine."""
    draw = rng(derive(0, "invented", task), label)
    return ["".join(draw.choice(CONSONANTS) + draw.choice(VOWELS) for _ in range(3)) for _ in range(8)]


def _record_in(text: str) -> dict[str, str]:
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else None
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) and len(found) > 1 else {}


def _words(*texts: str) -> list[str]:
    return [word for text in texts for word in _WORD.findall(text.casefold())]


def _place(task: str, label: str) -> str:
    return json.dumps([task, label])


def _save(known: Known, folder: Path, adapter: Adapter, more: Mapping[str, object]) -> Adapter:
    """The adapter's folder, with what it knows and the manifest."""
    manifest = {"id": adapter.id, "task": adapter.task, "parent": adapter.parent, "base": "scripted", "seconds": 0.0, "skill": known.skill, **more}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "words.json").write_text(json.dumps(known.words, indent=1), encoding="utf-8")
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")  # last: now it is done
    return adapter


def _load(adapter: Adapter | None, skill: float) -> Known:
    if adapter is None:
        return Known(skill, {})
    folder = Path(adapter.path)
    if not (folder / MANIFEST).exists():
        raise EngineError(f"{folder} is no finished adapter: it has no {MANIFEST}", "fine-tune again; a killed run leaves such folders behind")
    words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return Known(float(manifest["skill"]), {place: tuple(known) for place, known in words.items()})


def _options(spec: GeneratorSpec) -> dict[str, float]:
    """The options with their defaults, checked."""
    known = NUMBERS | {fault: f"share of answers: {what}" for fault, what in FAULTS.items()}
    options = {"skill": 0.3, "words": 12.0, **dict.fromkeys(FAULTS, 0.0)}
    for key, value in spec.options.items():
        if key not in known:
            raise SpecError(f"the engine {spec.engine!r} has no option {key!r}", f"known: {'; '.join(f'{k} ({v})' for k, v in known.items())}", field=f"generator.options.{key}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= (1000 if key == "words" else 1):
            raise SpecError(f"the option {key!r} cannot be {value!r}", "give a number from 0 to 1, for words from 1 to 1000", field=f"generator.options.{key}")
        options[key] = float(value)
    if sum(options[fault] for fault in FAULTS) > 1 + 1e-9 or options["words"] < 1:
        raise SpecError("the shares of faults are more than all answers, or there are no words", "let the shares sum to at most 1", field="generator.options")
    return options
