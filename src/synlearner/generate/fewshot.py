"""Few-shot rows: a plan and the seed rows come in, the examples of each prompt go out.

A share of a prompt's examples (half, unless asked otherwise) has its label, the others are spread over the other labels. Every row is used about equally often,
neighbouring prompts show different rows, and the rows of one prompt are far from each other (word overlap). Long rows give way to
shorter ones, so that prompts stay readable for a small model.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from synlearner.generate.plans import Assignment
from synlearner.records import Row
from synlearner.seeding import rng
from synlearner.stream.tasks import Task
from synlearner.stream.texts import normal_text, word_count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ELLIPSIS = "…"
# Rows that are ordered against each other; more rows of a label are ordered in groups.
_GROUP = 256
# Different orders that are prepared for a label at most, and the steps that all labels' orders may take together.
_ORDERS = 64
_STEPS = 60_000
# How often a set of rows that the label has shown before is changed for another one.
_RETRIES = 6
# How many earlier rows a row is kept away from in an order.
_WINDOW = 4


def choose(task: Task, assignments: Sequence[Assignment], k: int, *, seed: int, own: float = 0.5, max_words: int = 60) -> list[tuple[Row, ...]]:
    """Up to `k` seed rows for each assignment, shuffled; fewer where there are fewer seeds. The share `own` of them has its label.

    Rows of more than `max_words` words are left out where their label has shorter ones; where it has none they are cut at a word
    with an ellipsis (the row's id stays). The same arguments give the same rows.
    """
    decks = _decks(task, len(assignments) * k, seed, max_words)
    if k == 0 or not decks:
        return [()] * len(assignments)
    others = {label: _Turns({o: len(d.rows) for o, d in decks.items() if o != label}, rng(seed, "fewshot", "others", label)) for label in {a.label for a in assignments}}
    shuffle = rng(seed, "fewshot", "shuffle", task.name)
    chosen: list[tuple[Row, ...]] = []
    for assignment in assignments:
        rows = _examples(assignment.label if task.kind.closed else "", k, own, decks, others[assignment.label])
        shuffle.shuffle(rows)
        chosen.append(tuple(rows))
    return chosen


def ending_with(examples: Sequence[Sequence[Row]], rows: Sequence[Row | None], k: int, *, max_words: int = 60) -> list[tuple[Row, ...]]:
    """Each prompt's examples with the row that it is written around as the last of at most `k`, at least that one; None leaves a prompt as it is.

    Of the others, one with the row's label gives way, so that the shares of labels stay. Long rows are cut as in `choose`.
    """
    return [tuple(shown) if row is None else _with(list(shown), row, max(1, k), max_words) for shown, row in zip(examples, rows, strict=True)]


def _with(shown: list[Row], row: Row, k: int, max_words: int) -> tuple[Row, ...]:
    others = [r for r in shown if r.id != row.id]
    while len(others) > k - 1:
        del others[next((i for i, r in enumerate(others) if r.label == row.label), 0)]
    return (*others, shorten(row, max_words))


def shorten(row: Row, max_words: int) -> Row:
    """A row of at most about `max_words` words: each field keeps its share and ends with an ellipsis where it was cut."""
    words = {name: text.split() for name, text in row.fields.items()}
    total = sum(map(len, words.values()))
    if total <= max_words:
        return row
    room = {name: max(1, max_words * len(w) // total) for name, w in words.items()}
    return replace(row, fields={name: row.fields[name] if len(w) <= room[name] else " ".join(w[: room[name]]) + ELLIPSIS for name, w in words.items()})


def _examples(label: str, k: int, share: float, decks: Mapping[str, _Deck], others: _Turns) -> list[Row]:
    """`k` different rows: a share of the label (rounded up), the rest one by one from the other labels in their turn."""
    own = decks.get(label)
    wanted = min(len(own.rows), math.ceil(k * share - 1e-9) if others.labels else k) if own else 0
    borrowed = k - wanted
    if borrowed > others.rows and own:
        wanted = min(len(own.rows), k - others.rows)
    rows = own.take(wanted) if own and wanted else []
    needed: dict[str, int] = {}
    while sum(needed.values()) < min(k - wanted, others.rows):
        other = others.next()
        needed[other] = min(needed.get(other, 0) + 1, len(decks[other].rows))
    for other, count in needed.items():
        rows += decks[other].take(count)
    return rows


class _Turns:
    """Labels in turn, each round in a new order; `rows` is how many they have together."""

    def __init__(self, sizes: Mapping[str, int], random: Random) -> None:
        self.labels, self.rows, self._random = tuple(sizes), sum(sizes.values()), random
        self._queue: deque[str] = deque()

    def next(self) -> str:
        if not self._queue:
            self._queue.extend(self._random.sample(self.labels, len(self.labels)))
        return self._queue.popleft()


@dataclass(slots=True)
class _Deck:
    """One label's rows, dealt round after round in prepared orders, so that each is used as often as any other."""

    rows: tuple[Row, ...]
    orders: Sequence[Sequence[int]]
    round: int = 0
    queue: deque[int] = field(default_factory=deque)
    shown: set[frozenset[int]] = field(default_factory=set)

    def take(self, count: int) -> list[Row]:
        """`count` different rows, if possible a set that was not shown before."""
        picked: list[int] = []
        while len(picked) < count:
            picked.append(self._draw(set(picked)))
        # A single row is no set: rows come back in turn.
        for _ in range(_RETRIES if 1 < count < len(self.rows) else 0):
            if frozenset(picked) not in self.shown:
                break
            self._exchange(picked)
        self.shown.add(frozenset(picked))
        return [self.rows[i] for i in picked]

    def _draw(self, avoid: set[int]) -> int:
        """The next row that is not to be avoided; rows that were passed over stay in front."""
        while True:
            for place, row in enumerate(self.queue):
                if row not in avoid:
                    del self.queue[place]
                    return row
            self._deal()

    def _deal(self) -> None:
        """Put the next round behind what is left: an order, begun at another place each time it comes round again."""
        order = self.orders[self.round % len(self.orders)]
        start = self.round // len(self.orders) % len(order)
        self.queue.extend([*order[start:], *order[:start]])
        self.round += 1

    def _exchange(self, picked: list[int]) -> None:
        """Give the last row back and take a later one for it."""
        back = picked.pop()
        picked.append(self._draw({*picked, back}))
        self.queue.appendleft(back)


def _decks(task: Task, uses: int, seed: int, max_words: int) -> dict[str, _Deck]:
    """A deck for each label that has seed rows; for kinds without labels one deck of all."""
    groups: dict[str, list[Row]] = {label: [] for label in (task.labels if task.kind.closed else ("",))}
    for row in task.seeds:
        groups[row.label if task.kind.closed else ""].append(row)
    fitting = {label: _fitting(rows, max_words) for label, rows in groups.items() if rows}
    total = sum(map(len, fitting.values()))
    # Roughly the rounds that each deck will be dealt, within the steps allowed.
    rounds = min(_ORDERS, 1 + uses // max(1, total), max(1, _STEPS // max(1, total)))
    return {label: _Deck(tuple(rows), _orders(rows, rounds, rng(seed, "fewshot", task.name, label))) for label, rows in fitting.items()}


def _fitting(rows: Sequence[Row], max_words: int) -> list[Row]:
    short = [r for r in rows if word_count(*r.fields.values()) <= max_words]
    return short or [shorten(r, max_words) for r in rows]


def _orders(rows: Sequence[Row], rounds: int, random: Random) -> list[list[int]]:
    """`rounds` orders of all rows in which neighbours are far apart."""
    orders: list[list[int]] = []
    tables: dict[tuple[int, ...], NDArray[np.float32]] = {}
    shuffled = random.sample(range(len(rows)), len(rows))
    groups = [tuple(shuffled[i : i + _GROUP]) for i in range(0, len(rows), _GROUP)]
    for _ in range(rounds):
        order: list[int] = []
        for group in random.sample(groups, len(groups)):
            if group not in tables:
                tables[group] = similarity([normal_text(*rows[i].fields.values()) for i in group])
            order += [group[p] for p in _spread(tables[group], random)]
        orders.append(order)
    return orders


def _spread(similar: NDArray[np.float32], random: Random) -> list[int]:
    """Positions in an order in which each is the least similar to the few before it; chance begins and breaks ties."""
    import numpy as np

    size = len(similar)
    jitter = np.random.default_rng(random.getrandbits(63)).random(size, dtype=np.float32) * 0.05
    free = np.zeros(size, dtype=np.float32)
    order = [random.randrange(size)]
    free[order[0]] = np.inf
    while len(order) < size:
        near = similar[order[-_WINDOW:]].max(axis=0)
        order.append(int((near + jitter + free).argmin()))
        free[order[-1]] = np.inf
    return order


def similarity(texts: Sequence[str]) -> NDArray[np.float32]:
    """Jaccard similarity of the word sets of texts, shape (texts, texts), in 0..1."""
    import numpy as np

    words = [set(t.split()) for t in texts]
    column = {w: i for i, w in enumerate(sorted(set().union(*words)))}
    held = np.zeros((len(texts), len(column)), dtype=np.float32)
    for row, own in enumerate(words):
        held[row, [column[w] for w in own]] = 1.0
    both = held @ held.T
    sizes = held.sum(axis=1)
    either = sizes[:, None] + sizes[None, :] - both
    return np.asarray(both / np.maximum(either, 1.0), dtype=np.float32)
