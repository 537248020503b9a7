"""How long set-level rewards take for a large batch of drafts: in one piece, and in the per-sample manner of the published formula.

    python -m bench.reward_speed                     # 4,096 drafts, 8 of each prompt, vectors of width 384 given
    python -m bench.reward_speed --drafts 1024 --repeats 5

Measured is what lies between vectors and advantages: distinctiveness over the batch, novelty against an archive of 4,096 vectors, the
product with quality, and the combination of `feedback.hierarchy`. The other side goes draft by draft: each one's cosines to all others and to
the archive with `cos_sim`, as sentence-transformers defines it (both sides are brought to unit length in every call) and as a reward function
written for one sample uses it, then groups one by one. Both sides run in turn on two threads (or as many as OMP_NUM_THREADS says), medians are
compared, and the largest differences of their numbers are shown; the loop computes in float64 where `difference` is measured. Texts and how often
each is embedded: a run of the whole hierarchy on texts counts them. Writes `bench/results/reward_speed.csv`.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
from pathlib import Path

THREADS = os.environ.get("OMP_NUM_THREADS", "2")
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS

import numpy as np  # noqa: E402  (thread counts are read when NumPy is loaded)

from bench.diversity import WIDTH, Matrix, seconds, vectors  # noqa: E402
from synlearner.feedback import diversity  # noqa: E402
from synlearner.feedback.hierarchy import EPSILON, combine, judge  # noqa: E402
from synlearner.feedback.rewards import Distinctiveness, Novelty, Quality, Remembering, SetGain  # noqa: E402
from synlearner.records import Attempt, Prompt, Row, Sample  # noqa: E402
from synlearner.stream.bundled import DEMO  # noqa: E402
from synlearner.stream.reading import load_task  # noqa: E402
from synlearner.testing import WordHash  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "reward_speed.csv"
WEIGHTS = (1.0, 0.3, 0.3)
LEAST_RATIO, MOST_DIFFERENCE = 50.0, 1e-6


def batched(own: Matrix, archive: Matrix, quality: Matrix, groups: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Distinctiveness, novelty and advantages of a whole batch."""
    different, new = diversity.distinctiveness(own), diversity.novelty(own, archive)
    return different, new, combine([quality, different * quality, new / 2 * quality], WEIGHTS, groups)


def one_by_one(own: Matrix, archive: Matrix, quality: Matrix, groups: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """The same draft by draft and group by group."""
    different, new = np.zeros(len(own)), np.zeros(len(own))
    for i in range(len(own)):
        s = np.maximum(cos_sim(own[i], own), 0)
        different[i] = 1 - (s * s).sum() / s.sum()
        new[i] = 1 - cos_sim(own[i], archive).max()
    total = np.zeros(len(own))
    for values, weight in zip((quality, different * quality, new / 2 * quality), WEIGHTS, strict=True):
        for g in range(int(groups.max()) + 1):
            here = values[groups == g]
            total[groups == g] += weight * (here - here.mean()) / (here.std() + EPSILON)
    return different, new, (total - total.mean()) / (total.std() + EPSILON)


def cos_sim(one: Matrix, others: Matrix) -> Matrix:
    """Cosines of one vector to the rows of a matrix, none of which need have unit length."""
    return np.asarray((others / np.linalg.norm(others, axis=1, keepdims=True)) @ (one / np.linalg.norm(one)))


class Counting:
    """An embedder that counts what it is asked."""

    identity = "counting"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: list[str]) -> Matrix:
        self.texts += texts
        return WordHash().embed(texts)


def embeddings_per_text(drafts: int) -> float:
    """How often a text is embedded while three set rewards and quality judge one batch."""
    task, _ = load_task(DEMO / "reviews.toml", 0)
    counting = Counting()
    embedder = Remembering(counting)
    rewards = [Quality(task), Distinctiveness(embedder), Novelty(embedder, WordHash().embed(["an earlier text"])), SetGain(embedder)]
    attempts = []
    for i in range(drafts):
        prompt = Prompt(f"p{i // 8}", task.name, "bench", i, "positive", {}, (), "", "", i)
        row = Row(f"r{i}", {"text": f"The kettle number {i} boils in {i % 7} minutes and number {i * 7 % 64} does not."}, "positive", "synthetic")
        attempts.append(Attempt(prompt, Sample(prompt.id, row, {})))
    judge(attempts, rewards, {r.name: 1.0 for r in rewards})
    return len(counting.texts) / drafts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drafts", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    own, archive = vectors(args.drafts, args.seed), vectors(args.drafts, args.seed + 1)
    quality, groups = np.random.default_rng(args.seed).random(args.drafts), np.arange(args.drafts) // 8
    fast, slow = [], []
    for _ in range(args.repeats):
        fast.append(seconds(lambda: batched(own, archive, quality, groups)))
        slow.append(seconds(lambda: one_by_one(own, archive, quality, groups)))
    wide = one_by_one(own.astype(np.float64), archive.astype(np.float64), quality, groups)
    gaps = [float(np.abs(a - b).max()) for a, b in zip(batched(own, archive, quality, groups), wide, strict=True)]
    ratio, counted = statistics.median(slow) / statistics.median(fast), embeddings_per_text(512)
    line = {
        "drafts": args.drafts, "width": WIDTH, "threads": THREADS,
        "batched_s": round(statistics.median(fast), 4), "one_by_one_s": round(statistics.median(slow), 3), "ratio": round(ratio, 1),
        "distinctiveness_difference": f"{gaps[0]:.1e}", "novelty_difference": f"{gaps[1]:.1e}", "advantage_difference": f"{gaps[2]:.1e}", "embeddings_per_text": counted,
    }  # fmt: skip
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, line)
        table.writeheader()
        table.writerow(line)
    for name, value in line.items():
        print(f"{name:28} {value}")
    print(f"ratio at least {LEAST_RATIO:g}: {'yes' if ratio >= LEAST_RATIO else 'NO'}; rewards equal to {MOST_DIFFERENCE:g}: {'yes' if max(gaps[:2]) <= MOST_DIFFERENCE else 'NO'}")


if __name__ == "__main__":
    main()
