"""Local language models that write, through `transformers`: turns in, drafts out.

Any local folder or hub id of a causal language model without code of its own. What is in the cache is used without network. The
model is loaded when it is first needed, and again when the adapter changes, so that the same adapter always means the same weights.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from synlearner.engines import lora
from synlearner.engines.adapters import check_adapter, named_adapter
from synlearner.engines.framing import beginning, first_object, is_whole
from synlearner.engines.guidance import guided
from synlearner.engines.places import check_model, model_source
from synlearner.engines.sampling import Sampling, sample
from synlearner.errors import EngineError, SpecError, boundary, first_line
from synlearner.records import Adapter, Draft, Failure, Turn
from synlearner.seeding import derive
from synlearner.stream.specs import GeneratorSpec

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

OPTIONS = {
    "revision": "branch, tag or commit of a hub model",
    "dtype": "float32, bfloat16 or float16; default: float32 on a CPU, bfloat16 on a GPU",
    "system": "whether plain text begins with the system line; default: true",
}
DTYPES = ("float32", "bfloat16", "float16")
DEVICE = re.compile(r"auto|cpu|(cuda|mps|xpu)(:\d+)?")


class Local:
    """A local model as a `Generator` that can put adapters on. `unit` turns are one batch; each row has its own random stream, derived from its prompt's seed."""

    def __init__(self, spec: GeneratorSpec) -> None:
        Local.check(spec)
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
        self.refuse_unfinished(adapter)
        if (adapter.id if adapter else None) != (self.adapter.id if self.adapter else None):
            self._model = None
        self.adapter = adapter
        self.identity = self._identity()

    def refuse_unfinished(self, adapter: Adapter | None) -> None:
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

    # -- tokens to drafts --------------------------------------------------------------------------------------------------------

    def _write_unit(self, turns: Sequence[Turn]) -> list[Draft | Failure]:
        began = time.perf_counter()
        self._ready()
        rows = [self._row(turn) for turn in turns]
        writable = [r for r in rows if isinstance(r, Row)]
        tokens = dict(zip((id(r) for r in writable), halved(writable, self._continued), strict=True))
        share = (time.perf_counter() - began) / max(1, len(writable))
        return [self._draft(r, tokens[id(r)], share) if isinstance(r, Row) else r for r in rows]

    def _row(self, turn: Turn) -> Row | Failure:
        opening = ""
        if self.forced:
            if len(turn.prompt.keys) < 2:
                return Failure(turn.prompt.id, turn.number, "constrain needs the keys of the record, which this prompt does not carry")
            opening = beginning(turn.prompt)
        text = self.text(turn)
        ids = self._ids(text + self.led(opening))
        if self.context and len(ids) >= self.context:
            return Failure(turn.prompt.id, turn.number, f"prompt of {len(ids)} tokens exceeds the context of {self.context}")
        return Row(turn, ids, opening, derive(turn.prompt.seed, "turn", turn.number), self._against(turn))

    def led(self, opening: str) -> str:
        """The beginning of an answer as it follows the prompt."""
        return opening if self.chat or not opening else f" {opening}"

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
        ids = self._ids(self.text(Turn(rival)) + self.led(beginning(rival)))
        return ids if not self.context or len(ids) < self.context else []

    def _continued(self, rows: Sequence[Row]) -> list[list[int]]:
        """New tokens: with guidance for the rows that have a rival, plainly for the others."""
        led, free = [r for r in rows if r.against], [r for r in rows if not r.against]
        found: dict[int, list[int]] = {}
        if led:
            ids, against, seeds = [r.ids for r in led], [r.against for r in led], [r.seed for r in led]
            answers = guided(self._model, ids, against, seeds, self._sampling, self.spec.guidance, lambda i, tokens: is_whole(led[i].opening + self._words(tokens)))
            found |= zip(map(id, led), answers, strict=True)
        answers = sample(self._model, [r.ids for r in free], [r.seed for r in free], self._sampling, lambda i, tokens: is_whole(free[i].opening + self._words(tokens)))
        found |= zip(map(id, free), answers, strict=True)
        return [found[id(r)] for r in rows]

    def _draft(self, row: Row, tokens: list[int] | None, seconds: float) -> Draft | Failure:
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
            raise EngineError(f"the device {self.spec.device!r} cannot be used here: {first_line(error)}", 'set generator.device to "auto"') from error
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


@dataclass(frozen=True, slots=True)
class Row:
    """A turn ready to be sampled: its tokens, the beginning of the answer that is already among them, and its seed."""

    turn: Turn
    ids: list[int]
    opening: str
    seed: int
    against: list[int]


def halved(rows: Sequence[T], write: Callable[[Sequence[T]], list[list[int]]]) -> list[list[int] | None]:
    """What is written for each row, where memory does not suffice in two halves, and so on; None where even a single row does not fit."""
    import torch

    try:
        return [*write(rows)]
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if len(rows) == 1:
        return [None]
    half = len(rows) // 2
    return halved(rows[:half], write) + halved(rows[half:], write)


def out_of_memory(error: Exception) -> bool:
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
        raise EngineError(f"the model {model!r} cannot be loaded: {first_line(error)}", "give a causal language model in Hugging Face format without code of its own") from error
    finally:
        if shown:
            logging.enable_progress_bar()
