"""Per-sample gradient norms of a language model: from one backward pass of a batch, against one backward pass a sample.

    python bench/gradient_speed.py
    python bench/gradient_speed.py --samples 512 --alone 32 --over all

The bundled model, samples of 64 tokens, the loss of a sample being the mean over its tokens. The fast side is `engines.gradients` over all samples,
in batches of 16; the slow side is autograd on every so-manieth sample by itself, with gradients asked for the same weights and no others. Both
run in turn, in one process, on one thread unless told otherwise; milliseconds are of the processor, summed over threads. The largest relative difference of the
norms is shown.
`all` are all weights (the output layer is the embedding), `adapter` those of a LoRA of rank 8 on all linear layers. Writes
`bench/results/gradient_speed.csv`.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from synlearner.engines import causal  # noqa: E402
from synlearner.engines.gradients import traced  # noqa: E402
from synlearner.engines.pocket import FOLDER  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "gradient_speed.csv"
TOKENS, BATCH, LEAST_RATIO, MOST_DIFFERENCE = 64, 16, 8.0, 1e-5


def losses(model: Any, ids: Any) -> Any:
    """The mean loss of each sample's tokens after the first."""
    import torch

    logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view(len(ids), -1).mean(1)


def one_by_one(model: Any, weights: list[Any], ids: Any) -> Any:
    """Norms by a backward pass a sample."""
    import torch

    model.requires_grad_(False)
    for w in weights:
        w.requires_grad_(True)
    return torch.stack([torch.nn.utils.get_total_norm(torch.autograd.grad(losses(model, sample[None]).sum(), weights)) for sample in ids]).double()


def batched(model: Any, weights: list[Any], ids: Any) -> Any:
    """Norms by a backward pass a batch."""
    import torch

    return torch.cat([traced(model, weights, lambda part=part: losses(model, part)).squared_norms().sqrt() for part in ids.split(BATCH)])


def measured(over: str, samples: int, alone: int, rounds: int = 4) -> dict[str, object]:
    """Both sides in turn, part by part."""
    import torch

    torch.manual_seed(0)
    fitted = causal.load(str(FOLDER), adapter=over == "adapter")
    for name, p in fitted.model.named_parameters():
        if "lora_B" in name:  # a fresh adapter's are zero
            torch.nn.init.normal_(p.data, std=0.02)
    weights = fitted.part() if over == "adapter" else list(fitted.model.parameters())
    ids = torch.randint(5, fitted.model.config.vocab_size, (samples, TOKENS))
    some = torch.linspace(0, samples - 1, alone).long()
    batched(fitted.model, weights, ids[:BATCH]), one_by_one(fitted.model, weights, ids[:2])
    fast, slow, norms, wanted = 0.0, 0.0, [], []
    for part, single in zip(ids.chunk(rounds), some.chunk(rounds), strict=True):
        began = time.process_time()
        norms.append(batched(fitted.model, weights, part))
        middle = time.process_time()
        wanted.append(one_by_one(fitted.model, weights, ids[single]))
        fast, slow = fast + middle - began, slow + time.process_time() - middle
    found, right = torch.cat(norms)[some], torch.cat(wanted)
    return {
        "over": over, "weights": sum(w.numel() for w in weights), "samples": samples, "tokens": TOKENS, "threads": torch.get_num_threads(),
        "batched_ms": round(1000 * fast / samples, 2), "one_by_one_ms": round(1000 * slow / alone, 2), "ratio": round(slow / alone / (fast / samples), 1),
        "largest_difference": f"{float(((found - right) / right).abs().max()):.1e}",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=2048)
    parser.add_argument("--alone", type=int, default=128, help="samples of the slow side")
    parser.add_argument("--over", nargs="+", default=["all", "adapter"], choices=["all", "adapter"])
    parser.add_argument("--threads", type=int, default=int(os.environ.get("OMP_NUM_THREADS", "1")))
    args = parser.parse_args()
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    lines = [measured(over, args.samples, args.alone) for over in args.over]
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, lines[0])
        table.writeheader()
        table.writerows(lines)
    for line in lines:
        print("  ".join(f"{name} {value}" for name, value in line.items()))
        equal = float(str(line["largest_difference"])) <= MOST_DIFFERENCE
        print(
            f"  ratio at least {LEAST_RATIO:g}: {'yes' if float(str(line['ratio'])) >= LEAST_RATIO else 'NO'}; the same numbers to {MOST_DIFFERENCE:g}: {'yes' if equal else 'NO'}"
        )


if __name__ == "__main__":
    main()
