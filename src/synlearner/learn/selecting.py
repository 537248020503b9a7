"""Choosing rows of any pool without a stream: files and names go in, a choice with its reasons comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from synlearner.errors import EngineError, SpecError, first_line
from synlearner.feedback.acquisition import NO_STUDENT, Means, acquisition
from synlearner.feedback.selection import HOWS, Choice, How, choose
from synlearner.feedback.spread import canonical
from synlearner.protocols import Acquisition, Learner
from synlearner.records import Row
from synlearner.registry import find
from synlearner.seeding import derive
from synlearner.stream.kinds import ANSWERS, LABELS, gives
from synlearner.stream.pool import TEXT, Pool, labels_of, read_pool
from synlearner.stream.specs import StudentSpec

# Of so many seeds one is kept from the student, where influence is measured and no rows are given for that.
HELD_OUT = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be chosen: `n` rows of `pool` by a function, with a student that learns from `seeds`; `pick` "" is the function's natural way.
    `answers`: labels are answers in free words.
    """

    pool: str
    by: str
    n: int
    seeds: str = ""
    dev: str = ""
    texts: Sequence[str] = (TEXT,)
    label: str | None = None
    student: StudentSpec = field(default_factory=StudentSpec)
    answers: bool = False
    embedder: str = "hashing"
    embedder_model: str = ""
    random: float = 0.0
    pick: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Selected:
    """The pool, what was chosen of it, and by which function."""

    pool: Pool
    choice: Choice
    function: Acquisition


def select(asked: Asked) -> Selected:
    """Read, train, score and choose. Raises `SpecError` for anything that is wrong with what was asked, and where nothing could be chosen by score."""
    if asked.pick and asked.pick not in HOWS:
        raise SpecError(f"there is no way to choose called {asked.pick!r}", f"known: {', '.join(HOWS)}", field="--pick")
    how: How | None = next((h for h in HOWS if h == asked.pick), None)
    find("acquisition", asked.by)  # an unknown name is told before anything is read
    pool = read_pool(asked.pool, texts=asked.texts, label=asked.label)
    seeds = _labelled(asked, asked.seeds)
    dev, known = _parted(seeds, _labelled(asked, asked.dev), asked.by)
    embedder = find("embedder", asked.embedder)(asked.embedder_model)
    function = acquisition(asked.by, Means(embedder, seeds, dev, seed=asked.seed))
    choice = choose(pool.rows, function, _student(asked, known), asked.n, how=how, random=asked.random, seed=asked.seed)
    if round(asked.n * asked.random) < asked.n and not any(c.how != "random" for c in choice.chosen):
        reason = max(choice.unscored, key=lambda r: choice.unscored[r]) if choice.unscored else "no row has a score above 0"
        raise SpecError(f"nothing can be chosen by {asked.by}: {reason}", _fix(reason))
    return Selected(pool, choice, function)


def _fix(reason: str) -> str:
    if reason == NO_STUDENT:
        return "give labelled rows for a student to learn from: --seeds FILE"
    if "label" in reason:
        return "name the column of the label with --label, and give seeds with the same labels"
    return "give what it needs (--seeds, --dev, another --student or --embedder), or choose by another function"


def _labelled(asked: Asked, path: str) -> list[Row]:
    return list(read_pool(path, texts=asked.texts, label=asked.label, labelled=True, origin="seed").rows) if path else []


def _parted(seeds: Sequence[Row], dev: Sequence[Row], by: str) -> tuple[Sequence[Row], Sequence[Row]]:
    """Rows to measure influence on, and rows to learn from."""
    if dev or not by.startswith("influence"):
        return dev, seeds
    held = set(canonical(seeds)[::HELD_OUT])
    return [seeds[i] for i in sorted(held)], [r for i, r in enumerate(seeds) if i not in held]


def _student(asked: Asked, rows: Sequence[Row]) -> Learner | None:
    if not rows:
        return None
    wanted = ANSWERS if asked.answers else LABELS
    if not gives(asked.student.engine, wanted):
        fix = 'take another one, for example "causal"' if asked.answers else "add --answers, or take another one"
        raise SpecError(f"the student {asked.student.engine!r} gives no {wanted}", fix, field="--student")
    labels = () if asked.answers else labels_of(rows)
    if len(labels) == 1:
        raise SpecError(f"all seeds have the label {labels[0]!r}", "give seeds of at least two labels", file=asked.seeds)
    try:
        fitted: Learner = find("student", asked.student.engine)(asked.student).fit(rows, labels=labels, seed=derive(asked.seed, "student"))
    except (ValueError, RuntimeError) as error:
        raise EngineError(f"the student {asked.student.engine!r} cannot learn from the seeds: {first_line(error)}", "look at the seeds, or take another student") from error
    return fitted
