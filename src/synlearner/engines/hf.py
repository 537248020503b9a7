"""Local language models that learn as well: lessons, rewards or preferences in, an adapter out.

What is learnt is the very tokens that are read and written in generation.
"""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from synlearner.engines import dpo, hro, lora
from synlearner.engines.framing import first_object, is_whole, text_spans
from synlearner.engines.local import Local, Row, halved
from synlearner.engines.merging import merge
from synlearner.engines.sampling import Sampling, sample
from synlearner.errors import EngineError
from synlearner.protocols import Judge, Record
from synlearner.records import Adapter, Course, Draft, Failure, Lesson, Preference, Prompt, Turn
from synlearner.stream.specs import FinetuneSpec

# Rewards and preferences train the adapter that there is.
NO_PENALTY = {"orthogonal": 0.0}


class HuggingFace(Local):
    """A local model as a `Generator`, `Tuner` and `Reinforcer`."""

    def finetune(self, lessons: Sequence[Lesson], *, start: Adapter | None, folder: Path, task: str, seed: int, spec: FinetuneSpec | None = None) -> Adapter:
        """Learn the lessons with LoRA from `start` (None: from the base, or the adapter that the generator's spec names). See `lora.finetune`."""
        examples = [e for e in map(self._example, lessons) if not self.context or len(e.prompt) + len(e.completion) <= self.context]
        if not examples:
            raise EngineError("there is nothing to learn: no lessons, or none that fits the model's context", "shorten the prompts or give more lessons")
        plan = self._plan(task, start, seed, spec or FinetuneSpec())
        return _after_training(lora.finetune(self._load_base(), self.tokenizer, examples, plan, folder))

    def merge(self, adapters: Sequence[Adapter], *, weights: Sequence[float], folder: Path, task: str) -> Adapter:
        """The weighted mean of the adapters' changes as an adapter. See `merging.merge`; with an adapter that the spec names, that one is the base."""
        for adapter in adapters:
            self.refuse_unfinished(adapter)
        rest = 1 - sum(weights)
        if self.first and rest > 1e-9:
            adapters, weights = [self.first, *adapters], [rest, *weights]
        return merge(adapters, weights, folder=folder, task=task, base=self.base)

    def reinforce(self, prompts: Sequence[Prompt], judge: Judge, course: Course, *, judge_identity: str, record: Record) -> Adapter:
        """Learn from rewards with LoRA, see `hro.reinforce`. Prompts that do not fit the model's context are skipped: there
        are fewer steps then, and the manifest says why. Drafts come from the model itself at `spec.temperature`: guidance, nucleus and top-k are off.
        """
        read = [self._row(Turn(prompt)) for prompt in prompts]
        rows = {place: row for place, row in enumerate(read) if isinstance(row, Row)}
        skipped = {row.prompt_id: row.error for row in read if isinstance(row, Failure)}
        steps = min(course.spec.steps, len(rows) // course.spec.prompts) if skipped else course.spec.steps
        if not steps:
            raise EngineError("not even the prompts of one step fit the model's context", "shorten the prompts or show fewer examples")
        recipe = self._recipe(replace(course, spec=course.spec.model_copy(update={"steps": steps})))
        model = self._load_base()
        sampling = replace(self._sampling_of(model), temperature=course.spec.temperature, top_p=1.0, top_k=0)

        def write(worn: Any, places: Sequence[int], seeds: Sequence[int], sampling: Sampling) -> list[list[int]]:
            return self._drafted(worn, [rows[p] for p in places], seeds, sampling)

        def say(place: int, tokens: Sequence[int]) -> str:
            return first_object(rows[place].opening + self._words(list(tokens)))

        def told(step: int, drafts: Sequence[tuple[int, str, int, int]], seconds: float) -> None:
            record(step, [Draft(prompts[p].id, 0, text, read, written, seconds / len(drafts)) for p, text, read, written in drafts], seconds)

        work = hro.Task({place: row.ids for place, row in rows.items()}, write, say, judge, told, sampling, self.spec.batch, skipped)
        return _after_training(hro.reinforce(model, self.tokenizer, work, recipe, course.folder, judge=judge_identity))

    def _drafted(self, worn: Any, rows: Sequence[Row], seeds: Sequence[int], sampling: Sampling) -> list[list[int]]:
        """New tokens of each row, in smaller batches where memory does not suffice for all. Raises `EngineError` where it does not suffice for one."""

        def some(part: Sequence[int]) -> list[list[int]]:
            asked = [rows[i] for i in part]
            return sample(worn, [r.ids for r in asked], [seeds[i] for i in part], sampling, lambda i, tokens: is_whole(asked[i].opening + self._words(tokens)))

        found = [tokens for tokens in halved(range(len(rows)), some) if tokens is not None]
        if len(found) < len(rows):
            raise EngineError("out of memory with a single draft", "lower generator.max_new_tokens, show fewer examples, or take a smaller model")
        return found

    def prefer(self, pairs: Sequence[Preference], course: Course) -> Adapter:
        """Learn which of two answers is better, see `dpo.prefer`. Pairs that do not fit the model's context are skipped, and the manifest says so."""
        read = [(pair.prompt.id, self._pair(pair)) for pair in pairs]
        skipped = {prompt: why for prompt, why in read if isinstance(why, str)}
        tokens = [found for _, found in read if not isinstance(found, str)]
        recipe = self._recipe(course)
        return _after_training(dpo.prefer(self._load_base(), self.tokenizer, tokens, recipe, course.folder, skipped=skipped))

    def _recipe(self, course: Course) -> hro.Recipe:
        return hro.Recipe(self._plan(course.task, course.start, course.seed, course.tuning.model_copy(update=NO_PENALTY)), course.spec, self.first)

    def _plan(self, task: str, start: Adapter | None, seed: int, spec: FinetuneSpec) -> lora.Plan:
        """What decides an adapter besides what it learns. The model is forgotten: a training spends it."""
        start = start or self.first
        self.refuse_unfinished(start)
        self._model = None
        return lora.Plan(task=task, base=self.base, start=start, spec=spec, seed=seed, pad=self._pad)

    # -- words to tokens ---------------------------------------------------------------------------------------------------------

    def _example(self, lesson: Lesson) -> lora.Example:
        """Prompt and completion as tokens, cut where generation begins."""
        prompt, rest = self._parted(lesson)
        first, completion, seamless = self._cut(prompt, rest)
        if lesson.learnt == "all":
            return lora.Example(tuple(first), completion)
        text, ends = (prompt + rest, self._ends(prompt + rest, add_special_tokens=not self.chat)[len(first) :]) if seamless else (rest, self._ends(rest, add_special_tokens=False))
        spans = _placed(lesson.completion, rest, len(text) - len(rest))
        return lora.Example(tuple(first), completion, tuple(not any(_tells(text, span, token) for span in spans) for token in ends))

    def _cut(self, prompt: str, rest: str) -> tuple[list[int], tuple[int, ...], bool]:
        """What is read and what is generated as tokens, and whether these are the tokens of the whole text too."""
        first, both = self._ids(prompt), self._ids(prompt + rest)
        seamless = both[: len(first)] == first
        # A template's end may be followed by a line break that nobody generates; harmless, the end token comes before it.
        return first, tuple(both[len(first) :] if seamless else self.tokenizer(rest, add_special_tokens=False)["input_ids"]), seamless

    def _pair(self, pair: Preference) -> dpo.Pair | str:
        """A pair as tokens: the prompt as it was read when both answers were written, and of each answer what was not given; or why it does not fit."""
        row = self._row(Turn(pair.prompt))
        if isinstance(row, Failure):
            return row.error
        chosen, rejected = (self._generated(row, answer) for answer in (pair.chosen, pair.rejected))
        long = len(row.ids) + max(len(chosen), len(rejected))
        if self.context and long > self.context:
            return f"a pair of {long} tokens exceeds the context of {self.context}"
        return dpo.Pair(row.ids, chosen, rejected)

    def _generated(self, row: Row, answer: str) -> tuple[int, ...]:
        """The tokens of an answer to a row that come after its opening, up to the end token."""
        prompt = row.turn.prompt
        text, rest = self._parted(Lesson(prompt.task, prompt.user, prompt.system, answer))
        given = self.led(row.opening)
        rest = rest[len(given) :] if rest.startswith(given) else answer.removeprefix(row.opening) + (self.tokenizer.eos_token or "")
        return self._cut(text + given, rest)[1]

    def _parted(self, lesson: Lesson) -> tuple[str, str]:
        """A lesson as text: what is read, and what is generated."""
        if not self.chat:
            return self._plain(lesson.system, lesson.prompt), " " + lesson.completion + (self.tokenizer.eos_token or "")
        messages = [{"role": "system", "content": lesson.system}, {"role": "user", "content": lesson.prompt}]
        prompt = self._templated(messages, add_generation_prompt=True)
        whole = self._templated([*messages, {"role": "assistant", "content": lesson.completion}])
        return prompt, whole[len(prompt) :] if whole.startswith(prompt) else lesson.completion + self.tokenizer.eos_token

    def _ends(self, text: str, **settings: bool) -> list[tuple[int, int]]:
        """Where in the text each token begins and ends."""
        if not self.tokenizer.is_fast:
            raise EngineError(f"the tokenizer of {self.spec.model!r} does not tell where its tokens stand", "use a model with a fast tokenizer, or another experience.history")
        ends: list[tuple[int, int]] = self.tokenizer(text, return_offsets_mapping=True, **settings)["offset_mapping"]
        return ends


def _after_training(adapter: Adapter) -> Adapter:
    """The adapter, when the trainer is gone and what it took is given back: it and its model refer to one another, and would stay until
    Python happens to look for such rings; and the C library keeps freed memory that is broken into pieces.
    """
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None:
        trim(0)
    return adapter


def _tells(text: str, span: tuple[int, int], token: tuple[int, int]) -> bool:
    """Whether a token says something of the text in a span. One that reaches beyond it and has no letter or digit of it, such as `."}`, closes the record."""
    begin, end = max(span[0], token[0]), min(span[1], token[1])
    inside = span[0] <= token[0] and token[1] <= span[1]
    return begin < end and (inside or any(c.isalnum() for c in text[begin:end]))


def _placed(record: str, rest: str, before: int) -> list[tuple[int, int]]:
    """The record's texts as places in a text in which `before` characters come before `rest`, which holds the record."""
    start = rest.find(record)
    if start < 0:
        raise EngineError("the chat template changes the answer, so that its texts cannot be told from its contract", 'set generator.chat to "no", or another experience.history')
    return [(before + start + since, before + start + to) for since, to in text_spans(record)]
