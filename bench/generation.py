"""How fast the batched sampler writes, against `model.generate` at the same batch and one prompt at a time.

    python -m bench.generation                     # the bundled model, or random weights of the same shape
    python -m bench.generation --model DIR --few-shot 4 0 --batch 64 256 --repeats 5

One case for each pair of `--few-shot` and `--batch`: reading the example rows costs the same in a batch as alone, so prompts without any gain most.

All three are measured in turn in every repeat, with the same prompts and sampling settings; tokens are those that are kept (up to
and with the end token). Prompts are those that a run makes: one task, few-shot rows that differ from prompt to prompt. A model with
random weights never ends by itself, so there a random fortieth of the vocabulary counts as the end. Tokens per CPU second are the fairer
number on a machine that is busy with something else (with --threads 1). Prints a table and writes `bench/results/generation.csv`.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from synlearner import engines
from synlearner.engines.sampling import Sampling, sample
from synlearner.generate.prompts import contract_json, render

ROOT = Path(__file__).resolve().parents[1]
POCKET = Path(engines.__file__).parent / "pocket_model"
SEEDS = ROOT / "src/synlearner/demo/reviews.seeds.jsonl"


def prompts(count: int, seed: int, few_shot: int = 4) -> list[str]:
    """Prompts of one task as a run renders them: few-shot rows that differ from prompt to prompt, balanced labels."""
    rows = [json.loads(line) for line in SEEDS.read_text(encoding="utf-8").splitlines()]
    labels, rng = sorted({r["label"] for r in rows}), random.Random(seed)
    shared: dict[str, Any] = {"instruction": "Decide how a customer feels about the product.", "keys": ("label", "text"), "labels": labels, "definition": "", "forbid_leak": False}
    out = []
    for i in range(count):
        examples = [{"label": r["label"], "text": r["text"]} for r in rng.sample(rows, few_shot)]
        attributes = {"length": rng.choice(("short", "medium", "long")), "tone": rng.choice(("plain", "angry", "happy"))}
        out.append(render(**shared, label=labels[i % len(labels)], attributes=attributes, examples=examples))
    return out


def random_model(texts: list[str]) -> tuple[Any, Any]:
    """The bundled model's shape with random weights and a tokenizer trained on the prompts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=2048, special_tokens=["<pad>", "<end>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([contract_json({"text": t}) for t in texts], trainer)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=4096, hidden_size=256, intermediate_size=704, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024,
        tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval(), PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>")


def load(folder: str, texts: list[str]) -> tuple[Any, Any, list[int], str]:
    """Model, tokenizer, end tokens and what to call it."""
    where = folder or (str(POCKET) if (POCKET / "config.json").exists() else "")
    if not where:
        model, tokenizer = random_model(texts)
        ends = [1, *random.Random(0).sample(range(2, 4096), 4096 // 40)]
        return model, tokenizer, ends, "random weights"
    model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(where)
    return model, tokenizer, [tokenizer.eos_token_id], "bundled" if where == str(POCKET) else Path(where).name


def kept(rows: list[list[int]], ends: set[int]) -> int:
    """Tokens up to and with the first end token."""
    return sum(next((i + 1 for i, t in enumerate(row) if t in ends), len(row)) for row in rows)


def by_generate(model: Any, tokenizer: Any, texts: list[str], ends: list[int], sampling: Sampling) -> list[list[int]]:
    tokenizer.padding_side = "left"
    encoded = tokenizer(texts, return_tensors="pt", padding=True, return_token_type_ids=False)
    settings = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k, "max_new_tokens": sampling.max_new_tokens}
    out = model.generate(**encoded, do_sample=True, eos_token_id=ends, pad_token_id=sampling.pad, **settings)
    return out[:, encoded["input_ids"].shape[1] :].tolist()


def measure(ways: dict[str, Callable[[], list[list[int]]]], ends: set[int], repeats: int) -> list[dict[str, object]]:
    """Tokens per second of each way, in turn, so that a busy machine is as unkind to one as to the other."""
    lines: list[dict[str, object]] = []
    for repeat in range(-1, repeats):
        for name, way in ways.items():
            began, used = time.perf_counter(), time.process_time()
            rows = way()
            seconds, cpu = time.perf_counter() - began, time.process_time() - used
            tokens = kept(rows, ends)
            if repeat >= 0:
                lines.append(
                    {
                        "way": name,
                        "repeat": repeat,
                        "rows": len(rows),
                        "tokens": tokens,
                        "seconds": round(seconds, 4),
                        "tokens_per_second": round(tokens / seconds, 1),
                        "tokens_per_cpu_second": round(tokens / cpu, 1),
                    }
                )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="a folder in Hugging Face format")
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--single", type=int, default=8, help="prompts written one at a time in each repeat")
    parser.add_argument("--few-shot", type=int, nargs="+", default=[4, 0], help="example rows in each prompt, one number for each batch")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/generation.csv")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    lines = [line for few_shot, batch in zip(args.few_shot, args.batch, strict=True) for line in case(args, few_shot, batch)]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def case(args: argparse.Namespace, few_shot: int, batch: int) -> list[dict[str, object]]:
    """All three ways with prompts of so many example rows, so many at once; prints the comparison."""
    texts = prompts(batch, seed=1, few_shot=few_shot)
    model, tokenizer, ends, name = load(args.model, texts)
    sampling = Sampling(temperature=1.0, top_p=0.95, max_new_tokens=160, eos=frozenset(ends), pad=tokenizer.pad_token_id or 0)
    ids = [tokenizer(t)["input_ids"] for t in texts]
    ways: dict[str, Callable[[], list[list[int]]]] = {
        "sampler": lambda: sample(model, ids, range(batch), sampling),
        "generate, same batch": lambda: by_generate(model, tokenizer, texts, ends, sampling),
        "generate, one at a time": lambda: [by_generate(model, tokenizer, [t], ends, sampling)[0] for t in texts[: args.single]],
    }
    lines = measure(ways, set(ends), args.repeats)
    length = statistics.mean(map(len, ids))
    report(lines, f"{name}, {model.num_parameters():,} parameters, batch {batch}, {few_shot} examples, prompts of {length:.0f} tokens, {torch.get_num_threads()} threads")
    return [{"few_shot": few_shot, "batch": batch, **line} for line in lines]


def report(lines: list[dict[str, object]], title: str) -> None:
    mean = statistics.mean(int(str(x["tokens"])) / int(str(x["rows"])) for x in lines)
    print(f"{title}, {mean:.0f} new tokens a row")
    for unit, name in (("tokens_per_second", "tokens/s"), ("tokens_per_cpu_second", "tokens/CPU s")):
        speeds: dict[str, list[float]] = {}
        for line in lines:
            speeds.setdefault(str(line["way"]), []).append(float(str(line[unit])))
        for way, values in speeds.items():
            ratios = [a / b for a, b in zip(speeds["sampler"], values, strict=True)]
            print(f"{way:26} {statistics.median(values):8,.0f} {name:12}   sampler is {statistics.median(ratios):5.2f} x ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
