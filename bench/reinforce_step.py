"""Where a step of learning from rewards spends its time, beside a bare training loop in torch with the same model and a constant reward.

    python -m bench.reinforce_step                   # the demo's tickets, 8 prompts x 8 drafts
    python -m bench.reinforce_step --steps 12 --repeats 3

Both sides have the pocket model with the same LoRA, the same prompts with two examples, drafts at temperature 1 from the same batched sampler,
one step of AdamW on all drafts, and the same products (oneDNN). The bare loop has no trainer, no judge, no log and no checkpoints: it drafts,
reads prompts and drafts once with gradients, and steps. Ours has the whole hierarchy of five rewards with a verifier, the divergence from the
model before the stream, and a checkpoint every five steps. Sides take turns; the first step of each is not counted; numbers are medians of seconds a
step. Fixed costs (imports, making the trainer) are shown apart. Writes `bench/results/reinforce_step.csv`.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "2")

from synlearner.engines import hro, lora
from synlearner.engines.pocket import Pocket
from synlearner.engines.sampling import fast_products, sample
from synlearner.feedback import hierarchy
from synlearner.feedback.rewards import Attributes, Distinctiveness, Faithfulness, Novelty, Quality, Remembering
from synlearner.feedback.verifiers import StudentVerifier
from synlearner.generate.fewshot import choose
from synlearner.generate.parsing import parse
from synlearner.generate.plans import design
from synlearner.generate.prompts import build
from synlearner.records import Attempt, Course, Draft, Prompt, Turn
from synlearner.registry import find
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_task
from synlearner.stream.specs import FinetuneSpec, GeneratorSpec, ReinforceSpec, StudentSpec
from synlearner.stream.tasks import Task

RESULTS = Path(__file__).parent / "results" / "reinforce_step.csv"
MOST_JUDGING, MOST_RATIO = 0.15, 1.3
ROWS = GeneratorSpec(engine="pocket", temperature=1.0, top_p=1.0, max_new_tokens=96)


def prompts_of(task: Task, n: int, seed: int) -> list[Prompt]:
    plan = design(task, n, plan="balanced", seed=seed)
    return build(task, plan, choose(task, plan, 2, seed=seed), step="bench", seed=seed)


class Timed:
    """The hierarchy as a judge that notes when it was asked and how long it took."""

    def __init__(self, task: Task, prompts: Sequence[Prompt]) -> None:
        embedder = Remembering(find("embedder", "hashing")(""))
        verifier = StudentVerifier(find("student", "tfidf")(StudentSpec()), task.seeds, task.labels, seed=0)
        self._rewards = [Faithfulness(verifier), Attributes(task), Quality(task), Distinctiveness(embedder), Novelty(embedder, embedder.embed([r.text for r in task.seeds]))]
        self._task, self._prompts, self.asked, self.took = task, prompts, [], []  # type: ignore[var-annotated]

    def __call__(self, places: Sequence[int], texts: Sequence[str], _: float) -> tuple[list[float], dict[str, float]]:
        self.asked.append(time.perf_counter())
        attempts = [Attempt(p := self._prompts[i], parse(self._task, p, Draft(p.id, 0, t, None, None))) for i, t in zip(places, texts, strict=True)]
        verdict = hierarchy.judge(attempts, self._rewards, {r.name: 1.0 for r in self._rewards})
        self.took.append(time.perf_counter() - self.asked[-1])
        return [0.0 if a != a else float(a) for a in verdict.advantages], {"valid": 1.0}


def ours(task: Task, spec: ReinforceSpec, folder: Path, seed: int) -> tuple[list[float], list[float], float]:
    """Seconds of each step but the first, of its judging, and before the first one."""
    engine, prompts = Pocket(ROWS.model_copy(update={"batch": spec.prompts * spec.completions})), prompts_of(task, spec.steps * spec.prompts, seed)
    judge, began = Timed(task, prompts), time.perf_counter()
    engine.reinforce(prompts, judge, Course(task.name, None, folder, seed, spec, FinetuneSpec()), judge_identity="bench", record=lambda *_: None)
    return [b - a for a, b in pairwise(judge.asked[1:])], judge.took[1:], judge.asked[0] - began


def bare(task: Task, spec: ReinforceSpec, seed: int) -> list[float]:
    """Seconds of each step but the first of the bare loop."""
    import torch
    from torch.nn.functional import cross_entropy

    engine, prompts = Pocket(ROWS), prompts_of(task, spec.steps * spec.prompts, seed)
    ids = [engine._ids(engine.text(Turn(p))) for p in prompts]
    plan = lora.Plan(task=task.name, base=engine.base, start=None, spec=FinetuneSpec(), seed=seed)
    model, pad, seconds = lora.trainable(engine._load_base(), plan), engine._pad, []
    sampling = engine._sampling_of(model.get_base_model())
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=spec.learning_rate)
    with fast_products(model.device):
        for step in range(spec.steps):
            began = time.perf_counter()
            asked = [i for i in ids[step * spec.prompts : (step + 1) * spec.prompts] for _ in range(spec.completions)]
            model.eval()
            with hro.merged(model):
                written = sample(model, asked, list(range(len(asked))), sampling, lambda _, tokens: "}" in engine._words(tokens))
            model.train()
            wide, long = max(map(len, asked)), max(map(len, written))
            rows = torch.tensor([[pad] * (wide - len(p)) + p + w + [pad] * (long - len(w)) for p, w in zip(asked, written, strict=True)])
            there = torch.tensor([[0] * (wide - len(p)) + [1] * len(p) + [1] * len(w) + [0] * (long - len(w)) for p, w in zip(asked, written, strict=True)])
            learnt = torch.tensor([[1.0] * len(w) + [0.0] * (long - len(w)) for w in written])
            logits = model(input_ids=rows, attention_mask=there, logits_to_keep=long + 1).logits[:, :-1]
            losses = cross_entropy(logits.flatten(0, 1), rows[:, -long:].flatten(), reduction="none").view(len(rows), long)
            advantage = torch.ones(len(rows), 1)
            loss = (losses * learnt * advantage).sum() / learnt.sum()
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
            seconds.append(time.perf_counter() - began)
    return seconds[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    task, _ = load_task(DEMO / "tickets.toml", 0)
    spec = ReinforceSpec(method="hro", steps=args.steps, learning_rate=1e-4)
    steps: list[float] = []
    judging: list[float] = []
    starts: list[float] = []
    plain: list[float] = []
    for repeat in range(args.repeats):
        plain += bare(task, spec, args.seed + repeat)
        with tempfile.TemporaryDirectory() as folder:
            found: Any = ours(task, spec, Path(folder) / "a", args.seed + repeat)
        steps, judging, starts = steps + found[0], judging + found[1], [*starts, found[2]]
    step, alone, judged = (statistics.median(x) for x in (steps, plain, judging))
    line = {
        "drafts": spec.prompts * spec.completions, "threads": os.environ["OMP_NUM_THREADS"], "step_s": round(step, 3), "bare_s": round(alone, 3), "ratio": round(step / alone, 2),
        "judging_s": round(judged, 4), "judging_share": round(judged / step, 3), "first_start_s": round(starts[0], 1), "later_start_s": round(min(starts), 1),
    }  # fmt: skip
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, line)
        table.writeheader()
        table.writerow(line)
    for name, value in line.items():
        print(f"{name:16} {value}")
    print(f"judging at most {MOST_JUDGING:.0%} of a step: {'yes' if judged / step <= MOST_JUDGING else 'NO'}")
    print(f"a step at most {MOST_RATIO:g} x the bare loop: {'yes' if step / alone <= MOST_RATIO else 'NO'}")


if __name__ == "__main__":
    main()
