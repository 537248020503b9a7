"""The frozen values that travel through the rooms.

A row of a task is a `Row`. A `Prompt` asks for one row; an engine answers with a `Draft` or a `Failure`; parsing turns a draft into
a `Sample` or a `Rejection`; whoever judges gives a `Score` or an `Unscored`; filters leave a `Mark`. Nothing here has a default label
or a default score: what could not be made or measured says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from synlearner.stream.specs import FinetuneSpec, ReinforceSpec

Origin = Literal["seed", "gold", "real", "pool", "synthetic"]
Judgement = Literal["accept", "reject", "relabel", "none"]


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a task: its text fields and its label (for kinds without labels: the answer), which is empty for a row of a pool that nobody labelled."""

    id: str
    fields: Mapping[str, str]
    label: str
    origin: Origin = "seed"

    @property
    def text(self) -> str:
        """All text fields in one string, for embedding and duplicate checks; never contains the label."""
        return "\n".join(self.fields.values())


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request for one row. `id` is the content hash of everything that determines it; `examples` are ids of few-shot rows.

    `keys` are the record's keys in contract order, the label's first, for engines that force the beginning of the answer. `rival` is
    empty, or another label of the task and the same request for it, for engines that lean away from that label. `hints` are ids of remembered lessons
    that stand in it.
    """

    id: str
    task: str
    step: str
    index: int
    label: str
    attributes: Mapping[str, str]
    examples: tuple[str, ...]
    system: str
    user: str
    seed: int
    keys: tuple[str, ...] = ()
    rival: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What an engine is asked: a prompt, and on a correction turn the earlier answer and what was wrong with it."""

    prompt: Prompt
    earlier: str = ""
    complaint: str = ""

    @property
    def number(self) -> int:
        return 1 if self.complaint else 0

    @property
    def messages(self) -> list[dict[str, str]]:
        """Chat messages: system, user and, on a correction turn, the earlier answer and the complaint."""
        messages = [{"role": "system", "content": self.prompt.system}, {"role": "user", "content": self.prompt.user}]
        if self.complaint:
            messages += [{"role": "assistant", "content": self.earlier}, {"role": "user", "content": self.complaint}]
        return messages


# More tokens no answer has.
MOST_TOKENS = 2**53


@dataclass(frozen=True, slots=True)
class Draft:
    """The raw answer to a prompt. Token counts are None where the engine does not tell; seconds are the request's own. `logprob` is the mean log
    probability of its tokens in nats, None where nobody asked for it or the engine does not tell; a ledger keeps it beside its answers.
    """

    prompt_id: str
    turn: int
    text: str
    tokens_in: int | None
    tokens_out: int | None
    seconds: float = 0.0
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A prompt that got no answer: the error in one line."""

    prompt_id: str
    turn: int
    error: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A parsed and valid row with its origin: exactly the label that was asked for."""

    prompt_id: str
    row: Row
    attributes: Mapping[str, str]
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Rejection:
    """A draft that is no row: why, in one word, the detail, and the raw text."""

    prompt_id: str
    reason: str
    detail: str
    raw: str
    turn: int = 0


# The measurement of a row in nats per token. It is no number in 0..1 and in no mean of others.
LOGPROB = "logprob"


@dataclass(frozen=True, slots=True)
class Score:
    """A measured number under a name."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Unscored:
    """A number that could not be measured, and why. It has no value and cannot be summed."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class LastLayer:
    """What the last layer of a softmax classifier reads and says of some rows.

    `features` is (rows, width), an array or a CSR matrix, without the `constant` that the intercept sees (0 where there is no intercept); `proba` is
    (rows, columns), and `known` says which label each of its columns is, as a place among the student's labels: those that it was trained on.
    """

    features: Any
    proba: NDArray[np.float64]
    known: tuple[int, ...]
    constant: float = 1.0


@dataclass(frozen=True, slots=True)
class Picked:
    """Rows that were chosen as a set: their `places` in the order of choice, what each added when it was chosen, and why others could not be measured."""

    places: tuple[int, ...]
    gains: tuple[float, ...]
    unscored: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that was chosen, and why: `place` among the candidates, `rank` from 1 in the order of choice, the criterion's name ("random" where chance
    decided), its score (for sets: what the row added), None where there is none, and how it was taken.
    """

    id: str
    place: int
    rank: int
    criterion: str
    score: float | None
    how: Literal["top", "proportional", "set", "random"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a filter says of a sample: `drop` or keep, the reason in one word, the detail for people (which row, which n-gram, which number)."""

    prompt_id: str
    filter: str
    drop: bool
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of a row, whole: it takes the place of the same person's earlier ones. `label` is the right one and goes with `relabel`
    alone; `none` leaves the row without a judgement, as undoing the first one does. `drawn`: the row came from a drawn queue and was not
    looked for, so that it may stand for others. `at` is a time in UTC, ISO 8601.
    """

    step: str
    prompt_id: str
    judgement: Judgement
    who: str
    at: str
    label: str = ""
    note: str = ""
    drawn: bool = False

    def __post_init__(self) -> None:
        if self.judgement not in get_args(Judgement) or (self.judgement == "relabel") != bool(self.label):
            raise ValueError(f"{self.judgement!r} with the label {self.label!r} is no verdict")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One example to fine-tune on: the prompt's messages and the completion to learn; `task` tells replay from new.

    `learnt`: the whole completion, or of a record in the contract all but its texts: keys, quotes, braces and the label, which comes first.
    """

    task: str
    prompt: str
    system: str
    completion: str
    learnt: Literal["all", "contract"] = "all"


@dataclass(frozen=True, slots=True)
class Hint:
    """A remembered lesson in words, as a prompt may show it: its id in the memory and one short sentence."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Critique:
    """What a critic says of drafts: a lesson in one sentence, and how sure it is of it, 0..1."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way to write a row: the label and attribute values that were asked for, ids of few-shot rows and of hints, the adapter's id ("" for none), the plan."""

    label: str
    attributes: Mapping[str, str]
    examples: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    adapter: str = ""
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Episode:
    """One prompt of a task and what came of it.

    `task` is the task's key, under which its fingerprint is kept; run, step and prompt say where it comes from. `accepted`: the row may stand in the
    data set, also where it was not needed. `reason` is that of a rejection. Only what was measured is among `rewards`; words are those of the text,
    `gain` is what the student gained by the round in which it was written, each None where nobody knows. Cost: known tokens, and seconds.
    """

    task: str
    run: str
    step: str
    prompt: str
    pattern: Pattern
    accepted: bool
    reason: str = ""
    rewards: Mapping[str, float] = field(default_factory=dict)
    words: int | None = None
    gain: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Preference:
    """Two answers to one prompt, of which the first proved better."""

    prompt: Prompt
    chosen: str
    rejected: str


@dataclass(frozen=True, slots=True)
class Adapter:
    """A finished adapter on disk: its folder, the task after which it was made, and its parent."""

    id: str
    path: str
    task: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Course:
    """How a generator learns from rewards or preferences: after which task, from which adapter (None: from the base), into which folder; `tuning`
    has the adapter's shape, `spec` everything else.
    """

    task: str
    start: Adapter | None
    folder: Path
    seed: int
    spec: ReinforceSpec
    tuning: FinetuneSpec


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its interval: mean over students, bootstrap limits at `level`."""

    mean: float
    low: float
    high: float
    level: float = 0.95
    n: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the planned prompts. `planned = kept + rejected + failed` always holds."""

    planned: int
    kept: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0

    def __post_init__(self) -> None:
        if self.planned != self.kept + sum(self.rejected.values()) + self.failed:
            raise ValueError(f"{self.planned} planned is not {self.kept} kept + {sum(self.rejected.values())} rejected + {self.failed} failed")


Outcome = Sample | Rejection | Failure


@dataclass(frozen=True, slots=True)
class Attempt:
    """A prompt together with what its draft became: what a reward receives, so that a row's score can depend on no other row's place."""

    prompt: Prompt
    outcome: Outcome


Measurement = Score | Unscored
Answers = Sequence[Draft | Failure]


@dataclass(frozen=True, slots=True)
class Point:
    """A number that trackers draw over `step`, whose meaning goes with the name: a training step, a task's place, or how many steps of the run are finished."""

    name: str
    step: int
    value: float


@dataclass(frozen=True, slots=True)
class Milestone:
    """What a finished step of a run tells trackers: its `number` in the order in which steps were finished, from 1, its key in the ledger, and when that was."""

    number: int
    key: str
    at: datetime
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Tracked:
    """A run as trackers know it: an id that goes with its folder, the project that it belongs to, its name, and its settings without anything private."""

    id: str
    project: str
    name: str
    settings: Mapping[str, str | int | float | bool]
