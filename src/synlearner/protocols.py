"""The sockets. Whatever fits one of these can be named in a run's TOML; see `registry` for how it is found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from synlearner.records import (
    Adapter,
    Attempt,
    Course,
    Critique,
    Draft,
    Failure,
    LastLayer,
    Lesson,
    Measurement,
    Milestone,
    Picked,
    Preference,
    Prompt,
    Row,
    Sample,
    Tracked,
    Turn,
    Unscored,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synlearner.stream.specs import FinetuneSpec


@runtime_checkable
class Generator(Protocol):
    """Writes drafts. `identity` names model, revision and sampling: it is part of every step's key.

    `unit` is the number of turns that must be generated together to be generated the same again (a batch for local models, 1 for
    endpoints). `write` takes units and yields each unit's answers as it is finished, in any order, as (unit number, answers); the
    answers of a unit are in the order of its turns. It never raises for a single bad answer: that is a `Failure`.
    """

    identity: str
    unit: int

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[tuple[int, list[Draft | Failure]]]: ...

    def close(self) -> None: ...


@runtime_checkable
class Checking(Protocol):
    """A factory that can refuse its settings before it is called. Any factory of a generator, student or embedder may have this.

    `check` gets what the factory gets. It loads nothing, asks no server, and raises `SpecError` with the field, so that
    `synlearner check` can tell what a run would stumble over.
    """

    def check(self, settings: Any, /) -> None: ...


@runtime_checkable
class Tuner(Protocol):
    """A generator that can learn. `use(None)` returns to the base model."""

    def use(self, adapter: Adapter | None) -> None: ...

    def finetune(self, lessons: Sequence[Lesson], *, start: Adapter | None, folder: Path, task: str, seed: int, spec: FinetuneSpec) -> Adapter:
        """Learn the lessons from `start` (None: from the base) and save into `folder`, the manifest last. Of each lesson, only what its `learnt` says."""
        ...

    def merge(self, adapters: Sequence[Adapter], *, weights: Sequence[float], folder: Path, task: str) -> Adapter:
        """Save the weighted mean of what the adapters change into `folder`, the manifest last. What weights lack to 1 is the share of `use(None)`."""
        ...


# Places of prompts and what was written for each, with the share of the training that is done: an advantage for each draft, not-a-number
# where nothing was measured, and numbers to log.
Judge = Callable[[Sequence[int], Sequence[str], float], tuple[Sequence[float], Mapping[str, float]]]
# A step's number, its drafts and the seconds that they took.
Record = Callable[[int, Sequence[Draft], float], None]


@runtime_checkable
class Reinforcer(Protocol):
    """A tuner that also learns from rewards. Folders are as those of `finetune`."""

    def reinforce(self, prompts: Sequence[Prompt], judge: Judge, course: Course, *, judge_identity: str, record: Record) -> Adapter:
        """`spec.prompts` of the prompts in turn, `spec.completions` drafts of each, judged as one batch; `judge_identity` names everything that
        the judge's verdicts depend on. A killed training goes on where it was.
        """
        ...

    def prefer(self, pairs: Sequence[Preference], course: Course) -> Adapter:
        """Learn which of two answers is better."""
        ...


class Purse(Protocol):
    """What a run may spend on requests, wherever they come from: writing, judging, retries. Safe to call from any thread."""

    def reserve(self, model: str, tokens_in: int, tokens_out: int) -> None:
        """Set aside one request of about `tokens_in` tokens and at most `tokens_out`. Raises `Interrupted` where a hard cap would be passed."""
        ...

    def sure(self) -> None:
        """Return when everything that was reserved so far is written down. A request leaves only after that."""
        ...

    def settle(self, model: str, tokens_in: int, tokens_out: int, *, used_in: int | None, used_out: int | None, outcome: str) -> None:
        """What a reserved request really used, as the server told it (None: it did not), and in one word how it ended."""
        ...


class Responses(Protocol):
    """Replies that were paid for once, by the hash of the request. Shared by runs; safe to call from any thread."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, reply: bytes) -> None: ...


@runtime_checkable
class Noting(Protocol):
    """Responses that also remember for a while how servers want to be asked: a line of words under a hash."""

    def noted(self, key: str) -> str:
        """What was noted last; "" where that is too long ago, or nothing was."""
        ...

    def note(self, key: str, words: str) -> None: ...


@runtime_checkable
class Wired(Protocol):
    """A generator or judge that asks a server: it pays from the run's purse and looks into the cache first."""

    def wire(self, purse: Purse, responses: Responses | None) -> None: ...


@runtime_checkable
class Likely(Protocol):
    """A generator that can tell how likely it found what it wrote; `logprobs`: whether it was asked to, so that a draft without `logprob` lacks one."""

    @property
    def logprobs(self) -> bool: ...


class Talk(Protocol):
    """Units in, answers out, both as they come: (key, answers), in any order, the key being whatever the asker knows the unit by.

    No answers: the unit has to wait for long, and its answers come later. Raises what `write` would raise, after the answers that came before.
    """

    def ask(self, keys: Sequence[str], units: Sequence[Sequence[Turn]]) -> None: ...

    def __iter__(self) -> Iterator[tuple[str, list[Draft | Failure]]]: ...

    def close(self) -> None:
        """Call off what is under way."""
        ...


@runtime_checkable
class Talking(Protocol):
    """A `Wired` generator of unit 1 that can be asked more while it answers."""

    def talk(self, keep: Callable[[str, list[Draft | Failure]], bool]) -> Talk:
        """`keep` gets each unit's answers as they come, in any thread but one at a time, before they are read. Where it has kept them the unit counts as
        ended, and another one may leave in its place; what it raises ends the talk.
        """
        ...


Level = Literal["gate", "sample", "set"]


class Fitted(Protocol):
    """A trained student. Columns of `proba` follow `labels`."""

    labels: tuple[str, ...]

    def proba(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Shape (rows, labels); rows sum to one."""
        ...


@runtime_checkable
class Student(Protocol):
    """A recipe for a fresh student: same rows and seed, same student. `identity` names recipe and model.

    `deterministic`: every seed gives the same student, so that training it once says all. Its factory may have `gives`, a tuple of what it can
    give back: `"labels"` (which is meant where nothing is said) or `"answers"`, see `OpenStudent`.
    """

    identity: str
    deterministic: bool

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> Fitted: ...


class FittedAnswers(Protocol):
    """A trained student of an open kind."""

    def answer(self, rows: Sequence[Row]) -> Sequence[str]:
        """An answer for each row; the rows come without theirs."""
        ...


@runtime_checkable
class OpenStudent(Protocol):
    """A `Student` for kinds without labels. Its factory has `gives = ("answers",)`; `labels` is empty."""

    identity: str
    deterministic: bool

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> FittedAnswers: ...


@runtime_checkable
class Embedder(Protocol):
    """Unit vectors for texts: float32, shape (texts, width)."""

    identity: str

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@runtime_checkable
class Verifier(Protocol):
    """Judges a label from the text alone: for each sample the probability of its label, in 0..1."""

    name: str

    def verify(self, samples: Sequence[Sample]) -> list[Measurement]: ...


@runtime_checkable
class Reward(Protocol):
    """A number for every attempt, within `bounds`, or Unscored where it could not be measured.

    `level`: "gate" (is there a record at all), "sample" (what one record is worth) or "set" (what it adds to the others of the batch).
    Permuting the attempts permutes the scores.
    """

    name: str
    level: Level
    bounds: tuple[float, float]

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]: ...


class Panel(Protocol):
    """One or several judges that read samples. `identity` names everything that their word depends on; what they score below `threshold` is marked or dropped, as `use` says."""

    @property
    def identity(self) -> str: ...

    @property
    def use(self) -> Literal["annotate", "drop", "off"]: ...

    @property
    def threshold(self) -> float: ...

    def judge(self, samples: Sequence[Sample]) -> list[tuple[Measurement, str]]:
        """For each sample the probability that people accept it, in 0..1, or why nobody can tell, and a critique in words ("" without one)."""
        ...


@runtime_checkable
class Keyed(Protocol):
    """A fitted student that knows which one it is: equal `key`, equal answers. What is measured under it may be kept."""

    key: str


@runtime_checkable
class Headed(Protocol):
    """A fitted classifier whose last layer can be looked at: enough for gradients, gradient embeddings and influence in closed form."""

    def last_layer(self, rows: Sequence[Row]) -> LastLayer: ...


@runtime_checkable
class Doubting(Protocol):
    """A fitted classifier that can disagree with itself: a few members that learnt from other draws of the training rows, or that dropout makes."""

    def committee(self, rows: Sequence[Row]) -> Iterator[NDArray[np.float64]]:
        """The probabilities of one member after the other, each (rows, labels); members are the same in every call."""
        ...


@runtime_checkable
class Graded(Protocol):
    """A fitted network that tells how strongly each row would move it, without a backward pass for each. A row's loss is the mean over its answer's tokens.

    What could not be told of a row is not-a-number.
    """

    def gradient_norms(self, rows: Sequence[Row], over: Literal["part", "all"]) -> NDArray[np.float64]:
        """L2 norms of the gradient of each row's loss: over its adapter, or without one the last layer ("part"), or over all weights; shape (rows,)."""
        ...

    def gradient_products(self, rows: Sequence[Row], dev: Sequence[Row]) -> NDArray[np.float64]:
        """Of each row, the product of its gradient with the mean gradient of `dev`, over the weights that would learn; shape (rows,)."""
        ...

    def losses_after(self, rows: Sequence[Row], dev: Sequence[Row], rate: float) -> NDArray[np.float64]:
        """By how much the mean loss on `dev` falls after one step of size `rate` on each row alone, shape (rows,). A backward pass and a look at `dev` for each row."""
        ...


@runtime_checkable
class Speaking(Protocol):
    """A fitted language model: its answers are tokens."""

    def losses(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Negative log-likelihood of each row's label or answer given its text, per token; shape (rows,); not-a-number where it does not fit."""
        ...

    def doubts(self, rows: Sequence[Row]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the model's own most likely answer, the mean margin between the two best tokens and the mean entropy of a token; each (rows,)."""
        ...

    def tries(self, rows: Sequence[Row], k: int, seed: int) -> list[list[str]]:
        """`k` sampled answers for each row."""
        ...


Learner = Fitted | FittedAnswers


@runtime_checkable
class Acquisition(Protocol):
    """What a row is worth to a student as it is now. `identity` names the function and everything that changes its numbers.

    `level` is "sample" where a row's score depends on that row alone, "set" where it depends on the rows that are scored with it. `bounds` are
    those of the values, None where there are none. Larger is better. Permuting the rows permutes the scores; what could not be
    measured, because there is no student or this one cannot tell, is Unscored with its reason. Functions that look at texts alone need no student.
    """

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str: ...

    @property
    def level(self) -> Level: ...

    @property
    def bounds(self) -> tuple[float, float] | None: ...

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]: ...


@runtime_checkable
class Picking(Protocol):
    """An acquisition function that also chooses sets: each row for what it adds to those that were chosen before it."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str: ...

    def pick(self, rows: Sequence[Row], student: Learner | None, n: int, *, seed: int) -> Picked:
        """At most `n` of the rows. Raises nothing for a row that cannot be measured: it is among `unscored`."""
        ...


@runtime_checkable
class Critic(Protocol):
    """Draws lessons from drafts: it compares accepted and rejected ones, first in words and then in a number (critique, then score: arXiv 2405.20850).

    `identity` names it and everything that its words depend on. Its sentences are data: they pass the same checks as any remembered text. Critiques of a score
    below a half are not kept, and where it fails it says so in an `Unscored`.
    """

    @property
    def identity(self) -> str: ...

    def critique(self, task: Any, accepted: Sequence[Attempt], rejected: Sequence[Attempt], *, seed: int) -> list[Critique | Unscored]: ...


class Progress(Protocol):
    """Told what is going on. The command line shows it; the default is silent."""

    def start(self, step: str, total: int) -> None: ...

    def advance(self, count: int = 1) -> None: ...

    def finish(self, note: str = "") -> None: ...

    def say(self, text: str) -> None: ...


@runtime_checkable
class Watching(Protocol):
    """A progress that also shows what is spent: it may ask for it in words at any time, given how many of how many answers of the step are there."""

    def watch(self, spending: Callable[[int, int], str]) -> None: ...


class Tracker(Protocol):
    """Where people watch runs. Its factory gets the run's folder for it, in which it keeps everything unless the user has told its library otherwise.

    `place` says in words where to look. Whatever it raises ends the tracking and never the run.
    """

    place: str

    def begin(self, run: Tracked) -> Collection[int]:
        """Begin the run or go on with it; numbers of the milestones that it has already."""
        ...

    def log(self, milestone: Milestone) -> None:
        """Keep a milestone that it does not have: whole, or when the process dies in it, so that the next one makes it whole."""
        ...

    def close(self) -> None:
        """Everything is told; nothing may be lost after this."""
        ...
