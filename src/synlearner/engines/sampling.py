"""A lean batched sampler for causal language models of `transformers`: lists of token ids in, lists of new token ids out.

Why not `model.generate`: here every row has its own random stream, so what a row says depends on its own seed; a text that several
prompts begin with is read once, equal prompts are read once; keys and values are written into one buffer instead of being copied
at every step; and finished rows leave the batch. Nothing in here knows about prompts or JSON.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from torch import Tensor

# Rows whose prompts are read together: more rows are no faster once the cores are busy, and their activations leave the cache.
READ_TOGETHER = 8

Stop = Callable[[int, list[int]], bool]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw: `temperature` 0 is greedy, `top_k` 0 and `top_p` 1 are off.

    A row ends with a token of `eos` (which is kept), with a token of `closers` after which the caller's `stop` says so, or when prompt
    and answer fill the `context` (0: no limit).
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 160
    eos: frozenset[int] = frozenset()
    pad: int = 0
    closers: frozenset[int] = frozenset()
    context: int = 0


def sample(model: Any, prompts: Sequence[Sequence[int]], seeds: Sequence[int], sampling: Sampling, stop: Stop | None = None) -> list[list[int]]:
    """Continue every prompt; answers are in the order of the prompts and hold the new tokens only, an end token included.

    `model` is a causal language model with a key/value cache (a PEFT model is fine). `stop(row, tokens)` is asked after each token
    of `sampling.closers`. Equal prompts, seeds and settings give equal answers on one machine, whatever the order of the rows.
    """
    import torch

    if not prompts:
        return []
    if any(not p or (sampling.context and len(p) >= sampling.context) for p in prompts):
        raise ValueError("a prompt needs at least one token and room for one more")
    order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), list(prompts[i]), seeds[i]))
    with torch.inference_mode():
        answers = _run(model, [list(prompts[i]) for i in order], [seeds[i] for i in order], sampling, _renumber(stop, order))
    return [answer for _, answer in sorted(zip(order, answers, strict=True))]


@contextmanager
def fast_products(device: Any) -> Iterator[None]:
    """Let oneDNN multiply float32 matrices on a CPU; what was set before is restored.

    On some processors that is twice as fast as the default for hundreds of rows at once (and slower for a few). It may round factors to
    bfloat16 where the processor multiplies those natively, which reading a prompt and training an adapter do not mind.
    """
    import torch

    setting = cast(Any, torch.backends.mkldnn).matmul
    before = setting.fp32_precision
    if device.type == "cpu":
        setting.fp32_precision = "bf16"
    try:
        yield
    finally:
        setting.fp32_precision = before


def _renumber(stop: Stop | None, order: list[int]) -> Stop | None:
    return (lambda row, tokens: stop(order[row], tokens)) if stop else None


def _run(model: Any, prompts: list[list[int]], seeds: list[int], sampling: Sampling, stop: Stop | None) -> list[list[int]]:
    model = model.get_base_model() if hasattr(model, "get_base_model") else model
    batch = (_Buffered if buffers(model) else _Plain)(model, prompts, sampling)
    draws = draws_of(seeds, sampling, model.device)
    answers: list[list[int]] = [[] for _ in prompts]
    alive = list(range(len(prompts)))
    room = [min(sampling.max_new_tokens, sampling.context - len(p)) if sampling.context else sampling.max_new_tokens for p in prompts]
    with fast_products(model.device):
        logits = batch.read()
    for step in range(sampling.max_new_tokens):
        tokens = choose(logits, draws[: len(alive), step], sampling)
        over = over_after(tokens.tolist(), alive, answers, sampling, stop)
        kept = [i for i, row in enumerate(alive) if not over[i] and len(answers[row]) < room[row]]
        if not kept:
            break
        if len(kept) < len(alive):
            moves = batch.keep(kept, len(alive))
            alive, tokens, draws = [alive[i] for i in moves], tokens[moves], draws[moves]
        logits = batch.step(tokens)
    return answers


def over_after(tokens: list[int], alive: list[int], answers: list[list[int]], sampling: Sampling, stop: Stop | None) -> list[bool]:
    """Append one token to each row; whether the row says that it is over."""
    over = []
    for row, token in zip(alive, tokens, strict=True):
        answers[row].append(token)
        over.append(token in sampling.eos or (stop is not None and token in sampling.closers and stop(row, answers[row])))
    return over


def draws_of(seeds: Sequence[int], sampling: Sampling, device: Any) -> Tensor:
    """One uniform number per row and step, each row's from its own stream; shape (rows, steps)."""
    import torch

    if sampling.temperature == 0.0:
        return torch.zeros(len(seeds), sampling.max_new_tokens, device=device)
    generator = torch.Generator()
    streams = [torch.rand(sampling.max_new_tokens, generator=generator.manual_seed(seed)) for seed in seeds]
    return torch.stack(streams).to(device)


def choose(logits: Tensor, draws: Tensor, sampling: Sampling) -> Tensor:
    """One token per row by inverting the distribution function at `draws`; shapes (rows, vocabulary) and (rows,) to (rows,).

    The order is that of `transformers`: temperature, then top-k, then the nucleus of what is left. Tokens that are exactly as likely
    as the last one inside are inside too.
    """
    if sampling.temperature == 0.0:
        return logits.argmax(-1)
    shares = (logits.float() if sampling.temperature == 1.0 else logits.float() / sampling.temperature).softmax(-1)
    if sampling.top_k or sampling.top_p < 1.0:
        shares = shares.where(shares >= _threshold(shares, sampling), 0.0)
    return _invert(shares, draws)


def _threshold(shares: Tensor, sampling: Sampling) -> Tensor:
    """The share of the least likely token inside top-k and nucleus, shape (rows, 1)."""
    ranked = _ascending(shares)[:, -sampling.top_k :]
    sums = ranked.cumsum(-1)
    outside = (sums <= (1.0 - sampling.top_p) * sums[:, -1:]).sum(-1, keepdim=True)
    return ranked.gather(-1, outside.clamp(max=ranked.shape[-1] - 1))


def _ascending(shares: Tensor) -> Tensor:
    """Sorted values. NumPy's vectorised sort is some thirty times faster than torch's on a CPU, which also sorts the places."""
    if shares.device.type != "cpu":
        return shares.sort(-1).values
    import numpy as np
    import torch

    return torch.from_numpy(np.sort(shares.numpy(), axis=-1))


def _invert(shares: Tensor, draws: Tensor) -> Tensor:
    """The first place where the running sum exceeds `draw` x total: never one of share zero."""
    import torch

    sums = shares.cumsum(-1)
    # float32 draws are below one, but their product with the total can round up to it.
    goal = torch.minimum(draws.unsqueeze(-1) * sums[:, -1:], sums[:, -1:].nextafter(torch.zeros_like(sums[:, -1:])))
    return torch.searchsorted(sums, goal, right=True).squeeze(-1)


def buffers(model: Any) -> bool:
    """Whether the model's attention is plain enough for one shared buffer: full attention in every layer, through SDPA."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    layers = DynamicCache(config=model.config).layers
    takes = inspect.signature(model.forward).parameters
    return bool(layers) and all(type(x) is DynamicLayer for x in layers) and model.config._attn_implementation == "sdpa" and {"position_ids", "logits_to_keep"} <= takes.keys()


@dataclass(slots=True)
class _Window:
    """Which part of the buffer the model now works on: rows [first, last), columns from `filled` on."""

    rows: int
    width: int
    first: int = 0
    last: int = 0
    filled: int = 0


@dataclass(slots=True)
class _Slots:
    """One layer's keys and values in one buffer (rows, heads, columns, width), in the shape that `transformers` expects of a cache layer."""

    window: _Window
    keys: Any = None
    values: Any = None
    is_initialized: bool = True
    is_sliding: bool = False
    is_compileable: bool = False

    def update(self, keys: Tensor, values: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        w = self.window
        if self.keys is None:
            # Zeros, because columns that are masked and never written still meet a weight of zero.
            self.keys = keys.new_zeros(w.rows, keys.shape[1], w.width, keys.shape[3])
            self.values = values.new_zeros(w.rows, values.shape[1], w.width, values.shape[3])
        end = w.filled + keys.shape[2]
        self.keys[w.first : w.last, :, w.filled : end] = keys
        self.values[w.first : w.last, :, w.filled : end] = values
        return self.keys[w.first : w.last, :, :end], self.values[w.first : w.last, :, :end]

    def get_seq_length(self) -> int:
        return self.window.filled

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.window.filled + query_length, 0

    def get_max_length(self) -> int:
        return -1

    def copy(self, target: Any, source: Any, columns: int) -> None:
        self.keys[target, :, :columns] = self.keys[source, :, :columns]
        self.values[target, :, :columns] = self.values[source, :, :columns]


class _Buffered:
    """The fast way. Columns of the buffer: the common prefix, then each row's own part, then what is written.

    A group's own parts are padded on the left to the group's longest; the columns between a short group's end and the first
    written column stay masked.
    """

    def __init__(self, model: Any, prompts: list[list[int]], sampling: Sampling) -> None:
        from transformers import Cache
        from transformers.cache_utils import CacheLayerMixin

        # A virtual subclass, so that this module does not need transformers to be imported.
        CacheLayerMixin.register(_Slots)
        self.model, self.sampling = model, sampling
        self.unique: list[list[int]] = [p for i, p in enumerate(prompts) if i == 0 or p != prompts[i - 1]]
        self.source = _places(prompts)
        self.shared = min(_common(self.unique), len(self.unique[0]) - 1) if len(self.unique) > 1 else 0
        self.start = len(self.unique[-1])
        self.window = _Window(len(prompts), self.start + sampling.max_new_tokens)
        self.cache = Cache(layers=[_Slots(self.window) for _ in range(_layers(model))])
        self.lengths = [len(p) for p in prompts]

    def read(self) -> Tensor:
        """Read all prompts; logits of the first new token, shape (rows, vocabulary)."""
        import torch

        if self.shared:
            self._read_prefix()
        logits = [self._read_group(i) for i in range(0, len(self.unique), READ_TOGETHER)]
        self._spread()
        self._open()
        return torch.cat(logits)[self.source]

    def _read_prefix(self) -> None:
        import torch

        w = self.window
        w.first, w.last, w.filled = 0, 1, 0
        ids = torch.tensor([self.unique[0][: self.shared]], device=self.model.device)
        self._forward(ids, torch.arange(self.shared, device=ids.device)[None], None)
        for layer in self.cache.layers:
            layer.copy(slice(1, len(self.unique)), slice(0, 1), self.shared)

    def _read_group(self, first: int) -> Tensor:
        import torch

        rows = [p[self.shared :] for p in self.unique[first : first + READ_TOGETHER]]
        width, device = len(rows[-1]), self.model.device
        self.window.first, self.window.last, self.window.filled = first, first + len(rows), self.shared
        ids = torch.tensor([[self.sampling.pad] * (width - len(r)) + r for r in rows], device=device)
        pads = torch.tensor([[width - len(r)] for r in rows], device=device)
        columns = torch.arange(width, device=device)
        return self._forward(ids, self.shared + (columns - pads).clamp(min=0), self._reading_mask(columns, pads))

    def _reading_mask(self, columns: Tensor, pads: Tensor) -> Tensor | None:
        """Causal over the group's own part without its padding, open over the prefix; padding sees itself, for a row without any key is not a number."""
        import torch

        if not self.shared and not bool(pads.any()):
            return None
        own = (columns[:, None] >= columns)[None] & (columns >= pads)[:, None, :] | torch.eye(len(columns), dtype=torch.bool, device=columns.device)
        return torch.nn.functional.pad(own, (self.shared, 0), value=True)[:, None]

    def _spread(self) -> None:
        """Copy what equal prompts share to all of their rows."""
        if len(self.unique) < len(self.source):
            for layer in self.cache.layers:
                layer.copy(slice(0, len(self.source)), self.source, self.start)

    def _open(self) -> None:
        """Prepare the columns that will be written: the additive mask and each row's next position."""
        import torch

        w, device = self.window, self.model.device
        w.first, w.last, w.filled = 0, w.rows, self.start
        widths = [len(self.unique[min(u // READ_TOGETHER * READ_TOGETHER + READ_TOGETHER, len(self.unique)) - 1]) for u in self.source]
        ends = torch.tensor(widths, device=device)[:, None]
        self.positions = torch.tensor(self.lengths, device=device)[:, None]
        columns = torch.arange(w.width, device=device)
        real = (columns < self.shared) | ((columns >= ends - self.positions + self.shared) & (columns < ends)) | (columns >= self.start)
        self.mask = torch.zeros(real.shape, dtype=self.model.dtype, device=device).masked_fill(~real, float("-inf"))[:, None, None]

    def step(self, tokens: Tensor) -> Tensor:
        """Append one token to each row; logits of the next."""
        w = self.window
        logits = self._forward(tokens[:, None], self.positions, self.mask[:, :, :, : w.filled + 1])
        w.filled += 1
        self.positions = self.positions + 1
        return logits

    def keep(self, kept: list[int], rows: int) -> list[int]:
        """Drop all other rows: the last ones move into the gaps. The new order, as positions in the old one."""
        count, on = len(kept), set(kept)
        gaps = [i for i in range(count) if i not in on]
        movers = [i for i in range(count, rows) if i in on]
        order = list(range(count))
        for gap, mover in zip(gaps, movers, strict=True):
            order[gap] = mover
        if gaps:
            for layer in self.cache.layers:
                layer.copy(gaps, movers, self.window.filled)
        self.window.last = count
        self.positions, self.mask = self.positions[order], self.mask[order]
        return order

    def _forward(self, ids: Tensor, positions: Tensor, mask: Tensor | None) -> Tensor:
        out = self.model(input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=self.cache, use_cache=True, logits_to_keep=1)
        logits: Tensor = out.logits[:, -1]
        return logits


class _Plain:
    """The way for every other architecture: left padding, the model's own cache and masks."""

    def __init__(self, model: Any, prompts: list[list[int]], sampling: Sampling) -> None:
        import torch

        self.model = model
        width = len(prompts[-1])
        self.ids = torch.tensor([[sampling.pad] * (width - len(p)) + p for p in prompts], device=model.device)
        self.mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=model.device)
        takes = inspect.signature(model.forward).parameters
        self.positioned, self.extra = "position_ids" in takes, {"logits_to_keep": 1} if "logits_to_keep" in takes else {}
        self.cache: Any = None

    def read(self) -> Tensor:
        return self._forward(self.ids, (self.mask.cumsum(-1) - 1).clamp(min=0))

    def step(self, tokens: Tensor) -> Tensor:
        import torch

        self.mask = torch.cat([self.mask, self.mask.new_ones(len(tokens), 1)], -1)
        return self._forward(tokens[:, None], self.mask.sum(-1, keepdim=True) - 1)

    def keep(self, kept: list[int], rows: int) -> list[int]:  # noqa: ARG002  (the same door as the fast way)
        import torch

        self.cache.batch_select_indices(torch.tensor(kept, device=self.mask.device))
        self.mask = self.mask[kept]
        return kept

    def _forward(self, ids: Tensor, positions: Tensor) -> Tensor:
        places = {"position_ids": positions} if self.positioned else {}
        out = self.model(input_ids=ids, attention_mask=self.mask, past_key_values=self.cache, use_cache=True, **places, **self.extra)
        self.cache = out.past_key_values
        logits: Tensor = out.logits[:, -1]
        return logits


def _common(prompts: list[list[int]]) -> int:
    """How many tokens all prompts begin with."""
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*prompts, strict=False)))


def _places(prompts: list[list[int]]) -> list[int]:
    """For each prompt of a sorted list the number of its first equal."""
    places = [0]
    for before, prompt in pairwise(prompts):
        places.append(places[-1] + (prompt != before))
    return places


def _layers(model: Any) -> int:
    from transformers import DynamicCache

    return len(DynamicCache(config=model.config).layers)
