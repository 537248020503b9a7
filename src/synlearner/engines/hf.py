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

from synlearner.engines import hro, lora
from synlearner.engines.framing import first_object, is_whole, text_spans
from synlearner.engines.local import Local, Row
from synlearner.engines.merging import merge
from synlearner.engines.sampling import Sampling, sample
from synlearner.errors import EngineError
from synlearner.protocols import Judge, Record
from synlearner.records import Adapter, Course, Draft, Lesson, Preference, Prompt, Turn
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
        """Learn from rewards with LoRA, see `hro.reinforce`. Drafts come from the model itself at `spec.temperature`: guidance, nucleus and top-k are off."""
        rows = [row for prompt in prompts if isinstance(row := self._row(Turn(prompt)), Row)]
        if len(rows) < len(prompts):
            raise EngineError("some prompts do not fit the model's context", "shorten the prompts or show fewer examples")
        recipe = self._recipe(course)
        model = self._load_base()
        sampling = replace(self._sampling_of(model), temperature=course.spec.temperature, top_p=1.0, top_k=0)

        def write(worn: Any, places: Sequence[int], seeds: Sequence[int], sampling: Sampling) -> list[list[int]]:
            asked = [rows[p] for p in places]
            return sample(worn, [r.ids for r in asked], list(seeds), sampling, lambda i, tokens: is_whole(asked[i].opening + self._words(tokens)))

        def say(place: int, tokens: Sequence[int]) -> str:
            return first_object(rows[place].opening + self._words(list(tokens)))

        def told(step: int, drafts: Sequence[tuple[int, str, int, int]], seconds: float) -> None:
            record(step, [Draft(prompts[p].id, 0, text, read, written, seconds / len(drafts)) for p, text, read, written in drafts], seconds)

        work = hro.Task([r.ids for r in rows], write, say, judge, told, sampling, self.spec.batch)
        return _after_training(hro.reinforce(model, self.tokenizer, work, recipe, course.folder, judge=judge_identity))

    def prefer(self, pairs: Sequence[Preference], course: Course) -> Adapter:
        """Learn which of two answers is better, see `hro.prefer`."""
        texts = [(self.text(Turn(pair.prompt)), pair) for pair in pairs]
        recipe = self._recipe(course)
        return _after_training(hro.prefer(self._load_base(), self.tokenizer, texts, recipe, course.folder))

    def _recipe(self, course: Course) -> hro.Recipe:
        return hro.Recipe(self._plan(course.task, course.start, course.seed, course.tuning.model_copy(update=NO_PENALTY)), course.spec)

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
        first, both = self._ids(prompt), self._ids(prompt + rest)
        seamless = both[: len(first)] == first
        # A template's end may be followed by a line break that nobody generates; harmless, the end token comes before it.
        completion = tuple(both[len(first) :] if seamless else self.tokenizer(rest, add_special_tokens=False)["input_ids"])
        if lesson.learnt == "all":
            return lora.Example(tuple(first), completion)
        text, ends = (prompt + rest, self._ends(prompt + rest, add_special_tokens=not self.chat)[len(first) :]) if seamless else (rest, self._ends(rest, add_special_tokens=False))
        spans = _placed(lesson.completion, rest, len(text) - len(rest))
        return lora.Example(tuple(first), completion, tuple(not any(_tells(text, span, token) for span in spans) for token in ends))

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
