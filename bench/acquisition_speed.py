"""How long acquisition functions take: 100,000 rows under a linear student, and sets of 500 out of 20,000.

    python bench/acquisition_speed.py
    python bench/acquisition_speed.py --rows 20000 --candidates 5000

First part: synthetic texts (words of a Zipf vocabulary that leans on the label), a `tfidf` student of 400 rows. Turning the rows into features is
done once and told apart; every function is then asked about the same rows. Second part: unit vectors of 384 columns in clusters. BADGE, coverage
and facility location choose 500, each beside the products of vectors that it cannot do without (BADGE: candidates × chosen; the others:
candidates × candidates), measured right before and after it as plain blocked products. One thread. Seconds are of the processor (`cpu_s`)
and of the clock (`wall_s`, which another program's work lengthens); `peak_mb` is the process's largest memory so far. Writes
`bench/results/acquisition_speed.csv`.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402  (thread counts are read when NumPy is loaded)

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from synlearner.feedback import badge, facility, last_layer, spread  # noqa: E402
from synlearner.feedback.acquisition import Means, acquisition  # noqa: E402
from synlearner.records import LastLayer, Row, Score  # noqa: E402
from synlearner.registry import find  # noqa: E402
from synlearner.stream.specs import StudentSpec  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "acquisition_speed.csv"
CLOSED = ("loss", "confidence", "confidence:reference", "entropy", "gradient", "gradient:reference", "learnability", "wrong-answer", "answer-variance", "bald", "influence")
LABELS = ("a", "b", "c", "d", "e", "f")
MOST_SECONDS, MOST_MB, MOST_TIMES = 10.0, 1000, 5.0
Line = dict[str, object]


def texts(count: int, seed: int) -> list[Row]:
    """Rows of 8 to 16 words, a third of them the label's own."""
    draw = np.random.default_rng(seed)
    common = np.minimum(draw.zipf(1.3, size=(count, 16)), 5000)
    own = draw.integers(0, 60, size=(count, 16))
    rows = []
    for i in range(count):
        label, length = i % len(LABELS), int(draw.integers(8, 17))
        words = [f"{LABELS[label]}word{own[i, j]}" if j % 3 == 0 else f"w{common[i, j]}" for j in range(length)]
        rows.append(Row(f"r{i}", {"text": " ".join(words)}, LABELS[label]))
    return rows


def timed(name: str, compute: Callable[[], Any], lines: list[Line], **more: object) -> Any:
    """What a computation gives; its times become a line."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = compute()
    times = {"cpu_s": round(time.process_time() - cpu, 3), "wall_s": round(time.perf_counter() - wall, 3)}
    lines.append({"what": name, **times, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, **more})
    print("  ".join(f"{k} {v}" for k, v in lines[-1].items()), flush=True)
    return found


def functions(count: int, lines: list[Line]) -> None:
    train, dev, rows = texts(400, 1), texts(100, 2), texts(count, 3)
    student = timed("training", lambda: find("student", "tfidf")(StudentSpec()).fit(train, labels=LABELS, seed=0), lines)
    timed("training of the committee", lambda: list(student.committee(dev)), lines)
    timed("features of the rows", lambda: student.proba(rows), lines)
    first = len(lines)
    for name in CLOSED:
        measured = timed(name, lambda name=name: acquisition(name, Means(dev=dev)).score(rows, student), lines)
        assert sum(isinstance(m, Score) for m in measured) == count
    total = {k: round(sum(float(str(line[k])) for line in lines[first:]), 2) for k in ("cpu_s", "wall_s")}
    lines.append({"what": f"all {len(CLOSED)} functions", **total, "peak_mb": lines[-1]["peak_mb"]})
    print(f"{count:,} rows, {len(CLOSED)} functions: {total}")
    print(f"  at most {MOST_SECONDS:g} s: {'yes' if total['cpu_s'] <= MOST_SECONDS else 'NO'}; at most {MOST_MB} MB: {lines[-1]['peak_mb']}")


def sets(count: int, n: int, lines: list[Line]) -> None:
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(300, 384))
    v = centres[draw.integers(300, size=count)] + 1.2 * draw.normal(size=(count, 384))
    v = (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32)
    shares = draw.dirichlet(np.ones(6), size=count)
    layer = LastLayer(v, shares, tuple(range(6)))
    nothing = np.zeros(count, dtype=np.float32)
    few = lambda: [v @ v[:n].T for _ in range(1)]  # noqa: E731
    all_pairs = lambda: [(v[b] @ v.T).shape for b in facility.blocks(count, count)]  # noqa: E731
    choices: list[tuple[str, Callable[[], Any], Callable[[], Any]]] = [
        ("badge", lambda: badge.plus_plus(layer, last_layer.residuals(layer, shares.argmax(1)), n, 0), few),
        ("coverage", lambda: spread.cover(spread.similar(v, n), n), all_pairs),
        ("diversity", lambda: facility.greedy(v, v, nothing, n, lambda c: c), all_pairs),
        ("diversity:reference", lambda: facility.greedy(v, v, nothing, n, lambda c: 1 - c), all_pairs),
    ]
    for name, choose, products in choices:
        products()
        timed(f"products for {name}", products, lines)
        timed(f"{name}, {n} of {count}", choose, lines)
        timed(f"products for {name}", products, lines)
        before, mine, after = (float(str(line["cpu_s"])) for line in lines[-3:])
        lines[-2]["times_products"] = round(2 * mine / (before + after), 1)
        print(f"  {name}: {lines[-2]['times_products']} × the products; at most {MOST_TIMES:g}: {'yes' if 2 * mine <= MOST_TIMES * (before + after) else 'NO'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--candidates", type=int, default=20_000)
    parser.add_argument("--chosen", type=int, default=500)
    args = parser.parse_args()
    lines: list[Line] = []
    functions(args.rows, lines)
    sets(args.candidates, args.chosen, lines)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["what", "cpu_s", "wall_s", "peak_mb", "times_products"], restval="")
        table.writeheader()
        table.writerows(lines)


if __name__ == "__main__":
    main()
