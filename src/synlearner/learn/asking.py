"""Asking a generator that takes more while it answers: in slices, corrections at once, and without waiting for the last ones.

The first request leaves when the first slice of prompts is made and in the ledger, and each further one when few
prompts are left to ask. A rejected answer is corrected as soon as it is read. A step ends when all that is still open has to wait for long (a server
that wants to be left alone, a request that ran into its timeout) and is little: those prompts are *late*. They are asked on
while the step is judged, end in it as `POSTPONED`, and belong to the next step, which gets their answers. So refilling never waits for stragglers.

What was decided is in the ledger before anything follows from it: a continued run finds the same prompts late, and asks what has no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

from synlearner.errors import Interrupted
from synlearner.generate.parsing import complaint, correctable, parse
from synlearner.learn.desk import Desk
from synlearner.learn.recorded import RecordedPrompts
from synlearner.protocols import Generator, Talk, Talking
from synlearner.records import Draft, Failure, Outcome, Prompt, Rejection, Turn
from synlearner.store.ledger import POSTPONED
from synlearner.stream.tasks import Task

# Prompts that are made at a time (answers wait meanwhile), how many are asked ahead of their answers, and the share of a step's prompts that may be late.
SLICE, AHEAD, LATE = 16, 256, 0.2


@dataclass(frozen=True, slots=True)
class Late:
    """A prompt that its step did not wait for, with its first answer where that is being corrected."""

    prompt: Prompt
    first: Draft | None


Keeper = Callable[[Turn, Draft | Failure], None]


class Conversation:
    """What is under way at a generator, over the steps of a data set: turns by the id of their prompt.

    While a step listens, it keeps answers when they come, and requests do not wait for its reading. What comes between two steps waits for the next one.
    """

    def __init__(self, generator: Talking) -> None:
        self._generator = generator
        self._talk: Talk | None = None
        self.turns: dict[str, Turn] = {}
        self._lock = Lock()
        self._keeper: Keeper | None = None
        self._kept: set[str] = set()

    def ask(self, turns: Sequence[Turn]) -> None:
        """Have more turns answered."""
        if not turns:
            return
        if self._talk is None:
            self._talk = self._generator.talk(self._keep)
            self._answers = iter(self._talk)
        keys = [t.prompt.id for t in turns]
        self.turns.update(zip(keys, turns, strict=True))
        self._talk.ask(keys, [[t] for t in turns])

    @contextmanager
    def heard_by(self, keeper: Keeper) -> Iterator[None]:
        """While a step listens."""
        self._keeper = keeper
        try:
            yield
        finally:
            with self._lock:
                self._keeper = None

    def still(self) -> bool:
        """Whether all that was kept has been read; then nothing more is kept for this step."""
        with self._lock:
            if not self._kept:
                self._keeper = None
            return not self._kept

    def _keep(self, key: str, answers: list[Draft | Failure]) -> bool:
        with self._lock:
            if self._keeper is None:
                return False
            self._keeper(self.turns[key], answers[0])
            self._kept.add(key)
            return True

    def next(self) -> tuple[Turn, Draft | Failure | None, bool]:
        """A turn with its answer, and whether that was kept; None for one that has to wait. Raises what the generator raises; then nothing is under way."""
        key, answers = next(self._answers)
        if not answers:
            return self.turns[key], None, False
        with self._lock:
            kept = key in self._kept
            self._kept.discard(key)
            return self.turns.pop(key), answers[0], kept

    def again(self) -> None:
        """Ask everything once more that has no answer."""
        self.close()
        self.ask(list(self.turns.values()))

    def close(self) -> None:
        """Call off what is under way."""
        if self._talk is not None:
            self._talk.close()
            self._talk = None


@contextmanager
def conversing(generator: Generator) -> Iterator[Conversation | None]:
    """A conversation with a generator that can have one; whatever is under way in the end is called off."""
    found = Conversation(generator) if isinstance(generator, Talking) else None
    try:
        yield found
    finally:
        if found:
            found.close()


@dataclass
class Step:
    """One step's part in a conversation. `late` are prompts that the step before left, `fresh` is how many are new; `carry` allows this one to leave some.

    After `run`, `prompts` has all of the step in their order, the late ones first, `outcomes` what became of them by id, and `left` what the next step gets.
    """

    desk: Desk
    task: Task
    key: str
    talk: Conversation
    late: Sequence[Late]
    fresh: int
    correct: bool
    carry: bool
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    left: list[Late] = field(default_factory=list)
    prompts: RecordedPrompts = field(init=False)

    def __post_init__(self) -> None:
        self.prompts = RecordedPrompts(self.desk.ledger)

    def run(self, fresh: Iterator[Prompt]) -> None:
        """Have everything answered that the ledger has no answers for."""
        self._numbers = {item.prompt.id: -1 - i for i, item in enumerate(self.late)}
        self._judged = self.desk.ledger.judged(self.key)
        self._recorded: list[Mapping[str, Draft | Failure]] = [self.desk.ledger.answers(self.key, turn) for turn in (0, 1)]
        self._first: dict[str, tuple[Draft, Rejection]] = {}
        self._asked: list[Turn] = []
        # What is under way already has to wait for long, and is waited for where there is nothing else.
        self._waiting = set(self.talk.turns) if self.fresh else set[str]()
        self._begin()
        with self.desk.writing(), self.talk.heard_by(self._keep):
            self._converse(fresh)
        # In the order of the prompts, whether they were left now or in an earlier session: the next step's key depends on it.
        under_way = {i: Late(turn.prompt, self._first[i][0] if i in self._first else None) for i, turn in self.talk.turns.items()}
        found = under_way | {item.prompt.id: item for item in self.left}
        self.left = [found[i] for i in self.prompts if i in found]
        self.outcomes |= {i: Failure(i, 0, POSTPONED) for i in found}

    def _begin(self) -> None:
        self._add([item.prompt for item in self.late])
        for item in self.late:
            if item.first is None:
                self._meet(item.prompt)
            elif not self._postponed(item.prompt, item.first):
                self._take(item.prompt, item.first)

    def _converse(self, fresh: Iterator[Prompt]) -> None:
        more = self.fresh > 0
        while True:
            while more and len(self.talk.turns) - len(self._waiting) < AHEAD:
                more = self._slice(fresh)
            self._send()
            if (not self.talk.turns or (not more and self._enough())) and self.talk.still():
                return
            self._hear()

    def _slice(self, fresh: Iterator[Prompt]) -> bool:
        """Make, record and ask the next prompts; whether there were any."""
        made = list(islice(fresh, SLICE))
        self._add(made)
        for prompt in made:
            self._meet(prompt)
        self._send()
        return bool(made)

    def _add(self, prompts: Sequence[Prompt]) -> None:
        self.desk.ledger.add_prompts(self.key, prompts, first=len(self.prompts))
        self.prompts.add(self.key, [p.id for p in prompts])

    def _meet(self, prompt: Prompt) -> None:
        """Take a prompt's answer from the ledger, or ask."""
        answer = self._recorded[0].get(prompt.id)
        if self._postponed(prompt, answer if isinstance(answer, Draft) else None):
            return
        if answer is not None:
            self.desk.progress.advance(1)
            self._take(prompt, answer)
        elif prompt.id not in self.talk.turns:
            self._asked.append(Turn(prompt))

    def _postponed(self, prompt: Prompt, first: Draft | None) -> bool:
        """Whether the step was judged without this prompt, which is then left to the next one."""
        if self._judged is None or prompt.id not in self._judged:
            return False
        self.left.append(Late(prompt, first))
        return True

    def _take(self, prompt: Prompt, answer: Draft | Failure) -> None:
        found = parse(self.task, prompt, answer) if isinstance(answer, Draft) else answer
        if self.correct and answer.turn == 0 and isinstance(answer, Draft) and isinstance(found, Rejection) and correctable(found):
            self._correct(prompt, answer, found)
            return
        first = self._first.pop(prompt.id, None)
        # A failed correction leaves the first verdict: the reason why the row is missing is still the bad answer.
        self.outcomes[prompt.id] = first[1] if first and isinstance(found, Failure) else found

    def _correct(self, prompt: Prompt, answer: Draft, found: Rejection) -> None:
        self._first[prompt.id] = answer, found
        if (again := self._recorded[1].get(prompt.id)) is not None:
            self._take(prompt, again)
        elif prompt.id not in self.talk.turns:
            self._asked.append(Turn(prompt, found.raw, complaint(self.task, prompt, found)))

    def _send(self) -> None:
        if self._asked:
            self.desk.check_budget(tokens=False)
            self.talk.ask(self._asked)
            self._asked = []

    def _hear(self) -> None:
        """The next answer, or that one has to wait; where a cap keeps a request only because others set more aside than they took, all are asked again."""
        try:
            turn, answer, kept = self.talk.next()
        except Interrupted as stop:
            if not self.desk.goes_on(stop):
                raise
            self._waiting.clear()
            self.talk.again()
            return
        if answer is None:
            self._waiting.add(turn.prompt.id)
            return
        if not kept:
            self._keep(turn, answer)
        self._waiting.discard(turn.prompt.id)
        self.desk.progress.advance(int(turn.number == 0))
        self.desk.check_budget(tokens=False)
        self._take(turn.prompt, answer)

    def _keep(self, turn: Turn, answer: Draft | Failure) -> None:
        """An answer into the ledger, from whichever thread it comes."""
        self.desk.keep_unit(self.key, turn.number, self._numbers.get(turn.prompt.id, turn.prompt.index), [answer], local=False)

    def _enough(self) -> bool:
        """Whether all that is open is late, and little of what was to be done here."""
        if not self.carry or len(self._waiting) < len(self.talk.turns):
            return False
        open_here = [i for i in self._waiting if not (self.fresh and i in self._numbers)]
        return len(open_here) <= LATE * (self.fresh or len(self.late))
