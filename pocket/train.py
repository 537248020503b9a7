"""Train the pocket model from nothing but the project's own grammars.

    python -m pocket.train --out build/pocket --steps 3700        # about an hour and a half on two cores
    python -m pocket.train --out build/pocket --steps 3700        # again: continues from the last checkpoint

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
from itertools import islice
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from pocket.corpus import COPYING, FOCUSED, PLAIN, SETTLED, SHARP, Lesson, Mix, lessons
from synlearner.generate.prompts import contract_json

VOCABULARY = 4096
CONTEXT = 1024
PAD, END = "<pad>", "<end>"
WEIGHT_HEADER, WEIGHT_EXAMPLE = 0.1, 0.4
# The curriculum: from a step on, a mix of lessons. Plain lessons teach the language and the contract; then many things that can only be
# copied from the prompt; then vague instructions (the domain must be read off the examples), with the families that most users have;
# at the end fewer oddities, while the learning rate falls.
CURRICULUM = ((0, PLAIN), (1104, COPYING), (1608, FOCUSED), (2904, SETTLED))


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


def encode(tokenizer: PreTrainedTokenizerFast, batch: list[Lesson]) -> list[tuple[list[int], list[float]]]:
    """Token ids and loss weights: little for the header, some for example rows, all for the answer."""
    encoded = tokenizer([text(x) for x in batch], return_offsets_mapping=True)
    end = tokenizer.eos_token_id
    out = []
    for lesson, ids, offsets in zip(batch, encoded["input_ids"], encoded["offset_mapping"], strict=True):
        by_char: list[float] = []
        for line in lesson.prompt.split("\n"):
            by_char += [WEIGHT_EXAMPLE if line.startswith('{"') else WEIGHT_HEADER] * (len(line) + 1)
        weights = [by_char[start] if start < len(lesson.prompt) else 1.0 for start, _ in offsets]
        if len(ids) < CONTEXT:
            out.append(([*ids, end], [*weights, 1.0]))
    return out


def encode_pairs(tokenizer: PreTrainedTokenizerFast, batch: list[Lesson]) -> list[tuple[list[int], list[float], list[int]]]:
    """For each lesson two rows in turn, its own and its rival's: token ids, loss weights (none for a rival) and which tokens are the text."""
    own = encode(tokenizer, batch)
    whole = [f"{x.rival_prompt} {contract_json(x.rival)}" for x in batch]
    out: list[tuple[list[int], list[float], list[int]]] = []
    for lesson, (ids, weights), rival in zip(batch, own, whole, strict=True):
        first = next(iter(lesson.target))
        tail = contract_json({k: v for k, v in lesson.target.items() if k != first})[1:]
        n = len(tokenizer(tail)["input_ids"])
        rival_ids = [*tokenizer(rival)["input_ids"], tokenizer.eos_token_id]
        if rival_ids[-n:] == ids[-n:] and lesson.rival != lesson.target:
            marks = [0] * (len(ids) - n) + [1] * n
            out += [(ids, weights, marks), (rival_ids, [0.0] * len(rival_ids), [0] * (len(rival_ids) - n) + [1] * n)]
    return out


def sharp_batches(tokenizer: PreTrainedTokenizerFast, *, seed: int, first_step: int, tokens: int) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Right-padded (ids, weights, text marks); rows 2i and 2i + 1 are a lesson and its rival."""
    step = first_step
    while True:
        rng = random.Random(f"{seed}/sharp/{step}")
        source = lessons(rng.randrange(2**60), SHARP)
        rows: list[tuple[list[int], list[float], list[int]]] = []
        pool = encode_pairs(tokenizer, [x for x in islice(source, 96) if len(x.prompt) < 1600])
        pairs = sorted((pool[i : i + 2] for i in range(0, len(pool), 2)), key=lambda pair: len(pair[0][0]))
        start = rng.randrange(max(1, len(pairs) - 12))
        for pair in pairs[start:]:
            if rows and (len(rows) + 2) * max(len(r[0]) for r in [*rows, *pair]) > tokens:
                break
            rows += pair
        width = max(len(r[0]) for r in rows)
        ids, marks = torch.zeros(len(rows), width, dtype=torch.long), torch.zeros(len(rows), width)
        weight = torch.zeros(len(rows), width)
        for i, (row_ids, row_weight, row_marks) in enumerate(rows):
            ids[i, : len(row_ids)] = torch.tensor(row_ids)
            weight[i, : len(row_ids)] = torch.tensor(row_weight)
            marks[i, : len(row_ids)] = torch.tensor(row_marks, dtype=torch.float)
        yield ids, weight, marks
        step += 1


def batches(tokenizer: PreTrainedTokenizerFast, *, seed: int, first_step: int, tokens: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Right-padded (ids, weights) of about `tokens` tokens each; rows of a batch have similar lengths."""
    step = first_step
    while True:
        rng = random.Random(f"{seed}/{step // 8}")
        rows: list[tuple[list[int], list[float]]] = []
        source = lessons(rng.randrange(2**60), mix_at(step))
        while sum(len(ids) for ids, _ in rows) < tokens * 8:
            rows += encode(tokenizer, list(islice(source, 64)))
        rows.sort(key=lambda row: len(row[0]))
        groups: list[list[tuple[list[int], list[float]]]] = [[]]
        for row in rows:
            if (len(groups[-1]) + 1) * len(row[0]) > tokens and groups[-1]:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for group in groups[step % 8 : 8]:
            width = max(len(ids) for ids, _ in group)
            ids = torch.zeros(len(group), width, dtype=torch.long)
            weight = torch.zeros(len(group), width)
            for i, (row_ids, row_weight) in enumerate(group):
                ids[i, : len(row_ids)] = torch.tensor(row_ids)
                weight[i, : len(row_ids)] = torch.tensor(row_weight)
            yield ids, weight
            step += 1


def make_model(args: argparse.Namespace) -> LlamaForCausalLM:
    """A small Llama: tied embeddings, grouped-query attention."""
    torch.manual_seed(args.seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=args.width, intermediate_size=args.inner, num_hidden_layers=args.layers, num_attention_heads=args.heads, num_key_value_heads=args.kv_heads,
        max_position_embeddings=CONTEXT, tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=None, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, attention_dropout=0.0,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def rate(step: int, total: int, decay: float) -> float:
    """Warm-up over 60 steps, constant, then linear to zero over the last `decay` share."""
    return min(1.0, (step + 1) / 60, max(0.0, (total - step) / (decay * total)))


def sharp_loss(losses: torch.Tensor, weight: torch.Tensor, marks: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Language-model loss of the lessons plus the loss of the generative classifier that they make: -log of the share of the right label,
    p(text | label) / (p(text | label) + p(text | rival label)). Returns the sum and how often the right label wins.

    A label says little about each single token, so the plain loss learns it last; here it is all that counts.
    """
    odds = -(losses * marks).sum(1)
    lead = odds[0::2] - odds[1::2]
    plain = (losses * weight).sum() / weight.sum()
    return plain + torch.nn.functional.softplus(-lead).mean(), (lead > 0).float().mean().item()


def sharpen(args: argparse.Namespace, tokenizer: PreTrainedTokenizerFast, model: LlamaForCausalLM, muon: torch.optim.Optimizer, adam: torch.optim.Optimizer, start: int) -> None:
    """The last part: lessons in pairs with a rival label, learning rate from a third of the full one down to zero."""
    total = args.steps + args.sharpen
    source = sharp_batches(tokenizer, seed=args.seed, first_step=start, tokens=args.tokens)
    began, wins = time.perf_counter(), 0.5
    for step in range(start, total):
        ids, weight, marks = next(source)
        for optimiser in (muon, adam):
            for group in optimiser.param_groups:
                group["lr"] = args.lr * 0.35 * min(1.0, (step - args.steps + 1) / 20) * (total - step) / args.sharpen
        logits = model(ids[:, :-1]).logits
        losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
        loss, won = sharp_loss(losses, weight[:, 1:], marks[:, 1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in (muon, adam):
            optimiser.step()
            optimiser.zero_grad()
        wins = 0.97 * wins + 0.03 * won
        if step % 20 == 0:
            print(f"step {step} loss {loss.item():.3f} right label preferred {wins:.3f} {(time.perf_counter() - began) / (step - start + 1):.2f} s/step", flush=True)
            with (args.out / "sharpen.csv").open("a", newline="") as file:
                csv.writer(file).writerow([step, f"{loss.item():.4f}", f"{wins:.4f}"])
        if (step + 1) % 100 == 0 or step + 1 == total:
            save(args, model, muon, adam, step + 1)


def save(args: argparse.Namespace, model: LlamaForCausalLM, muon: torch.optim.Optimizer, adam: torch.optim.Optimizer, step: int) -> None:
    """A checkpoint, replaced as a whole."""
    partial = args.out / "checkpoint.part"
    torch.save({"model": model.state_dict(), "muon": muon.state_dict(), "adam": adam.state_dict(), "step": step}, partial)
    partial.replace(args.out / "checkpoint.pt")


def main() -> None:
    """Train, checkpoint every 100 steps, and save the finished model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3700)
    parser.add_argument("--tokens", type=int, default=5000, help="tokens a step")
    parser.add_argument("--decay", type=float, default=0.3)
    parser.add_argument("--sharpen", type=int, default=0, help="more steps, in pairs with a rival label; tried with 600 and 800, not in the shipped weights")
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
    began, seen, running = time.perf_counter(), 0, 0.0
    source = batches(tokenizer, seed=args.seed, first_step=start, tokens=args.tokens)
    for step in range(start, args.steps):
        ids, weight = next(source)
        for optimiser in (muon, adam):
            for group in optimiser.param_groups:
                group["lr"] = args.lr * rate(step, args.steps, args.decay)
        logits = model(ids[:, :-1]).logits
        losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        scale = weight[:, 1:].flatten()
        loss = (losses * scale).sum() / scale.sum()
        answer = scale == 1.0
        on_answer = losses.detach()[answer].mean().item()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in (muon, adam):
            optimiser.step()
            optimiser.zero_grad()
        seen += int((weight > 0).sum())
        running = on_answer if not running else 0.98 * running + 0.02 * on_answer
        if step % 20 == 0:
            speed = seen / (time.perf_counter() - began)
            print(f"step {step} loss {loss.item():.3f} answer {running:.3f} {speed:,.0f} tokens/s", flush=True)
            with (args.out / "loss.csv").open("a", newline="") as file:
                csv.writer(file).writerow([step, f"{loss.item():.4f}", f"{running:.4f}"])
        if (step + 1) % 100 == 0 or step + 1 == args.steps:
            save(args, model, muon, adam, step + 1)
    sharpen(args, tokenizer, model, muon, adam, max(start, args.steps))
    model.generation_config.update(do_sample=True, temperature=1.0, pad_token_id=0, eos_token_id=1)
    model.half().save_pretrained(args.out / "model")
    tokenizer.save_pretrained(args.out / "model")
    (args.out / "model" / "training.json").write_text(json.dumps({**vars(args), "out": None, "parameters": model.num_parameters()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
