"""What a memory says: its events come in, tasks, episodes and lessons as they stand go out.

A lesson is a short sentence with counts. Events about it are ADD, AGREE, EDIT, REMOVE (ExpeL, arXiv 2308.10144) and `used`, which says how prompts that
showed it did beside prompts that did not. Its strength is a sum over events, and of edits the latest counts; so the same set of events says the same in
whatever order it was gathered, and memories of two machines can be put together in any way. A lesson of no strength is pruned: it is no longer shown.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.experience.poison import suspicion
from synlearner.records import Episode, Hint, Pattern
from synlearner.seeding import content_hash
from synlearner.store.memory import FORGET, Event, MemoryStore, forgetting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

# A lesson begins with a strength of 2; a use that did better adds to it, any other takes from it.
BEGIN, BETTER, DECAY = 1.0, 1.0, -0.5
MOST_HINTS = 5
LONGEST = 1.001
ABOUT_LESSONS = ("add", "agree", "edit", "remove", "used")
# Each of these holds the whole lesson, so that it stands as long as anybody still says it.
WITH_TEXT = ("add", "agree", "edit")


@dataclass(frozen=True, slots=True)
class Place:
    """A task as it was remembered: its key, its name, and its fingerprint by the embedder of that name."""

    key: str
    name: str
    embedder: str
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A lesson as it stands. `counts` are events by kind, `sources` (task's key, run, step, prompts) of each, `clock` counts edits one after
    another; `quarantine` says why no prompt may show it.
    """

    id: str
    text: str
    strength: float
    counts: Mapping[str, int]
    tasks: tuple[str, ...]
    by: tuple[str, ...]
    sources: tuple[Mapping[str, Any], ...]
    clock: int = 0
    quarantine: str = ""

    @property
    def live(self) -> bool:
        """Whether a prompt may show it."""
        return self.strength > 0 and not self.quarantine

    @property
    def standing(self) -> str:
        """In one word."""
        return "quarantined" if self.quarantine else "live" if self.live else "pruned"


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a memory says. `broken` counts events whose body is none of ours, which say nothing."""

    places: tuple[Place, ...] = ()
    episodes: tuple[Episode, ...] = ()
    lessons: tuple[Item, ...] = ()
    broken: int = 0

    @property
    def names(self) -> dict[str, str]:
        """Names of tasks by key."""
        return {p.key: p.name for p in self.places}


def fold(events: Iterable[Event]) -> State:
    """What a set of events says, in whatever order they come and however often."""
    unique = {e.id: e for e in events}
    forgotten = {e.body.get("event") for e in unique.values() if e.kind == FORGET}
    standing = [unique[i] for i in sorted(unique) if i not in forgotten]
    read: dict[str, list[Any]] = defaultdict(list)
    broken = 0
    for event in standing:
        try:
            read["lesson" if event.kind in ABOUT_LESSONS else event.kind].append(_READ[event.kind](event))
        except (KeyError, TypeError, ValueError):
            broken += event.kind != FORGET
    by_lesson: dict[str, list[Event]] = defaultdict(list)
    for event in read["lesson"]:
        by_lesson[event.body["lesson"]].append(event)
    lessons = (_item(name, about) for name, about in sorted(by_lesson.items()) if any(e.kind in WITH_TEXT for e in about))
    return State(tuple(read["task"]), _once(read["episode"]), tuple(lessons), broken)


def _once(episodes: Iterable[Episode]) -> tuple[Episode, ...]:
    """Attempts that two machines made alike count once, however long each took."""
    alike: dict[tuple[object, ...], Episode] = {}
    for e in episodes:
        alike.setdefault((e.run, e.step, e.prompt, e.accepted, e.reason, e.words, e.tokens_in, e.tokens_out), e)
    return tuple(alike.values())


def _item(name: str, events: Sequence[Event]) -> Item:
    counts = {kind: sum(e.kind == kind for e in events) for kind in ABOUT_LESSONS}
    worth = sum(BETTER if e.body["better"] else DECAY for e in events if e.kind == "used")
    strength = BEGIN + counts["add"] + counts["agree"] + counts["edit"] - counts["remove"] + worth
    # Of texts the one with the highest clock counts; of equal ones the event with the greatest name, as that is the same everywhere.
    clock, _, text = max((e.body["clock"], e.id, e.body["text"]) for e in events if e.kind in WITH_TEXT)
    said = [e for e in events if e.kind != "used"]
    sources = tuple({k: e.body[k] for k in ("task", "run", "step", "prompts", "with", "without") if k in e.body} | {"kind": e.kind} for e in events)
    tasks, by = (tuple(sorted({e.body[key] for e in said})) for key in ("task", "by"))
    return Item(name, text, strength, counts, tasks, by, sources, clock, suspicion(text))


# ── events ──────────────────────────────────────────────────────────────


def place_event(place: Place) -> Event:
    """A task and its fingerprint."""
    return Event("task", {"key": place.key, "name": place.name, "embedder": place.embedder, "vector": [round(x, 6) for x in place.vector]})


def episode_event(episode: Episode) -> Event:
    """A prompt and what came of it."""
    pattern = episode.pattern
    asked = {"label": pattern.label, "attributes": dict(pattern.attributes), "examples": list(pattern.examples), "hints": list(pattern.hints)}
    came = {"accepted": episode.accepted, "reason": episode.reason, "rewards": {k: round(v, 6) for k, v in episode.rewards.items()}, "words": episode.words}
    cost = {"tokens_in": episode.tokens_in, "tokens_out": episode.tokens_out, "seconds": round(episode.seconds, 3)}
    source = {"task": episode.task, "run": episode.run, "step": episode.step, "prompt": episode.prompt}
    return Event("episode", {**source, **asked, "adapter": pattern.adapter, "plan": pattern.plan, **came, "gain": episode.gain, **cost})


@dataclass(frozen=True, slots=True)
class Source:
    """Where a lesson comes from: the task's key, the run, the step, prompts that show it, and who says it."""

    task: str
    run: str
    step: str
    prompts: tuple[str, ...] = ()
    by: str = "statistics"

    @property
    def body(self) -> dict[str, Any]:
        return {"task": self.task, "run": self.run, "step": self.step, "prompts": list(self.prompts), "by": self.by}


def lesson_id(claim: str) -> str:
    """The name of what a lesson claims; for a sentence of a judge, the sentence without regard to case and space."""
    return content_hash(["lesson", " ".join(claim.casefold().split())])


def said(known: Mapping[str, Item], claim: str, text: str, source: Source, *, against: str = "") -> list[Event]:
    """The events of saying a lesson: ADD where nobody said it before, AGREE where it stands, EDIT where it stands with other words. What
    claims the contrary (`against`) is downvoted by REMOVE.
    """
    name, rival = lesson_id(claim), lesson_id(against) if against else ""
    events = [Event("remove", {"lesson": rival, **source.body})] if rival in known and known[rival].strength > 0 else []
    item = known.get(name)
    if item is None:
        return [*events, Event("add", {"lesson": name, "text": text, "clock": 0, **source.body})]
    if item.text == text:
        return [*events, Event("agree", {"lesson": name, "text": text, "clock": item.clock, **source.body})]
    return [*events, Event("edit", {"lesson": name, "text": text, "clock": item.clock + 1, **source.body})]


def tombstones(events: Iterable[Event], *, lesson: str = "", task: str = "", run: str = "") -> list[Event]:
    """What makes a memory forget a lesson, or everything of a task (by key) or of a run."""
    asked = {k: v for k, v in (("lesson", lesson), ("task", task), ("run", run)) if v}

    def meant(event: Event) -> bool:
        own = {**event.body, "task": event.body.get("key")} if event.kind == "task" else event.body
        return event.kind != FORGET and all(own.get(k) == v for k, v in asked.items())

    return [forgetting(e.id) for e in events if asked and meant(e)]


def _text(body: Mapping[str, Any], *names: str) -> list[str]:
    if not all(isinstance(body[n], str) for n in names):
        raise TypeError(f"not all of {names} are texts")
    return [body[n] for n in names]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _place(event: Event) -> Place:
    key, name, embedder = _text(event.body, "key", "name", "embedder")
    vector = tuple(_number(x) for x in event.body["vector"])
    # A longer vector would be more similar to everything than anything honest.
    if math.hypot(*vector) > LONGEST:
        raise ValueError("a fingerprint has length one")
    return Place(key, name, embedder, vector)


def _episode(event: Event) -> Episode:
    b = event.body
    label, adapter, plan, reason, task, run, step, prompt = _text(b, "label", "adapter", "plan", "reason", "task", "run", "step", "prompt")
    attributes = {str(k): str(v) for k, v in b["attributes"].items()}
    pattern = Pattern(label, attributes, tuple(b["examples"]), tuple(b["hints"]), adapter, plan)
    rewards = {str(k): _number(v) for k, v in b["rewards"].items()}
    words, gain = None if b["words"] is None else int(_number(b["words"])), None if b["gain"] is None else _number(b["gain"])
    cost = int(_number(b["tokens_in"])), int(_number(b["tokens_out"])), _number(b["seconds"])
    return Episode(task, run, step, prompt, pattern, bool(b["accepted"]), reason, rewards, words, gain, *cost)


def _about_lesson(event: Event) -> Event:
    """The event, if nothing is missing in it."""
    _text(event.body, "lesson", "task", "run", "step", *(("by",) if event.kind != "used" else ()), *(("text",) if event.kind in WITH_TEXT else ()))
    if event.kind in WITH_TEXT and not isinstance(event.body["clock"], int):
        raise TypeError("the clock is no whole number")
    if not isinstance(event.body["prompts"], list) or (event.kind == "used" and not isinstance(event.body["better"], bool)):
        raise TypeError("prompts are no list, or nobody knows whether they did better")
    return event


_READ: Mapping[str, Callable[[Event], Any]] = {"task": _place, "episode": _episode, **dict.fromkeys(ABOUT_LESSONS, _about_lesson)}


class Memory:
    """A memory that is open: the store and what it says, which is read again when somebody changed it."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self._read: tuple[tuple[int, int], list[Event], State] | None = None

    @classmethod
    def open(cls, place: str | Path, *, new: bool = True) -> Memory:
        """The memory at a place, as `MemoryStore.open` has it."""
        return cls(MemoryStore.open(place, new=new))

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def _now(self) -> tuple[list[Event], State]:
        mark = self.store.state()
        if self._read is None or self._read[0] != mark:
            events = self.store.events()
            self._read = (mark, events, fold(events))
        return self._read[1:]

    @property
    def events(self) -> list[Event]:
        return self._now()[0]

    @property
    def state(self) -> State:
        return self._now()[1]

    def add(self, events: Iterable[Event]) -> int:
        """Add events; how many were new."""
        return self.store.add(events)


# ── retrieval ───────────────────────────────────────────────────────────


@dataclass(slots=True)
class Index:
    """Lessons that prompts may show, by the tasks that they come from; made once for a state and asked often.

    `tasks` is (tasks, width); `lesson` and `row` (pairs,) say which lesson comes from which task, `strength` (pairs,) what it weighs.
    """

    hints: list[Hint] = field(default_factory=list)
    tasks: Any = None
    lesson: Any = None
    row: Any = None
    strength: Any = None

    @classmethod
    def of(cls, state: State, embedder: str, width: int) -> Index:
        """The live lessons of tasks whose fingerprints that embedder made, of so many numbers."""
        import numpy as np

        places = {p.key: p.vector for p in state.places if p.embedder == embedder and len(p.vector) == width}
        rows = {key: i for i, key in enumerate(places)}
        live = [item for item in state.lessons if item.live]
        pairs = [(i, rows[t], item.strength) for i, item in enumerate(live) for t in item.tasks if t in rows]
        if not pairs:
            return cls()
        lesson, row, strength = (np.array(column) for column in zip(*pairs, strict=True))
        tasks = np.array(list(places.values()), dtype=np.float32)
        return cls([Hint(item.id, item.text) for item in live], tasks, lesson, row, (strength / (strength + 2)).astype(np.float32))

    def nearest(self, vector: Vector, most: int = MOST_HINTS) -> list[Hint]:
        """At most so many lessons, by cosine of the tasks times s / (s + 2) of the strength s; none of a task that is not similar at all."""
        import numpy as np

        if not self.hints or most < 1:
            return []
        worth = (self.tasks @ np.asarray(vector, dtype=np.float32))[self.row] * self.strength
        # A lesson may come from several tasks: enough pairs are looked at for the best lessons to be among them.
        look, found = most * 4, dict[int, None]()
        while True:
            look = min(look, len(worth))
            top = np.argpartition(-worth, look - 1)[:look]
            order = sorted(top.tolist(), key=lambda p: (-float(worth[p]), self.hints[int(self.lesson[p])].id))
            found = dict.fromkeys(int(self.lesson[p]) for p in order if worth[p] > 0)
            if len(found) >= most or look == len(worth):
                return [self.hints[i] for i in list(found)[:most]]
            look *= 4
