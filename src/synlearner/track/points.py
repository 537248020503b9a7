"""From a finished step of the ledger to the points that trackers draw. Everything follows from the step's result: a replay tells the same.

| name | over | what |
|---|---|---|
| `score/<set>`, `gain`, `pgr` | the task's place in the stream, from 1 | students on gold; `/low` and `/high` are the interval |
| `matrix/<task>` | 0 before the stream, k after the k-th task | the matrix R, a column a chart |
| `written/<task>/<for>/<what>` | finished steps | `planned`, `kept`, `rejected`, `failed`, `tokens_in`, `tokens_out` of one writing step |
| `rejected/<task>/<reason>` | finished steps | rejected rows of one writing step |
| `finetune/<task>/loss` | 0 at the beginning, 1 at the end | training loss |
| `reinforce/<task>/<what>` | training step | rewards by name and level, loss, divergence, entropy |
| `adopt/<task>/worth` | 0 before, 1 after | worth of a draft on new prompts |
| `rounds/<task>/dev`, `/gold` | round; rows | the learning curves of rounds |
| `dataset/rows`, `diversity/<set>/<metric>` | the task's place | the data set |
| `spent/...` | finished steps | tokens of the finished writing steps, and money as it was known at that time |
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from synlearner.records import Point
from synlearner.store.reading import Finished

COUNTED = ("planned", "kept", "failed")
_CELL = re.compile(r"cell\.(-?\d+)\.(\d+)")


def points_of(step: Finished, places: Mapping[str, int], names: Mapping[int, str]) -> list[Point]:
    """The points of a step. `places` are tasks' places from 1, `names` the tasks by place. What was not measured is no point."""
    return [p for p in _points(step, places.get(step.task, 0), names) if math.isfinite(p.value)]


def _points(step: Finished, place: int, names: Mapping[int, str]) -> Iterator[Point]:
    result, stem = step.result, step.name.partition(".")[0]
    if "planned" in result and "kept" in result:
        yield from _written(step, stem)
    elif cell := _CELL.fullmatch(step.name):
        yield from _interval(f"matrix/{names.get(int(cell[2]) + 1, cell[2])}", int(cell[1]) + 1, result.get("score"))
    elif step.name == "evaluate":
        yield from _scores(place, result)
    elif step.name == "dataset":
        yield from _dataset(place, result)
    elif stem in ("finetune", "joint", "carry"):
        yield from _numbers(f"{stem}/{step.task}/loss", {0: result.get("loss_first"), 1: result.get("loss_last")})
    elif step.name == "reinforce":
        yield from (Point(f"reinforce/{step.task}/{n}", int(e.get("step", i)), float(v)) for i, e in enumerate(result.get("curve", ()), 1) for n, v in e.items() if n != "step")
    elif step.name == "adopt":
        yield from _numbers(f"adopt/{step.task}/worth", {0: result.get("before"), 1: result.get("after")})
    elif stem in ("round", "curve"):
        yield from _rounds(step, stem)


def _numbers(name: str, found: Mapping[int, Any]) -> Iterator[Point]:
    return (Point(name, at, float(value)) for at, value in found.items() if value is not None)


def _interval(name: str, at: int, found: Mapping[str, Any] | None) -> Iterator[Point]:
    if found:
        yield from (Point(f"{name}{end}", at, float(found[key])) for end, key in (("", "mean"), ("/low", "low"), ("/high", "high")))


def _scores(place: int, result: Mapping[str, Any]) -> Iterator[Point]:
    for name, found in result.get("scores", {}).items():
        yield from _interval(f"score/{name}", place, found)
    yield from _interval("gain", place, result.get("gain"))
    yield from _numbers("pgr", {place: result.get("pgr")})


def _dataset(place: int, result: Mapping[str, Any]) -> Iterator[Point]:
    yield from _numbers("dataset/rows", {place: result.get("rows")})
    for name, found in result.get("diversity", {}).items():
        for metric, value in (found or {}).items():
            yield from _numbers(f"diversity/{name}/{metric}", {place: value})


def _written(step: Finished, stem: str) -> Iterator[Point]:
    result, name = step.result, f"written/{step.task}/{stem}"
    rejected: Mapping[str, int] = result.get("rejected", {})
    tokens = result.get("tokens", {})
    counts = {**{k: result.get(k) for k in COUNTED}, "rejected": sum(rejected.values()), "tokens_in": tokens.get("in"), "tokens_out": tokens.get("out")}
    for what, value in counts.items():
        yield from _numbers(f"{name}/{what}", {step.number: value})
    yield from (Point(f"rejected/{step.task}/{reason}", step.number, float(n)) for reason, n in rejected.items())


def _rounds(step: Finished, stem: str) -> Iterator[Point]:
    if stem == "round":
        number = step.name.partition(".")[2]
        yield from _numbers(f"rounds/{step.task}/dev", {int(number): (step.result.get("dev") or {}).get("score")} if number.isdecimal() else {})
        return
    for rows, found in zip(step.result.get("rows", ()), step.result.get("scores", ()), strict=False):
        yield from _interval(f"rounds/{step.task}/gold", int(rows), found)
