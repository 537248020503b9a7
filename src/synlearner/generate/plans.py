"""Attribute plans: a task and numbers of prompts come in, that many assignments of label and attribute values go out.

Labels are asked for in turn, equally often or as often as somebody says; a plan fills in the attributes. `balanced` asks for every value
of every dimension equally often within a label, and for pairs of values of any two dimensions as evenly as it can. `uniform` draws
values independently, as the published reference does. A plan is found by name (socket "plan"): `learned` is one that experience makes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Protocol

from synlearner.registry import find
from synlearner.seeding import numpy_rng, rng
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Counts = NDArray[np.int32]

# Rows that are laid out against each other; longer labels are several such lanes, which are laid out side by side.
_LANE = 2048
# Evening out pairs afterwards: exchanges that are looked at together, over all lanes; how often each row gets a turn; and the most
# turns, so that a big plan, whose pairs are even enough by numbers, costs no more than a few seconds.
_TRIED = 1024
_SWEEPS = 4
_TURNS = 1500
# Cells of the pair counts that are held at most; plans with hundreds of values per dimension keep single values even, pairs are left to chance.
_CELLS = 30_000_000


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one prompt asks for: a label (empty for kinds without labels) and a value for each dimension of that label."""

    label: str
    attributes: Mapping[str, str]


class Plan(Protocol):
    """The socket "plan": one assignment for each of `labels`, in their order, the same for the same seed."""

    def __call__(self, task: Task, labels: Sequence[str], *, seed: int) -> list[Assignment]: ...


def design(task: Task, prompts: int | Mapping[str, int], *, plan: str | Plan = "balanced", seed: int) -> list[Assignment]:
    """A plan by its name, or one that was made already: of so many prompts in all, or of each label. Any beginning of it holds the labels about equally often,
    as long as they last.
    """
    quota = shares(task, prompts, seed=seed) if isinstance(prompts, int) else prompts
    if unknown := set(quota) - set(_labels(task)):
        raise ValueError(f"a plan for labels that the task does not have: {sorted(unknown)}")
    made: Plan = find("plan", plan) if isinstance(plan, str) else plan
    return made(task, _in_turn(quota, numpy_rng(seed, "plan", "order", task.name)), seed=seed)


def shares(task: Task, n: int, *, seed: int) -> dict[str, int]:
    """`n` divided among the labels (kinds without labels: all for the empty one) as equally as can be; who gets one more is drawn."""
    if n < 0:
        raise ValueError(f"a plan cannot have {n} prompts")
    labels = _labels(task)
    more = set(rng(seed, "plan", "shares", task.name).sample(labels, n % len(labels)))
    return {label: n // len(labels) + (label in more) for label in labels}


def uniform(task: Task, labels: Sequence[str], *, seed: int) -> list[Assignment]:
    """Independent uniform draws of every value."""
    draws, n = numpy_rng(seed, "plan", "uniform", task.name), len(labels)
    columns = {label: [(name, values, draws.integers(len(values), size=n)) for name, values in task.attributes_of(label).items()] for label in _labels(task)}
    return [Assignment(label, {name: values[picks[i]] for name, values, picks in columns[label]}) for i, label in enumerate(labels)]


def balanced(task: Task, labels: Sequence[str], *, seed: int) -> list[Assignment]:
    """Values and pairs of values as evenly as the numbers allow.

    Within a label the counts of a dimension's values differ by at most one, over all labels those of a shared dimension too. Pairs:
    rows are filled one by one with the value whose pairs are rarest so far, then values change places where that evens out pairs.
    """
    import numpy as np

    draws = numpy_rng(seed, "plan", "balanced", task.name)
    known, counts = _labels(task), Counter(labels)
    dimensions = [list(task.attributes_of(label).items()) for label in known]
    laid = _lay_out([[values for _, values in d] for d in dimensions], np.array([counts[label] for label in known]), draws)
    rows = {label: iter(laid[c]) for c, label in enumerate(known)}
    named = dict(zip(known, dimensions, strict=True))
    return [Assignment(label, {name: values[v] for (name, values), v in zip(named[label], next(rows[label]), strict=False)}) for label in labels]


def _labels(task: Task) -> tuple[str, ...]:
    return task.labels if task.kind.closed else ("",)


def _in_turn(quota: Mapping[str, int], draws: np.random.Generator) -> list[str]:
    """Labels as often as each may come: round after round of those that are left, each round in its own order."""
    import numpy as np

    names, counts = list(quota), np.array(list(quota.values()), dtype=np.int64)
    rounds = int(counts.max(initial=0))
    order = draws.permuted(np.tile(np.arange(len(names)), (rounds, 1)), axis=1)
    left = counts[order] > np.arange(rounds)[:, None]
    return [names[i] for i in order[left].tolist()]


def _lay_out(values: Sequence[Sequence[Sequence[str]]], counts: Ints, draws: np.random.Generator) -> list[list[list[int]]]:
    """Value numbers for each label: rows × dimensions. `values` holds each label's dimensions' values."""
    lanes = _Lanes.cut([[len(v) for v in dims] for dims in values], counts)
    quotas = _quotas(values, counts, lanes, draws)
    for dimension in range(lanes.width):
        lanes.fill(dimension, quotas[dimension], draws)
    lanes.improve(draws)
    return lanes.by_label(len(values))


def _quotas(values: Sequence[Sequence[Sequence[str]]], counts: Ints, lanes: _Lanes, draws: np.random.Generator) -> list[Ints]:
    """For each dimension how often each lane may use each value, shape (lanes, most values)."""
    import numpy as np

    quotas = [np.zeros((len(lanes.label), lanes.most), dtype=np.int64) for _ in range(lanes.width)]
    # Shared dimensions are known by their place and values: what one label uses once more, the next one does not.
    used: dict[tuple[int, tuple[str, ...]], Ints] = {}
    for label, dims in enumerate(values):
        mine = np.flatnonzero(lanes.label == label)
        ends = np.cumsum(lanes.length[mine])[:-1]
        for d in range(lanes.width):
            own = tuple(dims[d]) if d < len(dims) else ("",)
            so_far = used.setdefault((d, own), np.zeros(len(own), dtype=np.int64))
            deal = _deal(len(own), int(counts[label]), so_far, draws)
            so_far += np.bincount(deal, minlength=len(own))
            for lane, part in zip(mine, np.split(deal, ends), strict=False):
                quotas[d][lane, : len(own)] = np.bincount(part, minlength=len(own))
    return quotas


def _deal(size: int, n: int, used: Ints, draws: np.random.Generator) -> Ints:
    """`n` value numbers as shuffled decks, shape (n,); the last, incomplete deck holds the values used least so far."""
    import numpy as np

    decks, rest = divmod(n, size)
    full = draws.permuted(np.tile(np.arange(size), (decks, 1)), axis=1).reshape(-1)
    least = np.lexsort((draws.random(size), used))[:rest]
    return np.concatenate([full, least])


@dataclass(slots=True)
class _Lanes:
    """Rows in lanes of equal width, worked on side by side. `rows`: (lanes, longest, dimensions); `length` and `label`: (lanes,)."""

    rows: Ints
    length: Ints
    label: Ints
    most: int

    @classmethod
    def cut(cls, sizes: Sequence[Sequence[int]], counts: Ints) -> _Lanes:
        """Empty lanes for labels with that many values per dimension and that many rows."""
        import numpy as np

        pieces = [(label, part) for label, n in enumerate(counts.tolist()) if n for part in _parts(n)]
        width = max((len(s) for s in sizes), default=0)
        most = max((v for s in sizes for v in s), default=1)
        length = np.array([part for _, part in pieces], dtype=np.int64)
        rows = np.zeros((len(pieces), int(length.max(initial=0)), width), dtype=np.int64)
        return cls(rows, length, np.array([label for label, _ in pieces], dtype=np.int64), most)

    @property
    def width(self) -> int:
        return int(self.rows.shape[2])

    @property
    def counts_fit(self) -> bool:
        """Whether the counts of all value pairs are few enough to be held."""
        lanes, _, width = self.rows.shape
        return bool(lanes * (width * self.most) ** 2 <= _CELLS)

    def fill(self, d: int, quota: Ints, draws: np.random.Generator) -> None:
        """Give dimension `d` its values, each as often as its quota says, the rarest pairs with earlier dimensions first."""
        import numpy as np

        lanes, longest, _ = self.rows.shape
        known = d if self.counts_fit else 0
        pairs = np.zeros((known, lanes, self.most, self.most), dtype=np.int32)
        lane, earlier = np.arange(lanes), np.arange(known)[:, None]
        left = quota.astype(np.float64)
        share = 0.5 / (1.0 + left.max(axis=1, keepdims=True))
        for i in range(longest):
            there = self.rows[:, i, :known].T
            cost = pairs[earlier, lane, there].sum(axis=0) + draws.random(left.shape) * 0.5 - left * share
            cost[left <= 0] = np.inf
            pick = cost.argmin(axis=1)
            live = lane[i < self.length]
            taken = pick[live]
            self.rows[live, i, d] = taken
            left[live, taken] -= 1
            pairs[earlier, live, there[:, live], taken] += 1

    def improve(self, draws: np.random.Generator) -> None:
        """Let rows of a lane exchange a value where that lowers the sum of squared pair counts; single counts stay as they are."""
        import numpy as np

        lanes, longest, width = self.rows.shape
        if width < 2 or not lanes or not self.counts_fit:
            return
        tried = min(longest, max(8, _TRIED // lanes))
        pairs = self._pair_counts()
        turns = _TURNS // width
        for _ in range(min(_SWEEPS, 1 + turns // longest)):
            gained = 0.0
            for i in draws.permutation(longest)[:turns].tolist():
                live = np.flatnonzero(i < self.length)
                others = (draws.random((len(live), tried)) * self.length[live, None]).astype(np.int64)
                gained += sum(self._exchange(pairs, d, live, i, others) for d in range(width))
            turns -= longest
            if not gained:
                return

    def _pair_counts(self) -> Counts:
        """Counts of value pairs, shape (dimensions, dimensions, lanes, most, most); the first index belongs to the fourth."""
        import numpy as np

        lanes, longest, width = self.rows.shape
        pairs = np.zeros((width, width, lanes, self.most, self.most), dtype=np.int32)
        lane, row = np.nonzero(np.arange(longest) < self.length[:, None])
        for d in range(width):
            for e in range(width):
                np.add.at(pairs[d, e], (lane, self.rows[lane, row, d], self.rows[lane, row, e]), 1)
        return pairs

    def _exchange(self, pairs: Counts, d: int, live: Ints, i: int, others: Ints) -> float:
        """In each live lane give row `i` the value that a row of `others` (live, tried) has in dimension `d`, if that helps most; the gain."""
        import numpy as np

        rest = np.array([e for e in range(self.width) if e != d])
        mine, theirs = self.rows[live, i], self.rows[live[:, None], others]
        a, a2 = mine[:, None, d] * self.most, theirs[:, :, d] * self.most
        b, b2 = mine[:, rest].T[:, :, None], theirs[:, :, rest].transpose(2, 0, 1)
        # Flat positions of the tables of (d, rest) in each lane: one `take` is much faster than indexing with five arrays.
        flat, table = pairs.reshape(-1), ((d * self.width + rest[:, None, None]) * len(self.label) + live[:, None]) * self.most**2
        here, there = table + b, table + b2
        change = flat.take(here + a2) + flat.take(there + a) - flat.take(here + a) - flat.take(there + a2) + 2
        change = ((b != b2) * change).sum(axis=0)
        change[a2 == a] = 0
        best = change.argmin(axis=1)
        gain = change[np.arange(len(live)), best]
        better = np.flatnonzero(gain < 0)
        if len(better):
            self._swap(pairs, d, live[better], i, others[better, best[better]])
        return float(-gain[better].sum())

    def _swap(self, pairs: Counts, d: int, lane: Ints, i: int, j: Ints) -> None:
        """Exchange dimension `d` of rows `i` and `j` (lanes,) and keep the pair counts true."""
        a, a2 = self.rows[lane, i, d], self.rows[lane, j, d]
        for e in range(self.width):
            if e == d:
                continue
            b, b2 = self.rows[lane, i, e], self.rows[lane, j, e]
            for value, other, step in ((a, b, -1), (a2, b2, -1), (a2, b, 1), (a, b2, 1)):
                pairs[d, e, lane, value, other] += step
                pairs[e, d, lane, other, value] += step
        self.rows[lane, i, d], self.rows[lane, j, d] = a2, a

    def by_label(self, labels: int) -> list[list[list[int]]]:
        """Rows of each label, its lanes one after another."""
        rows: list[list[list[int]]] = [[] for _ in range(labels)]
        for lane, label in enumerate(self.label.tolist()):
            rows[label] += self.rows[lane, : self.length[lane]].tolist()
        return rows


def _parts(n: int) -> list[int]:
    """`n` rows as lanes of nearly equal length."""
    lanes = -(-n // _LANE)
    return [n // lanes + (i < n % lanes) for i in range(lanes)]


@dataclass(frozen=True, slots=True)
class Balance:
    """How even a plan is. `labels` and `values`: the largest difference between counts (values: within a label and dimension).

    `pairs` is the share of possible value pairs that occur, `pairs_at_most` the share that so many rows could reach at all;
    `pair_spread` the largest difference between the counts of a label's pairs of two dimensions.
    """

    rows: int
    labels: int
    values: int
    pairs: float
    pairs_at_most: float
    pair_spread: int

    def __str__(self) -> str:
        reach = f"{self.pairs:.0%} of value pairs (at most {self.pairs_at_most:.0%} with so many rows)"
        return f"{self.rows} prompts, counts differ by at most {self.labels} between labels and {self.values} between values, {reach}"


def pair_coverage(assignments: Sequence[Assignment], task: Task | None = None) -> float:
    """Share of value pairs of any two dimensions of a label that occur, in 0..1; 1 where there are no pairs.

    Counted against all values that the task declares, or without a task against those that the plan uses.
    """
    found, possible = 0, 0
    for counts, size in _tables(assignments, task):
        found += len(counts)
        possible += size
    return found / possible if possible else 1.0


def balance(assignments: Sequence[Assignment], task: Task | None = None) -> Balance:
    """The balance report of a plan, against the labels and values that the task declares, or without a task those that the plan uses."""
    labels = Counter(a.label for a in assignments)
    values: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for a in assignments:
        for name, value in a.attributes.items():
            values[a.label, name][value] += 1
    tables = list(_tables(assignments, task))
    possible = sum(size for _, size in tables)
    return Balance(
        len(assignments),
        _spread(labels, len(_labels(task)) if task else len(labels)),
        max((_spread(c, _size(task, *key) or len(c)) for key, c in values.items()), default=0),
        sum(len(c) for c, _ in tables) / possible if possible else 1.0,
        sum(min(c.total(), size) for c, size in tables) / possible if possible else 1.0,
        max((_spread(c, size) for c, size in tables), default=0),
    )


def _spread(counts: Counter[Any], size: int) -> int:
    """Largest minus smallest count of `size` things, of which only those that occur were counted."""
    return max(counts.values()) - (min(counts.values()) if len(counts) == size else 0) if counts else 0


def _size(task: Task | None, label: str, dimension: str) -> int:
    return len(task.attributes_of(label)[dimension]) if task else 0


def _tables(assignments: Sequence[Assignment], task: Task | None) -> Iterator[tuple[Counter[tuple[str, str]], int]]:
    """For each label and two of its dimensions: how often each value pair occurs, and how many pairs there could be."""
    rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for a in assignments:
        rows[a.label].append(a.attributes)
    for label, group in rows.items():
        columns = {name: [r[name] for r in group] for name in group[0]}
        sizes = {name: _size(task, label, name) or len(set(column)) for name, column in columns.items()}
        for first, second in combinations(columns, 2):
            yield Counter(zip(columns[first], columns[second], strict=True)), sizes[first] * sizes[second]
