"""Whether the interval of the estimated quality holds what it says, and whether it saves as many verdicts as rho^2 predicts.

    python bench/control_variate.py
    python bench/control_variate.py --data DIR

Simulated: 2,000 rows with a score, of which people would accept a known share; the score goes with their verdicts not at all, somewhat or well. Real (`DIR` is
as for `bench/real_stream.py`): rows of public data sets get a label from a classifier that learnt 150 rows; the score is another small classifier's
probability of that label; the verdict is whether the annotators chose it as well. Each trial draws n rows for review, at random or by
`review_order`, and looks whether the 95 % interval holds the share over all rows. Saved: 1 - variance of the estimate / variance of the mean verdict over the
trials with random draws, beside rho^2 over all rows. The alarm is tried on two tasks of n verdicts: equal ones, and a second one without any correlation.
Prints tables with Wilson intervals and writes `bench/results/control_variate.csv`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from synlearner.evaluate.bias import Pair, Whole, estimate, review_order, touch, wilson  # noqa: E402
from synlearner.seeding import derive, numpy_rng  # noqa: E402

OUT = ROOT / "bench" / "results" / "control_variate.csv"
ROWS = 2000
TASKS = ("sst2", "snips", "trec6", "ag_news")
COLUMNS = ("world", "accepted", "rho2", "n", "draw", "trials", "coverage", "low", "high", "width", "saved", "saved_low", "saved_high")
World = tuple[str, np.ndarray, np.ndarray]


def simulated(accepted: float, sharp: float, seed: int = 0) -> World:
    """Scores and verdicts: the chance of acceptance is logistic in the score, with this slope and this mean."""
    draw = numpy_rng(seed, "world", str(accepted), str(sharp))
    scores = np.clip(draw.normal(0.7, 0.18, ROWS), 0.0, 1.0)
    steep, low, high = sharp * (scores - 0.7) / 0.18, -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-steep - middle))).mean() < accepted else (low, middle)
    return f"simulated, slope {sharp:g}", scores, (draw.random(ROWS) < 1 / (1 + np.exp(-steep - low))).astype(float)


def real(folder: Path, seed: int = 0) -> World:
    """Rows of a data set that a weak classifier has labelled, another's belief in that label, and whether people agree."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    lines = [json.loads(line) for line in (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [lines[i] for i in numpy_rng(seed, folder.name).permutation(len(lines))[: ROWS + 450]]
    texts = [r["text"] for r in rows]
    labels = np.array([str(r["label"]) for r in rows])
    table = TfidfVectorizer(sublinear_tf=True).fit(texts[:450]).transform(texts)
    writer, judge = (LogisticRegression(C=10, max_iter=500).fit(table[part], labels[part]) for part in (slice(0, 150), slice(150, 450)))
    given = writer.predict(table[450:])
    place = {c: i for i, c in enumerate(judge.classes_)}
    chance = judge.predict_proba(table[450:])
    scores = np.array([chance[i, place[g]] if g in place else 0.0 for i, g in enumerate(given)])
    return folder.name, scores, (given == labels[450:]).astype(float)


def drawn(world: World, n: int, draw: str, trials: int) -> Iterator[np.ndarray]:
    name, scores, _ = world
    rows = {(name, ""): [(i, float(s)) for i, s in enumerate(scores)]}
    for k in range(trials):
        seed = derive(k, name, n, draw)
        yield np.array(review_order(rows, seed)[:n]) if draw == "review order" else numpy_rng(seed).choice(len(scores), n, replace=False)


def trial(world: World, n: int, draw: str, trials: int) -> list[object]:
    """One line of the table."""
    name, scores, verdicts = world
    truth, rho2 = verdicts.mean(), np.corrcoef(scores, verdicts)[0, 1] ** 2
    whole = Whole(len(scores), len(scores), float(scores.sum()))
    found, plain = [], []
    for rows in drawn(world, n, draw, trials):
        found.append(estimate([Pair(float(scores[i]), float(verdicts[i])) for i in rows], whole))
        plain.append(verdicts[rows].mean())
    held = sum(f.low <= truth <= f.high for f in found) / trials
    width = np.mean([f.high - f.low for f in found])
    saved = saving(np.array([f.mean for f in found]), np.array(plain)) if draw == "random" else ("",) * 3
    return [name, truth, rho2, n, draw, trials, held, *wilson(held, trials), width, *saved]


def saving(estimates: np.ndarray, means: np.ndarray) -> tuple[float, float, float]:
    """The share of the variance that the scores take away, with a bootstrap interval over the trials."""
    picks = numpy_rng(0, "saving").integers(len(means), size=(500, len(means)))
    low, high = np.quantile(1 - estimates[picks].var(axis=1) / means[picks].var(axis=1), (0.025, 0.975))
    return float(1 - estimates.var() / means.var()), float(low), float(high)


def alarms(n: int, trials: int) -> tuple[float, float]:
    """How often the alarm goes off where nothing changed, and where the score no longer tells anything."""
    same, lost = simulated(0.8, 2.5), simulated(0.8, 0.0)
    pick = lambda world, k, which: [Pair(float(world[1][i]), float(world[2][i])) for i in numpy_rng(k, which, n).choice(ROWS, n, replace=False)]  # noqa: E731
    rates = []
    for second in (same, lost):
        found = [touch([pick(same, k, "first"), pick(second, k, "second")])[1] for k in range(trials)]
        rates.append(sum(t is not None and t.alarm for t in found) / trials)
    return rates[0], rates[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--trials", type=int, default=1000)
    args = parser.parse_args()
    worlds = [simulated(p, sharp) for p in (0.5, 0.8, 0.95) for sharp in (0.0, 1.0, 2.5)]
    worlds += [real(args.data / name) for name in TASKS] if args.data else []
    lines = [trial(w, n, d, args.trials) for w in worlds for n in (40, 100, 200) for d in ("random", "review order")]
    with OUT.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *([round(v, 4) if isinstance(v, float) else v for v in line] for line in lines)])
    for name, truth, rho2, n, draw, _, held, low, high, width, *saved in lines:
        told = "{:.1%} ({:.1%} to {:.1%})".format(*saved) if draw == "random" else ""
        print(f"{name:22} accepted {truth:.2f}  rho2 {rho2:5.1%}  n {n:3}  {draw:12}  held {held:6.1%} ({low:.1%} to {high:.1%})  width {width:.3f}  saved {told}")
    for n in (40, 100, 200):
        same, lost = alarms(n, args.trials)
        print(f"alarm, n = {n}: {same:.1%} where nothing changed, {lost:.1%} where the correlation was lost")


if __name__ == "__main__":
    main()
