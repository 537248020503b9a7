"""Does feedback notice damage? A stream, names of rewards and rows go in; a `Ladders`, written into a folder, comes out.

Judges are asked as in a run: through the folder's ledger, the purse and the cache, within the stream's budget. So an audit that was stopped goes on where it was, and one that
is asked again pays for nothing twice. The damage and the arithmetic are `feedback.damages` and `feedback.ladder`, the words `report.ladders`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path

from synlearner.errors import SpecError, one_line
from synlearner.evaluate.judges import Swapped
from synlearner.feedback.damages import DAMAGES
from synlearner.feedback.ladder import LEVEL, Climb, climbs, ladder
from synlearner.feedback.rewards import Judged, Remembering
from synlearner.learn.coaching import KNOWN, makers
from synlearner.learn.desk import Desk, opened
from synlearner.learn.judging import bare_panel, swapped
from synlearner.learn.rewarding import FromFunction
from synlearner.loop import verifier_for
from synlearner.protocols import Progress, Reward
from synlearner.records import Interval, Row, Sample
from synlearner.registry import find, names
from synlearner.report.ladders import words
from synlearner.report.ladders.schema import ClimbResult, Ladders, PairResult, RewardResult
from synlearner.report.ladders.writing import write_ladders
from synlearner.report.schema import Interval as Limits
from synlearner.report.schema import Quantity
from synlearner.report.spending import spending_of
from synlearner.seeding import derive, rng
from synlearner.stream.pool import read_pool
from synlearner.stream.specs import JUDGE
from synlearner.stream.tasks import Stream, Task

FEWEST = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked from the command line. `task` names one of the stream ("": the first), `by` rewards (none: all that there are), `pool` a file of rows ("": seeds).

    `pairs`: how often each judge also compares a row with the same row damaged, in both orders.
    """

    stream: Stream
    task: str = ""
    by: Sequence[str] = ()
    damages: Sequence[str] = ()
    pool: str = ""
    label: str | None = None
    rows: int = 40
    rungs: int = 6
    pairs: int = 20


def audit_feedback(asked: Asked, folder: Path, progress: Progress) -> Ladders:
    """Measure, and write the whole of it into the folder.

    Raises SpecError for what is wrong with what was asked, Interrupted where the budget ends, LedgerError where another process works in the folder.
    """
    task, rows, source = _rows(asked, _task(asked))
    damages, own = _damages(asked), _own(asked)
    with opened(asked.stream, folder, "if_possible", progress) as desk:
        seed = derive(desk.run.seed, task.name, "ladders")
        found = []
        for name, make in _chosen(asked, _makers(desk, task) | own).items():
            progress.start(f"{task.name}: {name}", 1)
            reward = make()
            found.append(told(name, reward, climbs(reward, task, rows, damages, rungs=asked.rungs, seed=seed)))
            progress.finish(found[-1].sentence)
        pairs = _pairs(desk, task, rows, damages, asked, seed) if any(r.name.partition(" ")[0] == JUDGE for r in found) else []
        whole = Ladders(
            name=task.name,
            answer=words.answer(found),
            distrust=words.distrust(found, pairs, rows=len(rows), source=source),
            source=source,
            rows=len(rows),
            rungs=asked.rungs,
            level=LEVEL,
            damages=list(damages),
            rewards=found,
            pairs=pairs,
            spending=spending_of(desk.ledger, []),
        )
    return write_ladders(whole, folder)


# ── rows ────────────────────────────────────────────────────────────────


def _task(asked: Asked) -> Task:
    tasks = {t.name: t for t in asked.stream.tasks}
    if asked.task and asked.task not in tasks:
        raise SpecError(f"there is no task {asked.task!r} in the stream", f"known: {', '.join(tasks)}", file=asked.stream.file, field="--task")
    return tasks[asked.task] if asked.task else asked.stream.tasks[0]


def _rows(asked: Asked, task: Task) -> tuple[Task, list[Row], str]:
    """The task as rewards know it, the rows that are damaged, and where these are from. Rows that are damaged are none that a verifier learnt from."""
    seed = derive(asked.stream.run.seed, task.name, "ladder rows")
    if asked.pool:
        pool = read_pool(asked.pool, texts=task.fields, label=asked.label, labelled=bool(task.labels))
        if strange := sorted({r.label for r in pool.rows} - set(task.labels)) if task.labels else []:
            raise SpecError(f"the pool has labels that the task {task.name!r} has not: {', '.join(strange[:5])}", "give rows of the task", file=asked.pool, field="--pool")
        rows, source = list(pool.rows), "pool"
    else:
        held = {r.id for label in task.labels or ("",) for r in _half([s for s in task.seeds if not task.labels or s.label == label], seed)}
        rows, source = [r for r in task.seeds if r.id in held], "seeds"
        task = replace(task, seeds=tuple(r for r in task.seeds if r.id not in held))
    rows = rng(seed, "drawn").sample(rows, min(len(rows), asked.rows))
    if len(rows) < FEWEST:
        raise SpecError(f"there are {len(rows)} rows to damage, and it needs {FEWEST}", "give a file of rows with --pool", file=asked.stream.file)
    return task, rows, source


def _half(rows: Sequence[Row], seed: int) -> list[Row]:
    return rng(seed, "half").sample(list(rows), (len(rows) + 1) // 2)


def _damages(asked: Asked) -> tuple[str, ...]:
    for name in asked.damages:
        if name not in DAMAGES:
            raise SpecError(f"there is no damage called {name!r}", f"known: {', '.join(DAMAGES)}", field="--damage")
    return tuple(asked.damages) or tuple(DAMAGES)


# ── rewards ─────────────────────────────────────────────────────────────


def _makers(desk: Desk, task: Task) -> dict[str, Callable[[], Reward]]:
    """All rewards that the task has, by name, and how they are made."""
    found = makers(task, Remembering(desk.embedder), verifier_for(desk, task), [r.text for r in task.seeds])
    if not task.seeds:
        found.pop("novelty")
    alone = [replace(desk, judges=(judge,)) for judge in desk.judges] if len(desk.judges) > 1 else []
    panels = {name: bare_panel(one, task) for name, one in {JUDGE: desk, **{f"{JUDGE} {i}": d for i, d in enumerate(alone, 1)}}.items()}
    found |= {name: partial(Judged, panel) for name, panel in panels.items() if panel is not None}
    return found | {name: partial(_registered, name, task) for name in names("reward")}


def _registered(name: str, task: Task) -> Reward:
    made: Reward = find("reward", name)(task)
    return made


def _chosen(asked: Asked, there: Mapping[str, Callable[[], Reward]]) -> dict[str, Callable[[], Reward]]:
    if strange := [name for name in asked.by if name not in there]:
        raise SpecError(f"the task has no reward called {strange[0]!r}", f"it has: {', '.join(there)}", field="--by")
    return {name: there[name] for name in asked.by} if asked.by else dict(there)


def _own(asked: Asked) -> dict[str, Callable[[], Reward]]:
    """The rewards of the user's among the names. Raises `SpecError` for a name that can be none, before anything is written."""
    judges = asked.stream.run.judge.by
    known = [*(n for n in KNOWN if n not in ("utility", JUDGE)), *([JUDGE] if judges else []), *(f"{JUDGE} {i}" for i in range(1, len(judges) + 1)), *names("reward")]
    for name in asked.by:
        if ":" not in name and name not in known:
            hint = "add a table [judge.by] to the stream; or " if name == JUDGE else ""
            raise SpecError(f"there is no reward called {name!r}", f"{hint}name a function as module:function, or one of: {', '.join(known)}", field="--by")
    return {name: _loaded(name, _task(asked)) for name in asked.by if ":" in name}


def _loaded(name: str, task: Task) -> Callable[[], Reward]:
    """A function or reward that can be imported; modules are also looked for in the current folder."""
    module, _, attribute = name.partition(":")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SpecError(f"{name!r} cannot be used: {one_line(error)}", "name a function that can be imported from here, as module:function", field="--by") from error
    if not callable(found) and not isinstance(found, Reward):
        raise SpecError(
            f"{name!r} cannot be used: it is neither a function nor a reward", "name a reward function as trainers take it, or an object with a method score", field="--by"
        )
    return lambda: found if isinstance(found, Reward) else FromFunction(found, task, name)


def _pairs(desk: Desk, task: Task, rows: Sequence[Row], damages: Sequence[str], asked: Asked, seed: int) -> list[PairResult]:
    """Each judge compares whole rows with damaged ones, the ways of damage in turn."""
    ladders = [(steps[0], steps[-1]) for damage in damages for steps in [ladder(task, rows, damage, rungs=2, seed=seed)]]
    pairs = []
    for i in range(asked.pairs if ladders else 0):
        whole, worse = (side[(i // len(ladders)) % len(rows)].outcome for side in ladders[i % len(ladders)])
        if isinstance(whole, Sample) and isinstance(worse, Sample):
            pairs.append((task.record(whole.row), task.record(worse.row)))
    pairs = [p for p in pairs if p[0] != p[1]]
    engines = zip(desk.judges, desk.run.judge.by, strict=True)
    return [_pair(f"{spec.engine} {spec.model}".strip(), swapped(desk, task, judge, pairs, "compare")) for judge, spec in engines] if pairs else []


# ── what is told ────────────────────────────────────────────────────────


def told(name: str, reward: Reward, found: Sequence[Climb]) -> RewardResult:
    """A reward's ladders as they are reported."""
    parts = [_part(c) for c in found]
    return RewardResult(name=name, level=reward.level, sentence=words.sentence(name, parts), climbs=parts)


def _part(c: Climb) -> ClimbResult:
    measured = any(v is not None for v in c.means)
    why = "nothing changes from rung to rung" if measured else "nothing was measured"
    return ClimbResult(
        damage=c.damage,
        verdict=words.verdict(c),
        tau=_quantity(c.tau, c.interval, why),
        change=_quantity(c.change.mean if c.change else None, c.change, "nothing was measured"),
        means=list(c.means),
        pairs=c.pairs,
        right=c.right,
        wrong=c.wrong,
        unscored=dict(c.unscored),
    )


def _quantity(value: float | None, interval: Interval | None, why: str) -> Quantity:
    if value is None or interval is None:
        return Quantity(value=value, reason="" if value is not None else why)
    return Quantity(value=value, reason="", interval=Limits(mean=value, low=interval.low, high=interval.high, level=interval.level, n=interval.n))


def _pair(judge: str, s: Swapped) -> PairResult:
    return PairResult(judge=judge, whole=s.wins, damaged=s.losses, ties=s.ties, inconsistent=s.inconsistent, bias=s.bias, unscored=s.unscored, share=s.share)
