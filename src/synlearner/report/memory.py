"""What a memory holds, for the terminal: tasks, lessons with their standing, values that paid off, one lesson with where it comes from, and what two memories
do not share. Remembered texts may come from a model or from somebody else's file: they are shown, and drive no terminal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.errors import SpecError
from synlearner.experience.memory import Item, Memory, State, tombstones
from synlearner.report.console import visible
from synlearner.report.recalled import LEVEL, credible, shared_place
from synlearner.report.words import share
from synlearner.store.ledger import FILE as LEDGER
from synlearner.store.ledger import Ledger
from synlearner.store.memory import SERVERS, Event

if TYPE_CHECKING:
    from rich.table import Table


def place_of(name: str) -> str:
    """Where the memory lies that a name means: a run folder whose memory is elsewhere (`memory.path`) means that one, everything else itself."""
    folder = Path(name).expanduser()
    if name.startswith(SERVERS) or not (folder / LEDGER).exists():
        return name
    with Ledger.open(folder, read_only=True) as ledger:
        settings = ledger.settings()
    return shared_place(settings) or name


def memory_text(memory: Memory) -> str:
    """Sizes, task by task, in words."""
    state = memory.state
    tries = Counter(e.task for e in state.episodes)
    good = Counter(e.task for e in state.episodes if e.accepted)
    lines = [f"{memory.store.place}: {len(state.episodes)} episodes of {len(tries)} tasks, {len(state.lessons)} lessons"]
    lines += [f"  {name} ({key}): {tries[key]} episodes, {share(good[key] / tries[key])} accepted" for key, name in sorted(state.names.items(), key=lambda kn: kn[1]) if tries[key]]
    if state.broken:
        lines.append(f"  {state.broken} events could not be read and say nothing")
    return visible("\n".join(lines))


def lessons_table(state: State, *, every: bool) -> Table:
    """Lessons, the strongest first; without `every` only those that prompts may show."""
    table = _table("lesson", "strength", "standing", "events", "text")
    shown = [item for item in state.lessons if every or item.live]
    for item in sorted(shown, key=lambda i: (-i.strength, i.id)):
        standing = f"{item.standing}: {item.quarantine}" if item.quarantine else item.standing
        row = (item.id[:8], f"{item.strength:g}", standing, _counted(item), item.text)
        table.add_row(*(_safe(cell) for cell in row))
    return table


def values_table(state: State) -> Table:
    """Attribute values over all tasks: how often they were asked for, and the share that was accepted with its interval (Beta, even prior)."""
    tries, good = defaultdict[tuple[str, str], int](int), defaultdict[tuple[str, str], int](int)
    for e in state.episodes:
        for pair in e.pattern.attributes.items():
            tries[pair] += 1
            good[pair] += e.accepted
    table = _table("dimension", "value", "prompts", "accepted", f"{share(LEVEL)} interval")
    pairs = sorted(tries, key=lambda p: (p[0], -good[p] / tries[p], p[1]))
    ends = zip(*credible([good[p] + 1 for p in pairs], [tries[p] - good[p] + 1 for p in pairs]), strict=True)
    for (d, v), (low, high) in zip(pairs, ends, strict=True):
        n, a = tries[d, v], good[d, v]
        table.add_row(_safe(d), _safe(v), str(n), share(a / n), f"{share(low)} to {share(high)}")
    return table


def lesson_text(state: State, name: str) -> str:
    """One lesson with every event about it: which run, task, step and prompts. Raises SpecError for an unknown id."""
    item = found(state, name)
    lines = [
        f"{item.id}: {item.text}",
        f"strength {item.strength:g} ({_counted(item)}); {item.standing}{f', as {item.quarantine}' if item.quarantine else ''}; said by {', '.join(item.by)}",
    ]
    for source in item.sources:
        prompts = f"prompts {', '.join(source['prompts'])}" if source["prompts"] else _fared(source)
        lines.append(f"  {source['kind']}: task {state.names.get(source['task'], source['task'])}, run {source['run']}, step {source['step']}, {prompts}")
    return visible("\n".join(lines))


def _fared(source: Mapping[str, Any]) -> str:
    """How prompts with and without a lesson did, where the event says so."""
    shares = {side: found for side in ("with", "without") if isinstance(found := source.get(side), list) and len(found) == 2}
    return ", ".join(f"accepted {good} of {n} prompts {side} it" for side, (n, good) in shares.items()) or "no prompts"


def _counted(item: Item) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in item.counts.items() if n)


def found(state: State, name: str) -> Item:
    """The lesson whose id begins so."""
    matching = [item for item in state.lessons if item.id.startswith(name)] if name else []
    if len(matching) != 1:
        raise SpecError(f"{len(matching)} lessons have an id that begins with {name!r}", "take the id of one from `synlearner memory list MEMORY --all`")
    return matching[0]


def difference_lines(one: Memory, other: Memory) -> Iterator[str]:
    """What is in one memory and not in the other, and lessons that stand otherwise."""
    sides = ((one, other), (other, one))
    for here, there in sides:
        known = {e.id for e in there.events}
        only = [e for e in here.events if e.id not in known]
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(Counter(e.kind for e in only).items()))
        yield f"only in {here.store.place}: {kinds or 'nothing'}"
    lessons, others = ({i.id: i for i in m.state.lessons} for m in (one, other))
    for name in sorted({*lessons, *others}):
        left, right = (_standing(side.get(name)) for side in (lessons, others))
        if left != right:
            yield visible(f"  {name}: {left} | {right}: {(lessons.get(name) or others[name]).text}")


def _standing(item: Item | None) -> str:
    return f"{item.standing} {item.strength:g}" if item else "not there"


def to_forget(memory: Memory, *, lesson: str, task: str, run: str) -> list[Event]:
    """The tombstones of what is to be forgotten. `lesson` is the beginning of an id, `task` a name or key. Raises SpecError where nothing is meant."""
    state = memory.state
    name = found(state, lesson).id if lesson else ""
    keys: Sequence[str] = [key for key, called in state.names.items() if task in (key, called)] or [task]
    made = {e.id: e for key in keys for e in tombstones(memory.events, lesson=name, task=key, run=run)}
    if not made:
        raise SpecError("nothing in the memory is meant by that", "name a lesson, --task or --run as `synlearner memory list` and `memory show` have them")
    return list(made.values())


def _safe(cell: str) -> str:
    from rich.markup import escape

    return escape(visible(cell))


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
