"""How long each diversity metric takes, against the one blocked matrix product that it needs.

    python -m bench.diversity                        # 20,000 vectors of width 384
    python -m bench.diversity --rows 4000 --repeats 3

In every repeat each metric and its bare product (same sizes, float32, blocked, nothing done with the result) run one after the other on
two threads (or as many as OMP_NUM_THREADS says); the ratio is that of the medians. The product is the full rows × rows one for
distinctiveness, NovelSum and DCScore (the first and the last compute only half of it), rows × archive for novelty, and EᵀE for Vendi and
the set gain. Vectors are clustered, with 5 % near-copies and 1 % exact copies, as texts of a
generator are. Memory is the growth of the process above its size before the metric. The error is that of the value on 2,000 of the rows
(relative for NovelSum, which has no upper end), and for the per-row metrics also of 200 rows among all of them, against the formulas in
float64. Prints a table and writes `bench/results/diversity.csv`.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = os.environ.get("OMP_NUM_THREADS", "2")
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = THREADS

import numpy as np  # noqa: E402  (thread counts are read when NumPy is loaded)
import psutil  # noqa: E402

from synlearner.feedback import diversity, reference  # noqa: E402

WIDTH, BLOCK, SUBSET = 384, 1024, 2000
RESULTS = Path(__file__).parent / "results" / "diversity.csv"
Matrix = np.ndarray[Any, Any]


def vectors(rows: int, seed: int) -> Matrix:
    """Unit vectors in 200 clusters; every 20th row is a near-copy and every 100th an exact copy of an earlier one."""
    rng = np.random.default_rng(seed)
    out = rng.standard_normal((200, WIDTH))[rng.integers(0, 200, rows)] + rng.standard_normal((rows, WIDTH))
    for i in range(20, rows, 20):
        out[i] = out[rng.integers(i)] + (0 if i % 100 == 0 else 0.03) * rng.standard_normal(WIDTH)
    return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), dtype=np.float32)


def product(a: Matrix, b: Matrix) -> None:
    """The blocked product A·Bᵀ."""
    buffer = np.empty((BLOCK, len(b)), dtype=np.float32)
    for start in range(0, len(a), BLOCK):
        block = a[start : start + BLOCK]
        np.matmul(block, b.T, out=buffer[: len(block)])


def gram(a: Matrix) -> None:
    """The blocked product AᵀA."""
    total = np.zeros((a.shape[1], a.shape[1]), dtype=np.float32)
    for start in range(0, len(a), BLOCK):
        block = a[start : start + BLOCK]
        total += block.T @ block


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def growth_mb(run: Callable[[], object]) -> float:
    """Peak resident memory while it runs, above that before it."""
    process, done = psutil.Process(), threading.Event()
    before = process.memory_info().rss
    peak = before

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    run()
    done.set()
    watcher.join()
    return max(peak, process.memory_info().rss) / 1e6 - before / 1e6


def errors(name: str, data: Matrix, archive: Matrix) -> float:
    """Largest difference from float64: on a subset, and for per-row metrics for a few rows among all."""
    small, extra = data[:SUBSET], (archive[:SUBSET],) if name == "novelty" else ()
    got, want = (np.asarray(getattr(m, name)(small[: SUBSET // 10] if name == "set_gain" else small, *extra)) for m in (diversity, reference))
    error = float(np.max(np.abs(got - want) / (np.abs(want) if name == "novel_sum" else 1)))
    if name in {"distinctiveness", "novelty"}:
        wide, other = data.astype(np.float64), (archive if name == "novelty" else data).astype(np.float64)
        places = np.linspace(0, len(data) - 1, 200).astype(int)
        s = wide[places] @ other.T
        plus = np.maximum(s, 0)
        exact = 1 - s.max(axis=1) if name == "novelty" else 1 - np.sum(plus * s, axis=1) / plus.sum(axis=1)
        full = diversity.novelty(data, archive) if name == "novelty" else diversity.distinctiveness(data)
        error = max(error, float(np.max(np.abs(full[places] - exact))))
    return error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    data, archive = vectors(options.rows, 0), vectors(options.rows, 1)
    pairs, side = (lambda: product(data, data)), (lambda: gram(data))
    metrics: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "distinctiveness": (lambda: diversity.distinctiveness(data), pairs),
        "novelty": (lambda: diversity.novelty(data, archive), lambda: product(data, archive)),
        "novel_sum": (lambda: diversity.novel_sum(data), pairs),
        "vendi": (lambda: diversity.vendi(data), side),
        "dc_score": (lambda: diversity.dc_score(data), pairs),
        "set_gain": (lambda: diversity.set_gain(data), side),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in metrics}
    for _ in range(options.repeats):
        for name, (metric, bare) in metrics.items():
            times[name].append((seconds(metric), seconds(bare)))
    table = []
    for name, (metric, _) in metrics.items():
        took, bare = (statistics.median(t[i] for t in times[name]) for i in (0, 1))
        table.append([name, f"{took:.3f}", f"{bare:.3f}", f"{took / bare:.2f}", f"{growth_mb(metric):.0f}", f"{errors(name, data, archive):.1e}"])
    header = ["metric", "seconds", "bare product seconds", "ratio", "peak extra MB", "largest error"]
    for line in [header, *table]:
        print("  ".join(f"{cell:>{max(len(h), 15)}}" for cell, h in zip(line, header, strict=True)))
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([["rows", "width", "threads", "repeats", *header], *([options.rows, WIDTH, THREADS, options.repeats, *line] for line in table)])


if __name__ == "__main__":
    main()
