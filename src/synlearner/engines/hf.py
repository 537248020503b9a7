"""Local language models through `transformers`: turns in, drafts out; lessons in, an adapter out.

Any local folder or hub id of a causal language model without code of its own. What is in the cache is used without network. The
model is loaded when it is first needed, and again when the adapter changes, so that the same adapter always means the same weights.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.engines import hro, lora
from synlearner.engines.adapters import check_adapter, named_adapter
from synlearner.engines.guidance import guided
from synlearner.engines.merging import merge
from synlearner.engines.places import check_model, model_source
from synlearner.engines.sampling import Sampling, sample
from synlearner.errors import EngineError, SpecError, boundary
from synlearner.protocols import Judge, Record
from synlearner.records import Adapter, Draft, Failure, Lesson, Preference, Prompt, Turn
from synlearner.seeding import derive
from synlearner.stream.specs import FinetuneSpec, GeneratorSpec, ReinforceSpec

if TYPE_CHECKING:
    import torch

OPTIONS = {
    "revision": "branch, tag or commit of a hub model",
    "dtype": "float32, bfloat16 or float16; default: float32 on a CPU, bfloat16 on a GPU",
    "system": "whether plain text begins with the system line; default: true",
}
# Rewards and preferences train the adapter that there is.
NO_PENALTY = {"orthogonal": 0.0}
DTYPES = ("float32", "bfloat16", "float16")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
DEVICE = re.compile(r"auto|cpu|(cuda|mps|xpu)(:\d+)?")


class HuggingFace:
    """A local model as a `Generator` and `Tuner`. `unit` turns are one batch; each row has its own random stream, derived from its prompt's seed."""

    def __init__(self, spec: GeneratorSpec) -> None:
        HuggingFace.check(spec)
        self.spec, self.unit = spec, spec.batch
        self.options = dict(spec.options)
        self.source, self.base = model_source(spec.model, str(self.options.get("revision", "")))
        self.adapter = named_adapter(spec.adapter, base=self.base) if spec.adapter else None
        self.first = self.adapter
        self.identity = self._identity()
        self._model: Any = None

    @staticmethod
    def check(spec: GeneratorSpec) -> None:
        """Refuse settings with which nothing could be loaded, without loading anything. Raises `SpecError`."""
        if not spec.model:
            raise SpecError("the engine needs a model", "set generator.model to a local folder or a hub id", field="generator.model")
        check_model(spec.model, "generator.model")
        check_settings(spec)

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[tuple[int, list[Draft | Failure]]]:
        """One batch per unit. Seconds of a draft are its share of the batch's time, so that they sum to what was spent."""
        for number, turns in enumerate(units):
            yield number, self._write_unit(turns)

    def use(self, adapter: Adapter | None) -> None:
        """Write with this adapter from now on; None is the base model (or the adapter that the spec names)."""
        adapter = adapter or self.first
        self._refuse_unfinished(adapter)
        if (adapter.id if adapter else None) != (self.adapter.id if self.adapter else None):
            self._model = None
        self.adapter = adapter
        self.identity = self._identity()

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
            self._refuse_unfinished(adapter)
        rest = 1 - sum(weights)
        if self.first and rest > 1e-9:
            adapters, weights = [self.first, *adapters], [rest, *weights]
        return merge(adapters, weights, folder=folder, task=task, base=self.base)

    def reinforce(
        self,
        prompts: Sequence[Prompt],
        judge: Judge,
        *,
        judge_identity: str,
        record: Record,
        start: Adapter | None,
        folder: Path,
        task: str,
        seed: int,
        spec: ReinforceSpec,
        tuning: FinetuneSpec,
    ) -> Adapter:
        """Learn from rewards with LoRA, see `hro.reinforce`. Drafts come from the model itself at `spec.temperature`: guidance, nucleus and top-k are off."""
        rows = [row for prompt in prompts if isinstance(row := self._row(Turn(prompt)), _Row)]
        if len(rows) < len(prompts):
            raise EngineError("some prompts do not fit the model's context", "shorten the prompts or show fewer examples")
        course = hro.Course(self._plan(task, start, seed, tuning.model_copy(update=NO_PENALTY)), spec)
        model = self._load_base()
        sampling = replace(self._sampling_of(model), temperature=spec.temperature, top_p=1.0, top_k=0)

        def write(worn: Any, places: Sequence[int], seeds: Sequence[int], sampling: Sampling) -> list[list[int]]:
            asked = [rows[p] for p in places]
            return sample(worn, [r.ids for r in asked], list(seeds), sampling, lambda i, tokens: _is_whole(asked[i].opening + self._words(tokens)))

        def say(place: int, tokens: Sequence[int]) -> str:
            return first_object(rows[place].opening + self._words(list(tokens)))

        def told(step: int, drafts: Sequence[tuple[int, str, int, int]], seconds: float) -> None:
            record(step, [Draft(prompts[p].id, 0, text, read, written, seconds / len(drafts)) for p, text, read, written in drafts], seconds)

        work = hro.Task([r.ids for r in rows], write, say, judge, told, sampling, self.spec.batch)
        return _after_training(hro.reinforce(model, self.tokenizer, work, course, folder, judge=judge_identity))

    def prefer(self, pairs: Sequence[Preference], *, start: Adapter | None, folder: Path, task: str, seed: int, spec: ReinforceSpec, tuning: FinetuneSpec) -> Adapter:
        """Learn which of two answers is better, see `hro.prefer`."""
        texts = [(self.text(Turn(pair.prompt)), pair) for pair in pairs]
        course = hro.Course(self._plan(task, start, seed, tuning.model_copy(update=NO_PENALTY)), spec)
        return _after_training(hro.prefer(self._load_base(), self.tokenizer, texts, course, folder))

    def _plan(self, task: str, start: Adapter | None, seed: int, spec: FinetuneSpec) -> lora.Plan:
        """What decides an adapter besides what it learns. The model is forgotten: a training spends it."""
        start = start or self.first
        self._refuse_unfinished(start)
        self._model = None
        return lora.Plan(task=task, base=self.base, start=start, spec=spec, seed=seed, pad=self._pad)

    def _refuse_unfinished(self, adapter: Adapter | None) -> None:
        """What a run made has a manifest; what the user named was looked at when it was named."""
        if adapter is not None and adapter != self.first:
            lora.load_manifest(Path(adapter.path), base=self.base)

    def warm(self) -> None:
        """Load the model now and import what fine-tuning needs in the background."""
        self._ready()
        lora.warm()

    def close(self) -> None:
        """Forget the model."""
        self._model = None

    # -- words to tokens ---------------------------------------------------------------------------------------------------------

    @cached_property
    def tokenizer(self) -> Any:
        with boundary("transformers", "local"):
            from transformers import AutoTokenizer
        with _loading(self.spec.model):
            return AutoTokenizer.from_pretrained(self.source.path, **self.source.where)

    @cached_property
    def chat(self) -> bool:
        """Whether prompts go through the tokenizer's chat template."""
        has = bool(self.tokenizer.chat_template)
        if self.spec.chat == "yes" and not has:
            raise EngineError(f"the tokenizer of {self.spec.model!r} has no chat template", 'set generator.chat to "auto" or "no"')
        return has and self.spec.chat != "no"

    def text(self, turn: Turn) -> str:
        """What the model reads, up to where its answer begins."""
        if self.chat:
            return self._templated(turn.messages, add_generation_prompt=True)
        prompt = turn.prompt
        text = self._plain(prompt.system, prompt.user)
        return f"{text} {turn.earlier}\n{turn.complaint}\nRecord:" if turn.complaint else text

    def _plain(self, system: str, user: str) -> str:
        return f"{system}\n\n{user}" if self.options.get("system", True) and system else user

    def _templated(self, messages: list[dict[str, str]], **settings: Any) -> str:
        from jinja2 import TemplateError

        try:
            text: str = self.tokenizer.apply_chat_template(messages, tokenize=False, **settings)
        except TemplateError:  # some templates know no system line
            first, second, *rest = messages
            merged = [{"role": "user", "content": f"{first['content']}\n\n{second['content']}"}, *rest]
            text = self.tokenizer.apply_chat_template(merged, tokenize=False, **settings)
        return text

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=not self.chat)["input_ids"]
        return ids

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

    # -- tokens to drafts --------------------------------------------------------------------------------------------------------

    def _write_unit(self, turns: Sequence[Turn]) -> list[Draft | Failure]:
        began = time.perf_counter()
        self._ready()
        rows = [self._row(turn) for turn in turns]
        writable = [r for r in rows if isinstance(r, _Row)]
        tokens = dict(zip((id(r) for r in writable), self._sample(writable), strict=True))
        share = (time.perf_counter() - began) / max(1, len(writable))
        return [self._draft(r, tokens[id(r)], share) if isinstance(r, _Row) else r for r in rows]

    def _row(self, turn: Turn) -> _Row | Failure:
        opening = ""
        if self.forced:
            if len(turn.prompt.keys) < 2:
                return Failure(turn.prompt.id, turn.number, "constrain needs the keys of the record, which this prompt does not carry")
            opening = beginning(turn.prompt)
        text = self.text(turn)
        ids = self._ids(text + ("" if self.chat or not opening else " ") + opening)
        if self.context and len(ids) >= self.context:
            return Failure(turn.prompt.id, turn.number, f"prompt of {len(ids)} tokens exceeds the context of {self.context}")
        return _Row(turn, ids, opening, derive(turn.prompt.seed, "turn", turn.number), self._against(turn))

    @property
    def forced(self) -> bool:
        """Whether the beginning of the answer is given: on request, and always with guidance, which compares two labels' answers."""
        return self.spec.constrain or self.spec.guidance > 0

    def _against(self, turn: Turn) -> list[int]:
        """The tokens of the same request for the rival label; none without guidance, on a correction turn, or without a rival."""
        prompt = turn.prompt
        if not (self.spec.guidance and prompt.rival) or turn.complaint:
            return []
        label, user = prompt.rival
        rival = replace(prompt, label=label, user=user)
        ids = self._ids(self.text(Turn(rival)) + ("" if self.chat else " ") + beginning(rival))
        return ids if not self.context or len(ids) < self.context else []

    def _sample(self, rows: list[_Row]) -> list[list[int] | None]:
        """New tokens of each row; None where even a single row does not fit into memory."""
        import torch

        try:
            return list(self._continued(rows))
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not _out_of_memory(error):
                raise
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if len(rows) == 1:
            return [None]
        half = len(rows) // 2
        return self._sample(rows[:half]) + self._sample(rows[half:])

    def _continued(self, rows: list[_Row]) -> list[list[int]]:
        """New tokens: with guidance for the rows that have a rival, plainly for the others."""
        led, free = [r for r in rows if r.against], [r for r in rows if not r.against]
        found: dict[int, list[int]] = {}
        if led:
            ids, against, seeds = [r.ids for r in led], [r.against for r in led], [r.seed for r in led]
            answers = guided(self._model, ids, against, seeds, self._sampling, self.spec.guidance, lambda i, tokens: _is_whole(led[i].opening + self._words(tokens)))
            found |= zip(map(id, led), answers, strict=True)
        answers = sample(self._model, [r.ids for r in free], [r.seed for r in free], self._sampling, lambda i, tokens: _is_whole(free[i].opening + self._words(tokens)))
        found |= zip(map(id, free), answers, strict=True)
        return [found[id(r)] for r in rows]

    def _draft(self, row: _Row, tokens: list[int] | None, seconds: float) -> Draft | Failure:
        turn = row.turn
        if tokens is None:
            return Failure(turn.prompt.id, turn.number, f"out of memory with a single prompt of {len(row.ids)} tokens")
        return Draft(turn.prompt.id, turn.number, first_object(row.opening + self._words(tokens)), len(row.ids), len(tokens), seconds)

    def _words(self, tokens: list[int]) -> str:
        words: str = self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return words

    @property
    def _sampling(self) -> Sampling:
        return self._sampling_of(self._model)

    def _sampling_of(self, model: Any) -> Sampling:
        spec, ends = self.spec, model.generation_config.eos_token_id
        eos = {*(ends if isinstance(ends, list) else [ends]), self.tokenizer.eos_token_id} - {None}
        return Sampling(spec.temperature, spec.top_p, spec.top_k, spec.max_new_tokens, frozenset(eos), self._pad, self._closers, self.context)

    @cached_property
    def _closers(self) -> frozenset[int]:
        """Tokens after which a record may be complete."""
        return frozenset(i for token, i in self.tokenizer.get_vocab().items() if "}" in token)

    @property
    def _pad(self) -> int:
        pad, end = self.tokenizer.pad_token_id, self.tokenizer.eos_token_id
        return int(pad if pad is not None else end or 0)

    # -- the model ---------------------------------------------------------------------------------------------------------------

    @cached_property
    def context(self) -> int:
        """Tokens that the model can hold, 0 where its configuration does not say."""
        with boundary("transformers", "local"):
            from transformers import AutoConfig
        with _loading(self.spec.model):
            config = AutoConfig.from_pretrained(self.source.path, **self.source.where)
        return int(getattr(config.get_text_config(), "max_position_embeddings", 0) or 0)

    def _ready(self) -> None:
        if self._model is None:
            model = self._load_base()
            self._model = lora.put_on(model, self.adapter) if self.adapter else model

    def _load_base(self) -> Any:
        # Batches hardly ever repeat a shape, and oneDNN keeps a thousand shapes' work space: gigabytes over a stream.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
        with boundary("torch", "local"):
            import torch
        with boundary("transformers", "local"):
            from transformers import AutoModelForCausalLM
        device = self._device()
        name = self.options.get("dtype") or ("float32" if device.type == "cpu" else "bfloat16")
        with _loading(self.spec.model):
            model = AutoModelForCausalLM.from_pretrained(self.source.path, dtype=getattr(torch, str(name)), **self.source.where)
        return model.to(device).eval()

    def _device(self) -> torch.device:
        import torch

        auto = "cuda" if torch.cuda.is_available() else "cpu"
        device = torch.device(auto if self.spec.device == "auto" else self.spec.device)
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            raise EngineError(f"the device {self.spec.device!r} cannot be used here: {str(error).splitlines()[0]}", 'set generator.device to "auto"') from error
        return device

    def _identity(self) -> str:
        s = self.spec
        parts = [
            f"{s.engine}:{self.base}",
            f"adapter={self.adapter.id if self.adapter else None}",
            f"t={s.temperature:g} p={s.top_p:g} k={s.top_k} n={s.max_new_tokens}",
            f"chat={s.chat}",
        ]
        extra = [f"{k}={v}" for k, v in sorted(self.options.items()) if k != "revision"]
        return "; ".join([*parts, *(["constrained"] if s.constrain else []), *([f"guidance={s.guidance:g}"] if s.guidance else []), *extra])


def _after_training(adapter: Adapter) -> Adapter:
    """The adapter, when the trainer is gone and what it took is given back: it and its model refer to one another, and would stay until
    Python happens to look for such rings; and the C library keeps freed memory that is broken into pieces.
    """
    gc.collect()
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None:
        trim(0)
    return adapter


@dataclass(frozen=True, slots=True)
class _Row:
    """A turn ready to be sampled: its tokens, the beginning of the answer that is already among them, and its seed."""

    turn: Turn
    ids: list[int]
    opening: str
    seed: int
    against: list[int]


def text_spans(record: str) -> list[tuple[int, int]]:
    """Where the texts of a record stand, without their quotes: the values of all keys but the first, which is the label's."""
    strings = [m.span() for m in STRING.finditer(record)]
    return [(since + 1, to - 1) for since, to in strings[3::2] if to - since > 2]


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


def beginning(prompt: Prompt) -> str:
    """The part of the answer that the contract fixes: the label as it was asked for and the key of the first text."""
    target, first = prompt.keys[:2]
    return f'{json.dumps({target: prompt.label}, ensure_ascii=False)[:-1]}, {json.dumps(first, ensure_ascii=False)}: "'


def first_object(text: str) -> str:
    """The text up to the end of its first complete JSON object; all of it where there is none."""
    end = object_end(text)
    return text[:end].strip() if end else text.strip()


def object_end(text: str) -> int:
    """Where the first brace's partner ends, strings and escapes respected; 0 where it has none."""
    depth, quoted, escaped = 0, False, False
    for place in range(max(0, text.find("{")), len(text)):
        c = text[place]
        if quoted:
            quoted, escaped = escaped or c != '"', c == "\\" and not escaped
        elif c == '"':
            quoted = depth > 0
        elif c in "{}":
            depth += 1 if c == "{" else -1
            if depth <= 0:
                return place + 1 if c == "}" and depth == 0 else 0
    return 0


def _is_whole(text: str) -> bool:
    return object_end(text) > 0


def _out_of_memory(error: Exception) -> bool:
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def check_settings(spec: GeneratorSpec) -> None:
    """What every local model's settings must be, whichever model it is. Raises `SpecError`."""
    if not DEVICE.fullmatch(spec.device):
        raise SpecError(f"{spec.device!r} is no device", 'write "auto", "cpu", "cuda", or "cuda:1" for the second one', field="generator.device")
    check_adapter(spec.adapter)
    _check_options(spec)


def _check_options(spec: GeneratorSpec) -> None:
    known = "; ".join(f"{k} ({v})" for k, v in OPTIONS.items())
    for key in spec.options:
        if key not in OPTIONS:
            raise SpecError(f"the engine {spec.engine!r} has no option {key!r}", f"known: {known}", field=f"generator.options.{key}")
    if spec.options.get("dtype", "float32") not in DTYPES:
        raise SpecError(f"{spec.options['dtype']!r} is no number format", f"one of {', '.join(DTYPES)}", field="generator.options.dtype")
    if not isinstance(spec.options.get("system", True), bool):
        raise SpecError("the option 'system' is true or false", "write system = true or system = false", field="generator.options.system")


@contextmanager
def _loading(model: str) -> Iterator[None]:
    """Without progress bars; what cannot be loaded is an `EngineError`."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    except (OSError, ValueError) as error:
        raise EngineError(
            f"the model {model!r} cannot be loaded: {str(error).strip().splitlines()[0]}", "give a causal language model in Hugging Face format without code of its own"
        ) from error
    finally:
        if shown:
            logging.enable_progress_bar()
