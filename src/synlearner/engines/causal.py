"""A causal language model as a student: it reads a row's text and learns to say its label or answer. Rows in, probabilities or answers out.

The bundled model or any local folder or hub id. What it reads is the text fields under each other and a line break (or, where the tokenizer has a chat
template, a user's message), what it learns is a space, the answer and the end token. It learns an adapter (LoRA on all linear layers).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synlearner.engines.linear import key_of
from synlearner.engines.network import BATCH, Network, batches
from synlearner.engines.places import check_model, content_name, model_source
from synlearner.engines.pocket import FOLDER
from synlearner.engines.sampling import Sampling, sample
from synlearner.errors import EngineError, SpecError, boundary, first_line
from synlearner.records import Row
from synlearner.seeding import derive
from synlearner.stream.specs import StudentSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

IGNORED = -100
# Tokens that an answer of its own may have.
MOST_NEW = 64
RANK = 8


class CausalStudent:
    """A recipe: `epochs`, `learning_rate`, `batch` and `max_tokens` of the settings; an empty `model` is the bundled one. `seed` decides the adapter's start and the order."""

    deterministic = False
    gives = ("labels", "answers")

    def __init__(self, spec: StudentSpec) -> None:
        CausalStudent.check(spec)
        self.spec = spec
        self.model = spec.model or str(FOLDER)
        self.identity = f"causal: {content_name(self.model)}, LoRA {RANK}, {spec.epochs} epochs, lr {spec.learning_rate:g}, batch {spec.batch}, {spec.max_tokens} tokens"

    @staticmethod
    def check(spec: StudentSpec) -> None:
        """Refuse a folder that is not there. Raises `SpecError`."""
        check_model(spec.model, "student.model")

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> Language:
        """Train on the rows. Raises `SpecError` without rows, `EngineError` where the model cannot be loaded."""
        if not rows:
            raise SpecError("a student needs training rows", "give it at least one row")
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(derive(seed, "student"))
            fitted = load(self.model, tuple(labels), max_tokens=self.spec.max_tokens, adapter=True)
            fitted.key = key_of(self.identity, rows, labels, seed)
            _train(fitted, [r for r in rows if fitted.fits(r)], self.spec, seed)
        return fitted


def load(model: str, labels: tuple[str, ...] = (), *, max_tokens: int = 512, adapter: bool = False) -> Language:
    """A model as it is, as a student that has learnt nothing yet; `adapter` puts a fresh one on, whose weights are then the ones that learn."""
    with boundary("transformers", "local"):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    source, name = model_source(model, "")
    try:
        tokenizer = AutoTokenizer.from_pretrained(source.path, **source.where)
        found = AutoModelForCausalLM.from_pretrained(source.path, dtype=torch.float32, **source.where)
    except (OSError, ValueError) as error:
        raise EngineError(f"the student {model!r} cannot be loaded: {first_line(error)}", "give a folder or hub id of a causal language model") from error
    if adapter:
        found = _with_adapter(found)
    found = found.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return Language(found, tokenizer, labels, max_tokens=max_tokens, key=f"{name} as it is")


def _with_adapter(model: Any) -> Any:
    with boundary("peft", "train"):
        from peft import LoraConfig, get_peft_model
    from synlearner.engines.lora import tolerant

    with tolerant():
        return get_peft_model(model, LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"))


class Language(Network):
    """A fitted language model. Rows that do not fit into `max_tokens` with their answer have no loss."""

    def __init__(self, model: Any, tokenizer: Any, labels: tuple[str, ...] = (), *, max_tokens: int = 512, key: str) -> None:
        self.model, self.tokenizer, self.labels, self.max_tokens, self.key = model, tokenizer, labels, max_tokens, key

    # -- probabilities and answers -----------------------------------------------------------------------------------------------

    def proba(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Shape (rows, labels): the likelihoods of the labels as answers, brought to sum to one. Rows that are too long raise `EngineError`."""
        import numpy as np

        table = np.zeros((len(rows), len(self.labels)))
        for column, label in enumerate(self.labels):
            asked = [Row(r.id, r.fields, label, r.origin) for r in rows]
            lengths = np.array([len(self._tokens(r)[1]) for r in asked], dtype=np.float64)
            table[:, column] = -self.losses(asked) * lengths
        if np.isnan(table).any():
            raise EngineError(f"a row does not fit into the student's {self.max_tokens} tokens", "raise student.max_tokens")
        if not table.size:
            return table
        shares = np.exp(table - table.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def answer(self, rows: Sequence[Row]) -> list[str]:
        """The most likely answer, word by word."""
        return [self._words(tokens) for tokens in self._continued(rows, 0.0, [0] * len(rows))]

    def tries(self, rows: Sequence[Row], k: int, seed: int) -> list[list[str]]:
        """`k` sampled answers for each row, which depend on the seed and the row's text alone."""
        asked = [r for r in rows for _ in range(k)]
        seeds = [derive(seed, "try", r.text, i) for r in rows for i in range(k)]
        said = [self._words(tokens) for tokens in self._continued(asked, 1.0, seeds)]
        return [said[i : i + k] for i in range(0, len(said), k)]

    # -- what tokens tell --------------------------------------------------------------------------------------------------------

    def losses(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Negative log-likelihood of each row's label or answer given its text, per token; (rows,); not-a-number where it does not fit."""
        import torch

        with torch.inference_mode():
            return self._by_batch(rows, self.row_losses)

    def doubts(self, rows: Sequence[Row]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the most likely answer, the mean margin of the two best tokens and the mean entropy; each (rows,); not-a-number for an empty answer."""
        import numpy as np
        import torch

        margins, entropies = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        answers = self._continued(rows, 0.0, [0] * len(rows))
        for places in batches(rows, size=BATCH):
            there = [i for i in places if answers[i]]
            if not there:
                continue
            with torch.inference_mode():
                logits, wanted = self._read([(self._tokens(rows[i])[0], answers[i]) for i in there])
                shares = logits.softmax(-1)
                best, inside = shares.topk(2, dim=-1).values, wanted != IGNORED
                count = inside.sum(1)
                margins[there] = (((best[..., 0] - best[..., 1]) * inside).sum(1) / count).cpu().numpy()
                entropies[there] = ((-torch.special.xlogy(shares, shares).sum(-1) * inside).sum(1) / count).cpu().numpy()
        return margins, entropies

    def row_losses(self, rows: Sequence[Row]) -> Tensor:
        import torch

        logits, wanted = self._read([self._tokens(r) for r in rows])
        found = torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED, reduction="none").view(wanted.shape)
        return found.sum(1) / (wanted != IGNORED).sum(1)

    def fits(self, row: Row) -> bool:
        read, said = self._tokens(row)
        return bool(said) and len(read) + len(said) <= self.max_tokens

    def part(self) -> list[Any]:
        adapter = [p for n, p in self.model.named_parameters() if "lora_" in n]
        return adapter or list(self.model.get_output_embeddings().parameters())

    def learning(self) -> list[Any]:
        """The adapter's weights where there is one: the model under it stays as it is. Without one, all."""
        return [p for n, p in self.model.named_parameters() if "lora_" in n] or list(self.model.parameters())

    # -- tokens ------------------------------------------------------------------------------------------------------------------

    def _tokens(self, row: Row) -> tuple[list[int], list[int]]:
        """What is read and what is learnt."""
        answer = self.tokenizer(f" {row.label}", add_special_tokens=False)["input_ids"] if row.label else []
        end = [self.tokenizer.eos_token_id] if self.tokenizer.eos_token_id is not None and answer else []
        if self.tokenizer.chat_template:
            text = self.tokenizer.apply_chat_template([{"role": "user", "content": row.text}], tokenize=False, add_generation_prompt=True)
            return self.tokenizer(text, add_special_tokens=False)["input_ids"], [*answer, *end]
        return self.tokenizer(f"{row.text}\n")["input_ids"], [*answer, *end]

    def _read(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> tuple[Tensor, Tensor]:
        """Logits (rows, width, words) at the places before the answers' tokens, and those tokens (rows, width), -100 elsewhere. Padded on the right."""
        import torch

        width = max(len(a) + len(b) for a, b in pairs)
        ids, labels = torch.full((len(pairs), width), self._pad), torch.full((len(pairs), width), IGNORED)
        mask = torch.zeros((len(pairs), width), dtype=torch.long)
        for i, (read, said) in enumerate(pairs):
            end = len(read) + len(said)
            ids[i, :end], mask[i, :end] = torch.tensor([*read, *said]), 1
            labels[i, len(read) : end] = torch.tensor(said)
        wanted = labels[:, 1:]
        columns = (wanted != IGNORED).any(0).nonzero().squeeze(-1)
        device = self.model.device
        logits = self.model(input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False, logits_to_keep=columns.to(device)).logits
        return logits.float(), wanted[:, columns].to(device)

    @cached_property
    def _pad(self) -> int:
        return int(self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else self.tokenizer.eos_token_id or 0)

    def _continued(self, rows: Sequence[Row], temperature: float, seeds: Sequence[int]) -> list[list[int]]:
        """New tokens of each row, none where its text leaves no room."""
        asked = {i: ids for i, r in enumerate(rows) if 0 < len(ids := self._tokens(r)[0]) < self.max_tokens}
        eos = frozenset([self.tokenizer.eos_token_id]) if self.tokenizer.eos_token_id is not None else frozenset()
        sampling = Sampling(temperature=temperature, max_new_tokens=MOST_NEW, eos=eos, pad=self._pad, context=self.max_tokens)
        said: list[list[int]] = [[] for _ in rows]
        for start in range(0, len(asked), BATCH):
            places = list(asked)[start : start + BATCH]
            for place, tokens in zip(places, sample(self.model, [asked[i] for i in places], [seeds[i] for i in places], sampling), strict=True):
                said[place] = tokens
        return said

    def _words(self, tokens: Sequence[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)).strip()


def _train(fitted: Language, rows: Sequence[Row], spec: StudentSpec, seed: int) -> None:
    """AdamW on the adapter, linear decay."""
    import torch

    if not rows:
        raise EngineError(f"no training row fits into the student's {spec.max_tokens} tokens", "raise student.max_tokens, or give shorter rows")
    weights = fitted.learning()
    optimiser = torch.optim.AdamW(weights, lr=spec.learning_rate, weight_decay=0.0)
    orders = [torch.randperm(len(rows), generator=torch.Generator().manual_seed(derive(seed, "order", epoch))).tolist() for epoch in range(spec.epochs)]
    steps = [order[i : i + spec.batch] for order in orders for i in range(0, len(rows), spec.batch)]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / len(steps))
    for places in steps:
        fitted.row_losses([rows[i] for i in places]).mean().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
