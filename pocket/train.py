"""Train the pocket model from nothing but the project's own grammars.

    python -m pocket.train --out build/pocket        # about two hours on two cores
    python -m pocket.train --out build/pocket        # again: continues from the last checkpoint

Writes the tokenizer, checkpoints, a loss curve (`loss.csv`) and at the end a Hugging Face folder with half-precision weights.
Every batch is fresh text drawn from (seed, step), so no lesson is seen twice and a resumed run sees the same ones.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from pocket.corpus import COPYING, EVEN, EXACT, FAITHFUL, FOCUSED, KEYED, LABELS, NAMES, PLAIN, SETTLED, SHAPES, Lesson, Mix, lessons
from synlearner.engines.sampling import fast_products
from synlearner.generate.prompts import contract_json

VOCABULARY = 4096
CONTEXT = 1024
PAD, END = "<pad>", "<end>"
WEIGHT_EXAMPLE = 1.0
# What a token of the record's frame (keys, label, quotes and braces) counts beside one of its texts: there are few, and one wrong one spoils the record.
FRAME = 6.0
# How much a text counts in the comparison with a rival label: times the error of that comparison, beside one for every token of a record.
RIVAL = 6.0
# Tokens whose logits are made at once: they stay in the processor's cache.
LOGITS = 512
# The curriculum: from a step on, a mix of lessons. Plain lessons teach the language and the contract; then many things that can only be
# copied from the prompt; then vague instructions (the domain must be read off the examples), with the families that most users have;
# at the end fewer oddities, while the learning rate falls.
CURRICULUM = (
    (0, PLAIN),
    (1104, COPYING),
    (1608, FOCUSED),
    (2904, SETTLED),
    (3704, FAITHFUL),
    (5104, LABELS),
    (8600, FAITHFUL),
    (10_404, NAMES),
    (12_704, SHAPES),
    (15_904, EVEN),
    (16_804, EXACT),
    (17_904, KEYED),
    (19_404, EXACT),
)


def mix_at(step: int) -> Mix:
    """The mix of lessons at a step."""
    return [mix for first, mix in CURRICULUM if step >= first][-1]


def make_tokenizer(folder: Path, seed: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE over 60,000 lessons; digits stay single so that numbers can be copied."""
    path = folder / "tokenizer.json"
    if not path.exists():
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=[PAD, END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
        texts = (text(lesson) for lesson in islice(lessons(seed + 1), 60_000))
        tokenizer.train_from_iterator(texts, trainer)
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(path))
    fast = PreTrainedTokenizerFast(tokenizer_file=str(path), pad_token=PAD, eos_token=END, clean_up_tokenization_spaces=False, model_max_length=CONTEXT)
    fast.padding_side = "left"
    return fast


def text(lesson: Lesson) -> str:
    """A lesson as one string: prompt, space, JSON."""
    return f"{lesson.prompt} {contract_json(lesson.target)}"


@dataclass(frozen=True, slots=True)
class Row:
    """A lesson as tokens: the text that both requests begin with, then the lesson's own ending, then its rival's (none where they cannot be compared).

    `weights` are those of the plain loss, `texts` marks the tokens of the answer's text: 1 in the own ending, -1 in the rival's.
    """

    ids: list[int]
    weights: list[float]
    texts: list[int]
    shared: int
    own: int

    @property
    def places(self) -> list[int]:
        """Both endings are read as if they followed the shared text."""
        return [*range(self.shared + self.own), *range(self.shared, len(self.ids) - self.own)]

    @property
    def parts(self) -> list[int]:
        """0 for the shared text, 1 and 2 for the endings."""
        return [0] * self.shared + [1] * self.own + [2] * (len(self.ids) - self.shared - self.own)


def encode(tokenizer: PreTrainedTokenizerFast, batch: list[Lesson]) -> list[Row]:
    """Lessons as rows: no loss on the header, `WEIGHT_EXAMPLE` on example rows, one on the answer."""
    own = tokenizer([text(x) for x in batch], return_offsets_mapping=True)
    rivals = tokenizer([f"{x.rival_prompt} {contract_json(x.rival)}" for x in batch])["input_ids"]
    tails = tokenizer([tail(x) for x in batch])["input_ids"]
    out = []
    for i, lesson in enumerate(batch):
        ids, rival, n = [*own["input_ids"][i], tokenizer.eos_token_id], [*rivals[i], tokenizer.eos_token_id], len(tails[i]) + 1
        by_char: list[float] = []
        for line in lesson.prompt.split("\n"):
            by_char += [WEIGHT_EXAMPLE if line.startswith('{"') else 0.0] * (len(line) + 1)
        in_text = texts_in(lesson)
        weights = [by_char[start] if start < len(lesson.prompt) else 1.0 if in_text[start] else FRAME for start, _ in own["offset_mapping"][i]] + [1.0]
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ids, rival, strict=False)))
        comparable = lesson.rival != lesson.target and rival[-n:] == ids[-n:] and shared < len(ids) - n
        ending = rival[shared:] if comparable else []
        marks = [0] * (len(ids) - n) + [int(comparable)] * n + [0] * (len(ending) - n) + [-1] * (n if comparable else 0)
        if len(ids) < CONTEXT:
            out.append(Row(ids + ending, weights + [0.0] * len(ending), marks, shared, len(ids) - shared))
    return out


def texts_in(lesson: Lesson) -> list[bool]:
    """For every character of the lesson whether it belongs to one of its texts, with the opening quote and without the closing one."""
    whole, inside = text(lesson), [False] * (len(text(lesson)) + 1)
    place = len(lesson.prompt)
    for value in list(lesson.target.values())[1:]:
        quoted = contract_json({"": value})[5:-2]
        start = whole.index(quoted, place)
        inside[start : start + len(quoted)] = [True] * len(quoted)
        place = start + len(quoted)
    return inside


def tail(lesson: Lesson) -> str:
    """The record from the first text on: what both labels are asked about."""
    label = next(iter(lesson.target))
    return contract_json({k: v for k, v in lesson.target.items() if k != label})[1:]


def batches(tokenizer: PreTrainedTokenizerFast, *, seed: int, first_step: int, tokens: int) -> Iterator[list[Row]]:
    """Rows of about `tokens` tokens together, of similar lengths."""
    step = first_step
    while True:
        rng = random.Random(f"{seed}/{step // 8}")
        rows: list[Row] = []
        source = lessons(rng.randrange(2**60), mix_at(step))
        while sum(len(row.ids) for row in rows) < tokens * 8:
            rows += encode(tokenizer, list(islice(source, 64)))
        rows.sort(key=lambda row: len(row.ids))
        groups: list[list[Row]] = [[]]
        for row in rows:
            if (len(groups[-1]) + 1) * len(row.ids) > tokens and groups[-1]:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for group in groups[step % 8 : 8]:
            yield group
            step += 1


def padded(rows: list[list[float]] | list[list[int]]) -> torch.Tensor:
    """Rows as one table, filled up with zeros."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])


def make_model(args: argparse.Namespace) -> LlamaForCausalLM:
    """A small Llama: tied embeddings, grouped-query attention."""
    torch.manual_seed(args.seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=args.width, intermediate_size=args.inner, num_hidden_layers=args.layers, num_attention_heads=args.heads, num_key_value_heads=args.kv_heads,
        max_position_embeddings=CONTEXT, tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=None, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, attention_dropout=0.0,
    )  # fmt: skip
    return LlamaForCausalLM(config)


class WeightedLoss(torch.autograd.Function):
    """Sum of weight x cross-entropy of hidden states (tokens, width) against a head (vocabulary, width).

    Logits and gradients are made together, some tokens at a time, so that the table of tokens x vocabulary never exists: half the time of
    `cross_entropy` on all logits.
    """

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        loss, for_hidden, for_head = hidden.new_zeros(()), torch.empty_like(hidden), torch.zeros_like(head)
        for i in range(0, len(targets), LOGITS):
            h, wanted, w = hidden[i : i + LOGITS], targets[i : i + LOGITS, None], weight[i : i + LOGITS, None]
            table = h @ head.T
            table -= table.amax(1, keepdim=True)
            at_wanted = table.gather(1, wanted)
            total = table.exp_().sum(1, keepdim=True)
            loss += ((total.log() - at_wanted) * w).sum()
            table.mul_(w / total).scatter_add_(1, wanted, -w)
            torch.mm(table, head, out=for_hidden[i : i + LOGITS])
            for_head.addmm_(table.T, h)
        ctx.save_for_backward(for_hidden, for_head)
        return loss

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None, None]:
        for_hidden, for_head = ctx.saved_tensors
        return for_hidden * gradient, for_head * gradient, None, None


def token_losses(hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Each token's loss, without gradients."""
    with torch.no_grad():
        parts = zip(hidden.split(LOGITS), targets.split(LOGITS), strict=True)
        return torch.cat([torch.nn.functional.cross_entropy(h @ head.T, t, reduction="none") for h, t in parts])


def loss_of(model: LlamaForCausalLM, rows: list[Row]) -> tuple[torch.Tensor, float, float]:
    """The loss of a batch, the mean loss of its records' tokens, and how often the right label's text is likelier than under the rival label.

    To the plain loss comes that of the generative classifier which the model makes: -log of p(text | label) / (p(text | label) + p(text | rival)).
    A label says about a tenth of a nat about each token, so the plain loss learns it last; here it is all that counts. The
    gradient of this term is that of the plain loss with weights: `RIVAL` x the classifier's error on the own text, minus that on the rival's.
    """
    ids, weight, texts = padded([r.ids for r in rows]), padded([r.weights for r in rows])[:, 1:], padded([r.texts for r in rows])[:, 1:]
    places, parts = padded([r.places for r in rows]), padded([r.parts for r in rows])
    seen = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).tril() & ((parts[:, None] == 0) | (parts[:, None] == parts[:, :, None]))
    hidden = model.model(ids[:, :-1], position_ids=places[:, :-1], attention_mask=seen[:, None, :-1, :-1]).last_hidden_state
    counts = (weight > 0) | (texts != 0)
    hidden, targets, head = hidden[counts], ids[:, 1:][counts], model.lm_head.weight
    losses = torch.zeros(texts.shape)
    losses[counts] = token_losses(hidden.detach(), head.detach(), targets)
    lead = -(losses * texts).sum(1)
    compared = (texts != 0).any(1)
    error = torch.sigmoid(-lead) * compared
    signed = weight + RIVAL * error[:, None] * texts
    loss = WeightedLoss.apply(hidden, head, targets, signed[counts] / weight.sum())
    on_records = ((losses * weight).sum() / weight.sum()).item()
    return loss, on_records, (lead[compared] > 0).float().mean().item() if compared.any() else 0.5


def rate(step: int, total: int, decay: float) -> float:
    """Warm-up over 60 steps, constant, then linear to zero over the last `decay` share."""
    return min(1.0, (step + 1) / 60, max(0.0, (total - step) / (decay * total)))


def save(args: argparse.Namespace, model: LlamaForCausalLM, muon: torch.optim.Optimizer, adam: torch.optim.Optimizer, step: int) -> None:
    """A checkpoint, replaced as a whole."""
    partial = args.out / "checkpoint.part"
    torch.save({"model": model.state_dict(), "muon": muon.state_dict(), "adam": adam.state_dict(), "step": step}, partial)
    partial.replace(args.out / "checkpoint.pt")


@fast_products(torch.device("cpu"))
def main() -> None:
    """Train, checkpoint every 100 steps, and save the finished model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=17_504)
    parser.add_argument("--tokens", type=int, default=3000, help="tokens a step")
    parser.add_argument("--decay", type=float, default=0.2, help="share of the steps at the end in which the learning rate falls to zero")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--inner", type=int, default=704)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--kv-heads", type=int, default=2)
    args = parser.parse_args()
    tokenizer, model = make_tokenizer(args.out, args.seed), make_model(args)
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    muon = torch.optim.Muon(matrices, lr=args.lr, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(others, lr=args.lr, betas=(0.9, 0.97), weight_decay=0.0)
    checkpoint, start = args.out / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        muon.load_state_dict(state["muon"])
        adam.load_state_dict(state["adam"])
        start = state["step"]
    print(f"{model.num_parameters():,} parameters, {len(tokenizer):,} tokens, from step {start}", flush=True)
    began, seen, running, wins = time.perf_counter(), 0, 0.0, 0.5
    source = batches(tokenizer, seed=args.seed, first_step=start, tokens=args.tokens)
    for step in range(start, args.steps):
        rows = next(source)
        for optimiser in (muon, adam):
            for group in optimiser.param_groups:
                group["lr"] = args.lr * rate(step, args.steps, args.decay)
        loss, on_records, won = loss_of(model, rows)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in (muon, adam):
            optimiser.step()
            optimiser.zero_grad()
        seen += sum(len(row.ids) for row in rows)
        keep = 0.98 if step > start else 0.0
        running, wins = keep * running + (1 - keep) * on_records, keep * wins + (1 - keep) * won
        if step % 20 == 0:
            speed = seen / (time.perf_counter() - began)
            print(f"step {step} records {running:.3f} right label preferred {wins:.3f} {speed:,.0f} tokens/s", flush=True)
            with (args.out / "loss.csv").open("a", newline="") as file:
                csv.writer(file).writerow([step, f"{running:.4f}", f"{wins:.4f}"])
        if (step + 1) % 100 == 0 or step + 1 == args.steps:
            save(args, model, muon, adam, step + 1)
    model.generation_config.update(do_sample=True, temperature=1.0, pad_token_id=0, eos_token_id=1)
    model.half().save_pretrained(args.out / "model")
    tokenizer.save_pretrained(args.out / "model")
    (args.out / "model" / "training.json").write_text(json.dumps({**vars(args), "out": None, "parameters": model.num_parameters()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
