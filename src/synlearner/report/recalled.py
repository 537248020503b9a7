"""What a memory told the tasks of a run and what came of it: from the ledger's steps `memory` and `remember` to the summary's `Remembered`.

The ledger says what was told, whatever became of the memory since. Only lessons that lie in quarantine now are read from the memory itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synlearner.errors import LedgerError
from synlearner.experience.memory import ABOUT_LESSONS, WITH_TEXT, Memory
from synlearner.experience.patterns import EVERY, VALUE, Evidence
from synlearner.experience.poison import suspicion
from synlearner.report.schema import Belief, Recalled, Remembered, Shown, Standing
from synlearner.store.ledger import Step
from synlearner.store.memory import SERVERS, file_of
from synlearner.stream.public import local_name, without_user

LEVEL = 0.95
OFF, UNTOLD = "the run has no memory (memory.enabled)", "no task was told anything yet"


def remembered_of(steps: Mapping[tuple[str, str], Step], settings: Mapping[str, Any], kept_back: Iterable[Standing]) -> Remembered:
    """What the finished steps say, with the lessons that lie in quarantine now."""
    spec = settings.get("memory", {})
    if not spec.get("enabled"):
        return Remembered(reason=OFF, place="")
    told = {task: s.result for (task, name), s in steps.items() if name == "memory" and s.result is not None}
    noted = {task: s.result for (task, name), s in steps.items() if name == "remember" and s.result is not None}
    events = [(task, kind, body) for task, found in noted.items() for kind, body in found.get("events", ())]
    used: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for task, kind, body in events:
        if kind == "used":
            used[task][body["lesson"]] = body
    tasks = [_recalled(task, found, used[task]) for task, found in told.items()]
    return Remembered(reason="" if tasks else UNTOLD, place=_named(settings), tasks=tasks, lessons=_standings(tasks, events), kept_back=list(kept_back))


def memory_file(folder: Path, settings: Mapping[str, Any]) -> Path | None:
    """The file of the run's memory; None where it has none, or it lies on a server."""
    shared = shared_place(settings)
    if not settings.get("memory", {}).get("enabled") or shared.startswith(SERVERS):
        return None
    file = file_of(shared or folder)
    return file if file.exists() else None


def shared_place(settings: Mapping[str, Any]) -> str:
    """Where a run's memory lies when that is not its folder, otherwise "". A control experiment has its own."""
    return str(settings.get("memory", {}).get("path", "")) if settings.get("experience", {}).get("history", "kept") == "kept" else ""


def kept_back_in(file: Path | None) -> list[Standing]:
    """Lessons of a memory's file that are in quarantine, with the reason; none where it cannot be read."""
    if file is None:
        return []
    try:
        with Memory.open(file, new=False) as memory:
            found = [i for i in memory.state.lessons if i.quarantine]
            names = memory.state.names
    except LedgerError:
        return []
    return [
        Standing(lesson=i.id, text=i.text, tasks=[names.get(t, t) for t in i.tasks], counts={k: n for k, n in i.counts.items() if n}, better=0, quarantine=i.quarantine)
        for i in found
    ]


def _named(settings: Mapping[str, Any]) -> str:
    path = shared_place(settings)
    if not path:
        return "run folder"
    return without_user(path) if "://" in path else local_name(path)


def _recalled(task: str, found: Mapping[str, Any], used: Mapping[str, Mapping[str, Any]]) -> Recalled:
    evidence = Evidence.from_json(found["evidence"])
    usual = (evidence.everything.accepted + 1) / (evidence.everything.n + 2) if evidence else None
    return Recalled(
        task=task,
        **{name: found.get(name, 0) for name in ("episodes", "lessons", "quarantined")},
        similar=dict(found.get("similar", {})),
        usual=usual,
        beliefs=beliefs(evidence, usual) if usual is not None else [],
        shown=[_shown(str(lesson), str(text), used.get(lesson)) for lesson, text in found.get("hints", ())],
    )


def credible(good: Sequence[float], bad: Sequence[float]) -> tuple[list[float], list[float]]:
    """Lower and upper ends of the central `LEVEL` of Beta distributions."""
    from scipy.stats import beta

    low, high = (beta.ppf(q, good, bad).tolist() for q in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return low, high


def beliefs(evidence: Evidence, usual: float) -> list[Belief]:
    """The posteriors of acceptance that the learned plan draws from, over all labels: Beta around what is usual, which counts as `VALUE` prompts."""
    cells = [(d, v, t) for (where, d, v), t in evidence.cells.items() if where == EVERY]
    if not cells:
        return []
    good, bad = [VALUE * usual + t.accepted for *_, t in cells], [VALUE * (1 - usual) + t.n - t.accepted for *_, t in cells]
    low, high = credible(good, bad)
    found = [Belief(attribute=d, value=v, prompts=t.n, mean=a / (a + b), low=lo, high=hi) for (d, v, t), a, b, lo, hi in zip(cells, good, bad, low, high, strict=True)]
    return sorted(found, key=lambda b: (b.attribute, -b.mean, b.value))


def _shown(lesson: str, text: str, use: Mapping[str, Any] | None) -> Shown:
    (n, good), (m, other) = (use["with"], use["without"]) if use else ((None, None), (None, None))
    return Shown(lesson=lesson, text=text, prompts=n, accepted=good, others=m, others_accepted=other, better=use["better"] if use else None)


def _standings(tasks: Sequence[Recalled], events: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[Standing]:
    """Lessons in the order in which the run met them."""
    texts = {s.lesson: s.text for t in tasks for s in t.shown}
    counts: dict[str, Counter[str]] = {lesson: Counter() for lesson in texts}
    said: dict[str, dict[str, None]] = defaultdict(dict)
    better: Counter[str] = Counter()
    for task, kind, body in events:
        lesson = str(body["lesson"])
        counts.setdefault(lesson, Counter())[kind] += kind in ABOUT_LESSONS
        better[lesson] += kind == "used" and bool(body["better"])
        if kind in WITH_TEXT:
            texts[lesson] = str(body["text"])
            said[lesson][task] = None
    return [
        Standing(lesson=i, text=texts.get(i, ""), tasks=list(said[i]), counts=dict(counts[i]), better=better[i], quarantine=suspicion(texts[i]) if i in texts else "")
        for i in counts
    ]
