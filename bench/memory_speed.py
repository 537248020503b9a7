"""How fast a memory is: lessons retrieved among 50,000, evidence gathered from 50,000 episodes, a memory read and written.

    python bench/memory_speed.py
    python bench/memory_speed.py --items 50000 --tasks 500

Builds a real memory file with that many lessons of that many tasks, with fingerprints of 384 numbers, and asks for the five nearest lessons of tasks that are
not among them, with the index kept, as a run does. The worst case is a task of its own for every lesson. Times are medians and worst of 50 queries; on a machine
that does other things too, the processor's time ("cpu") says more. Prints a table and writes `bench/results/memory_speed.csv`.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from synlearner.experience.memory import Index, Memory, Place, Source, episode_event, lesson_id, place_event  # noqa: E402
from synlearner.experience.patterns import gather  # noqa: E402
from synlearner.records import Episode, Pattern  # noqa: E402
from synlearner.store.memory import Event  # noqa: E402
from synlearner.stream.bundled import DEMO  # noqa: E402
from synlearner.stream.reading import load_task  # noqa: E402

OUT, WIDTH = ROOT / "bench" / "results" / "memory_speed.csv", 384


def unit(draws: np.random.Generator, n: int) -> np.ndarray:
    rows = draws.normal(size=(n, WIDTH))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def lessons(items: int, tasks: int) -> list[Event]:
    """So many lessons, each of one task."""
    draws = np.random.default_rng(0)
    events = [place_event(Place(f"task{i}", f"task {i}", "bench", tuple(v))) for i, v in enumerate(unit(draws, tasks))]
    for i in range(items):
        text = f"Records with style 'number {i}' were accepted more often than others."
        events.append(Event("add", {"lesson": lesson_id(text), "text": text, "clock": 0, **Source(f"task{i % tasks}", "run", "step").body}))
    return events


def episodes(n: int) -> tuple[object, list[Event]]:
    """Episodes of a bundled task, and that task."""
    task, draws = load_task(DEMO / "tickets.toml", 0)[0], np.random.default_rng(1)
    made = []
    for i in range(n):
        label = task.labels[i % len(task.labels)]
        values = {d: vs[int(draws.integers(len(vs)))] for d, vs in task.attributes_of(label).items()}
        good = bool(draws.random() < 0.6)
        made.append(episode_event(Episode(task.key, "run", "step", f"p{i}", Pattern(label, values), good, "" if good else "label", {"quality/length": 0.5})))
    return task, made


def timed(what: str, times: int, work: Callable[[], object]) -> dict[str, object]:
    wall, cpu = [], []
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
    found = {"what": what, "median_ms": round(statistics.median(wall), 2), "worst_ms": round(max(wall), 2), "median_cpu_ms": round(statistics.median(cpu), 2)}
    print(f"{what:62s} {found['median_ms']:10.2f} ms, worst {found['worst_ms']:.2f}, cpu {found['median_cpu_ms']:.2f}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--tasks", type=int, default=500)
    asked = parser.parse_args()
    rows, queries = [], iter(unit(np.random.default_rng(2), 1000))
    with tempfile.TemporaryDirectory() as name:
        events = lessons(asked.items, asked.tasks)
        with Memory.open(Path(name) / "memory.db") as memory:
            rows.append(timed(f"{len(events):,} events written", 1, lambda: memory.add(events)))
            rows.append(timed("that memory read and folded", 1, lambda: memory.state))
            rows.append(timed("index of its lessons", 3, lambda: Index.of(memory.state, "bench", WIDTH)))
            index = Index.of(memory.state, "bench", WIDTH)
            rows.append(timed(f"5 of {asked.items:,} lessons of {asked.tasks} tasks", 50, lambda: index.nearest(next(queries))))
        with Memory.open(Path(name) / "worst.db") as memory:
            memory.add(lessons(asked.items, asked.items))
            index = Index.of(memory.state, "bench", WIDTH)
            rows.append(timed(f"5 of {asked.items:,} lessons of as many tasks", 50, lambda: index.nearest(next(queries))))
        with Memory.open(Path(name) / "episodes.db") as memory:
            task, made = episodes(asked.items)
            memory.add(made)
            known = memory.state.episodes
            rows.append(timed(f"evidence of {asked.items:,} episodes", 3, lambda: gather(task, known, {})))
    with OUT.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
