"""Does the student know which rows it needs? Rounds on real pools by every way of choosing, against chance and the whole pool at equal rows.

    python bench/active_rounds.py --data DIR
    python bench/active_rounds.py --data DIR --name more --pools amazon_review_full yelp_review_full --arms random loss badge representative
    python bench/active_rounds.py --data DIR --why --pools ag_news sst2
    python bench/active_rounds.py --data DIR --written bench/work/written_pools --each 20 --start 4 --pools snips trec6      # pools of rows that a model wrote
    python bench/active_rounds.py --data DIR --written bench/work/written_pools --real 500 --each 20 --start 4 --pools snips # and real rows beside them
    python bench/active_rounds.py --data DIR --dev --seeds 10 11 --name dev                                                  # while something is being decided

`DIR` is as for `bench/real_stream.py`. For every pool and seed: 16 rows per label (`--start`) of `train` to start from, at most 3,000 other rows of `train` as the pool, then 10
rounds of 40 rows (`--each`); after each the student is scored on `test`, which chooses nothing and stops nothing. With `--written FOLDER` the pool are the rows of
`FOLDER/<pool>.jsonl` (`bench/written_pools.py`) with the labels that they were asked for, and `--real N` other rows of `train`. With `--dev` 600 rows of `train` that
are in no other role stand in for `test`. The student is logistic regression on TF-IDF of words and characters; its vocabulary is that of the pool, so that a round takes
a tenth of a second. Functions that read labels know those of the pool: they serve pools that have labels, as written rows do.

Lines of `bench/results/active_rounds[_written|_mixed][_<name>].csv` are added pool by pool and seed by seed; what is there is not measured again. `.md` is made of all of it.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from scipy.integrate import trapezoid
from scipy.sparse import hstack
from scipy.stats import t as student_t
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.real_stream import RESULTS, parted, read_lines, texts_once  # noqa: E402
from synlearner.engines.linear import Linear, key_of  # noqa: E402
from synlearner.evaluate.curves import reached, win_rates  # noqa: E402
from synlearner.feedback.acquisition import Means, acquisition  # noqa: E402
from synlearner.learn.choosing import Chance  # noqa: E402
from synlearner.learn.pool import Taken, rounds_on  # noqa: E402
from synlearner.protocols import Acquisition, Embedder, Learner, Picking  # noqa: E402
from synlearner.records import Measurement, Picked, Row, Score  # noqa: E402
from synlearner.registry import find  # noqa: E402
from synlearner.seeding import derive, rng  # noqa: E402
from synlearner.stream.texts import normal_text  # noqa: E402

DEV, LATENT = 600, 200
POOLS = ("trec6", "ag_news", "sst2", "snips", "yahoo_answers_titles")
START, POOL, ROUNDS, DRAWS = 16, 3000, 10, 3
PROMISE = 0.6
COLUMNS = ("pool", "seed", "arm", "round", "rows", "score", "commonest", "density", "seconds")


@dataclass(frozen=True, slots=True)
class Arm:
    """A way of choosing: the function, how it picks, the share of chance, equally many of each label, chosen for all rounds at once, times the density of the pool.

    `latent`: texts are alike as their words and characters are in the pool (latent semantic analysis). The first `warm` rounds are chosen by `diversity`, whatever the
    student says.
    """

    by: str
    pick: str = "best"
    random: float = 0.0
    balanced: bool = False
    ahead: bool = False
    dense: bool = False
    labels: bool = False
    latent: bool = False
    warm: int = 0


ARMS: Mapping[str, Arm] = {
    "random": Arm("random"),
    "random, balanced": Arm("random", balanced=True, labels=True),
    "loss": Arm("loss", labels=True),
    "loss + 20 % random": Arm("loss", random=0.2, labels=True),
    "loss, in proportion": Arm("loss", pick="proportional", labels=True),
    "loss, balanced": Arm("loss", balanced=True, labels=True),
    "loss x density": Arm("loss", dense=True, labels=True),
    "gradient": Arm("gradient", labels=True),
    "wrong-answer": Arm("wrong-answer", labels=True),
    "learnability": Arm("learnability", labels=True),
    "learnability, balanced": Arm("learnability", balanced=True, labels=True),
    "influence": Arm("influence", labels=True),
    "entropy": Arm("entropy"),
    "confidence": Arm("confidence"),
    "confidence + 20 % random": Arm("confidence", random=0.2),
    "confidence x density": Arm("confidence", dense=True),
    "bald": Arm("bald"),
    "badge": Arm("badge"),
    "badge + 20 % random": Arm("badge", random=0.2),
    "proximity": Arm("proximity"),
    "diversity only": Arm("diversity"),
    "coverage only": Arm("coverage", ahead=True),
    "representative": Arm("representative"),
    "representative + 20 % random": Arm("representative", random=0.2),
    "representative at once": Arm("representative", ahead=True),
    "representative, latent": Arm("representative", latent=True),
    "representative, latent + 20 % random": Arm("representative", latent=True, random=0.2),
    "representative after diversity": Arm("representative", warm=3),
    "representative after diversity, latent": Arm("representative", latent=True, warm=3),
}
# What is measured without `--arms`; what follows in the table was tried later.
USUAL = tuple(ARMS)[: tuple(ARMS).index("representative at once")]


# ── the student and the pool ────────────────────────────────────────────


class InRows(LogisticRegression):
    """Logistic regression that is solved in the span of its rows, where its weights lie anyway: of a few hundred rows much faster than in all columns."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> InRows:  # noqa: N803  (the library's name)
        values, turned = np.linalg.eigh((X @ X.T).toarray())
        kept = values > 1e-9 * values[-1]
        lengths, turned = np.sqrt(values[kept]), turned[:, kept]
        inner = LogisticRegression(**self.get_params()).fit(turned * lengths, y, sample_weight)
        self.classes_, self.intercept_, self.n_iter_, self.n_features_in_ = inner.classes_, inner.intercept_, inner.n_iter_, X.shape[1]
        self.coef_ = (X.T @ ((turned / lengths) @ inner.coef_.T)).T
        return self


class Transductive:
    """The linear student with the vocabulary of all texts that it will ever be asked about, each read once."""

    deterministic = True

    def __init__(self, rows: Sequence[Row], known: Sequence[Row]) -> None:
        """Columns are those of `rows`; `known` can be asked about."""
        words = TfidfVectorizer(token_pattern=r"(?u)\w+|[^\w\s]", ngram_range=(1, 2), sublinear_tf=True, min_df=2)
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)
        for vectoriser in (words, characters):
            vectoriser.fit([r.text for r in rows])
        self.identity = "tfidf of the pool: words 1-2, characters 3-5, logistic regression"
        self.place = {id(r): i for i, r in enumerate(known)}
        self.matrix = hstack([v.transform([r.text for r in known]) for v in (words, characters)], format="csr")

    def features(self, rows: Sequence[Row]) -> Any:
        return self.matrix[[self.place[id(r)] for r in rows]]

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> Linear:
        known = sorted({labels.index(r.label) for r in rows})
        matrix, targets = self.features(rows), [known.index(labels.index(r.label)) for r in rows]
        model = InRows(C=10.0, max_iter=500, tol=1e-3).fit(matrix, targets)
        return Linear(tuple(labels), tuple(known), self.features, model, (matrix, targets), key=key_of(self.identity, rows, labels, seed))


class Remembered:
    """An embedder that reads every text once."""

    def __init__(self, of: Embedder) -> None:
        self.of, self.identity, self.kept = of, of.identity, {}  # type: ignore[var-annotated]

    def embed(self, texts: Sequence[str]) -> Any:
        new = [t for t in dict.fromkeys(texts) if t not in self.kept]
        self.kept.update(zip(new, self.of.embed(new), strict=True) if new else ())
        return np.stack([self.kept[t] for t in texts]) if texts else self.of.embed([])


class Latent:
    """Texts of a pool by what their TF-IDF features have in common: unit vectors of a truncated singular value decomposition, made of texts alone."""

    identity = f"latent semantic analysis of the pool, {LATENT} dimensions"

    def __init__(self, rows: Sequence[Row], matrix: Any) -> None:
        vectors = normalize(TruncatedSVD(LATENT, random_state=0).fit_transform(matrix)).astype(np.float32)
        self.kept = {r.text: v for r, v in zip(rows, vectors, strict=True)}

    def embed(self, texts: Sequence[str]) -> Any:
        return np.stack([self.kept[t] for t in texts]) if texts else np.zeros((0, LATENT), dtype=np.float32)


@dataclass(frozen=True)
class Pool:
    """What one pool and seed start from, may take, and are scored on."""

    name: str
    seed: int
    start: tuple[Row, ...]
    rows: tuple[Row, ...]
    test: tuple[Row, ...]
    labels: tuple[str, ...] = field(default=())
    each: int = 40

    @cached_property
    def student(self) -> Transductive:
        return Transductive([*self.start, *self.rows], [*self.start, *self.rows, *self.test])

    @cached_property
    def means(self) -> Means:
        return Means(Remembered(find("embedder", "hashing")("")), seeds=self.start, dev=self.start, seed=derive(self.seed, "means"))

    @cached_property
    def latent(self) -> Means:
        known = [*self.start, *self.rows]
        return replace(self.means, embedder=Latent(known, self.student.features(known)))

    @cached_property
    def density(self) -> dict[int, float]:
        """Of each row the mean cosine to its ten nearest others."""
        vectors = self.means.embedder.embed([r.text for r in self.rows])  # type: ignore[union-attr]
        near = np.sort(vectors @ vectors.T, axis=1)[:, -11:-1].mean(axis=1)
        return {id(r): float(d) for r, d in zip(self.rows, near, strict=True)}

    def score(self, fitted: Linear) -> float:
        table = fitted.proba(self.test)
        return float(np.mean([self.labels[c] == r.label for c, r in zip(table.argmax(axis=1), self.test, strict=True)]))


def pool_of(name: str, seed: int, args: argparse.Namespace) -> Pool:
    train, test = (texts_once(read_lines(args.data.resolve() / name / f"{part}.jsonl"), ("text",)) for part in ("train", "test"))
    start, rest = parted(train, args.start, seed, name)
    if args.dev:
        held = set(rng(seed, name, "dev").sample(range(len(rest)), DEV))
        test, rest = [rest[i] for i in sorted(held)], [r for i, r in enumerate(rest) if i not in held]
    if args.written:
        gold = {normal_text(r["text"]) for r in test}
        written = [r for r in texts_once(read_lines(args.written / f"{name}.jsonl"), ("text",)) if normal_text(r["text"]) not in gold]
        rest = [*written, *rng(seed, name, "real").sample(rest, min(args.real, len(rest)))]
    drawn = rng(seed, name, "pool").sample(rest, min(POOL, len(rest)))
    start, drawn, gold_rows = ([Row(f"{part}{i}", {"text": r["text"]}, r["label"]) for i, r in enumerate(rows)] for part, rows in (("s", start), ("p", drawn), ("t", test)))
    return Pool(name, seed, tuple(start), tuple(drawn), tuple(gold_rows), tuple(sorted({r.label for r in start})), args.each)


# ── functions of this bench ─────────────────────────────────────────────


@dataclass(frozen=True)
class Dense:
    """A function times how close a row is to its neighbours, so that what is odd is worth less (Settles and Craven 2008)."""

    of: Acquisition
    density: Mapping[int, float]
    level: Any = "sample"
    bounds: Any = None

    @property
    def name(self) -> str:
        return f"{self.of.name} x density"

    identity = name

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        return [Score(self.name, m.value * self.density[id(r)]) if isinstance(m, Score) else m for r, m in zip(rows, self.of.score(rows, student), strict=True)]


@dataclass(frozen=True)
class Ahead:
    """A set that was chosen for all rounds at once, taken in its order."""

    of: Acquisition
    order: tuple[str, ...]

    name = property(lambda self: self.of.name)
    identity = property(lambda self: self.of.identity)
    level = property(lambda self: self.of.level)
    bounds = property(lambda self: self.of.bounds)

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        return self.of.score(rows, student)

    def pick(self, rows: Sequence[Row], _student: Learner | None, n: int, *, seed: int) -> Picked:  # noqa: ARG002  (the socket's signature)
        place = {r.id: i for i, r in enumerate(rows)}
        places = [place[i] for i in self.order if i in place][:n]
        return Picked(tuple(places), (0.0,) * len(places))


def functions_of(arm: Arm, pool: Pool) -> Callable[[Sequence[Row]], Acquisition]:
    """The arm's function for the rows that there are so far; sets add to these."""
    if arm.by == "random":
        return lambda _: Chance()
    if arm.ahead:
        made = acquisition(arm.by, pool.means)
        assert isinstance(made, Picking)
        student = None if arm.by == "coverage" else pool.student.fit(pool.start, labels=pool.labels, seed=derive(pool.seed, "student", 0))
        ahead = Ahead(made, tuple(pool.rows[i].id for i in made.pick(pool.rows, student, ROUNDS * pool.each, seed=pool.seed).places))
        return lambda _: ahead
    if arm.dense:
        return lambda _: Dense(acquisition(arm.by, pool.means), pool.density)
    means, begin = pool.latent if arm.latent else pool.means, len(pool.start) + arm.warm * pool.each
    return lambda rows: acquisition("diversity" if len(rows) < begin else arm.by, replace(means, seeds=rows))


# ── measuring ───────────────────────────────────────────────────────────


def measured(pool: Pool, name: str) -> Iterator[dict[str, Any]]:
    """A line for every round; chance is the mean of a few draws."""
    arm = ARMS[name]
    curves: list[list[tuple[int, float, float, float]]] = []
    began = time.process_time()
    for draw in range(DRAWS if arm.by == "random" else 1):
        turns = rounds_on(
            pool.rows, pool.start, functions_of(arm, pool), pool.student, labels=pool.labels, rounds=ROUNDS, rows=pool.each, pick=arm.pick, random=arm.random,  # type: ignore[arg-type]
            balanced=arm.balanced, seed=derive(pool.seed, "rounds", draw),
        )  # fmt: skip
        curves.append([point(pool, turn) for turn in turns])
    seconds = (time.process_time() - began) / len(curves)
    for number, points in enumerate(zip(*curves, strict=True)):
        yield line(pool, name, number, [mean(column) for column in zip(*points, strict=True)], seconds)


def point(pool: Pool, turn: Taken) -> tuple[int, float, float, float]:
    """Rows taken, the score, and of the rows taken the share of their commonest label and their density, that of the pool being 1."""
    taken = turn.rows[len(pool.start) :]
    commonest = max(Counter(r.label for r in taken).values(), default=0) / max(1, len(taken))
    density = mean(pool.density[id(r)] for r in taken) / mean(pool.density.values()) if taken else 1.0
    return len(taken), pool.score(turn.student), commonest, density  # type: ignore[arg-type]


def line(pool: Pool, arm: str, number: int, found: Sequence[float], seconds: float) -> dict[str, Any]:
    rows, score, commonest, density = found
    told = {"score": f"{score:.5f}", "commonest": f"{commonest:.4f}", "density": f"{density:.4f}", "seconds": f"{seconds:.2f}"}
    return {"pool": pool.name, "seed": pool.seed, "arm": arm, "round": number, "rows": f"{rows:g}", **told}


def everything(pool: Pool) -> Iterator[dict[str, Any]]:
    """The whole pool at once."""
    began = time.process_time()
    fitted = pool.student.fit([*pool.start, *pool.rows], labels=pool.labels, seed=0)
    commonest = max(Counter(r.label for r in pool.rows).values()) / len(pool.rows)
    yield line(pool, "whole pool", 0, (len(pool.rows), pool.score(fitted), commonest, 1.0), time.process_time() - began)


def measure(args: argparse.Namespace, file: Path) -> None:
    done = {(x["pool"], int(x["seed"]), x["arm"]) for x in lines_of(file)}
    for seed in args.seeds:
        for name in args.pools:
            owed = [a for a in (*args.arms, "whole pool") if (name, seed, a) not in done]
            if not owed:
                continue
            pool = pool_of(name, seed, args)
            for arm in owed:
                append(file, list(everything(pool) if arm == "whole pool" else measured(pool, arm)))
            print(f"{name}, seed {seed}: {len(owed)} arms", flush=True)


def lines_of(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as found:
        return list(csv.DictReader(found))


def append(file: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    new = not file.exists()
    with file.open("a", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, fieldnames=COLUMNS)
        if new:
            writer.writeheader()
        writer.writerows(lines)


def why(args: argparse.Namespace, file: Path) -> None:
    """Of the rows that an arm takes, the share that students of the other rows of the pool get wrong (four folds of the pool): rows that contradict the rest."""
    lines = []
    for name in args.pools:
        pool = pool_of(name, 0, args)
        wrong = contradicting(pool)
        lines.append({"pool": name, "arm": "whole pool", "contradicting": f"{mean(wrong.values()):.3f}"})
        for arm in args.arms:
            a = ARMS[arm]
            *_, last = rounds_on(
                pool.rows, pool.start, functions_of(a, pool), pool.student, labels=pool.labels, rounds=ROUNDS, rows=pool.each, pick=a.pick, random=a.random,  # type: ignore[arg-type]
                balanced=a.balanced, seed=derive(pool.seed, "rounds", 0),
            )  # fmt: skip
            lines.append({"pool": name, "arm": arm, "contradicting": f"{mean(wrong[id(r)] for r in last.rows[len(pool.start) :]):.3f}"})
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, fieldnames=("pool", "arm", "contradicting"))
        writer.writeheader()
        writer.writerows(lines)


def contradicting(pool: Pool) -> dict[int, bool]:
    """For each row of the pool whether the student of the three folds without it gets it wrong."""
    order = rng(0, pool.name, "folds").sample(pool.rows, len(pool.rows))
    found: dict[int, bool] = {}
    for fold in range(4):
        fitted = pool.student.fit([r for i, r in enumerate(order) if i % 4 != fold], labels=pool.labels, seed=0)
        asked = order[fold::4]
        found |= {id(r): pool.labels[c] != r.label for c, r in zip(fitted.proba(asked).argmax(axis=1), asked, strict=True)}
    return found


# ── the table ───────────────────────────────────────────────────────────

Curves = dict[tuple[str, int], list[tuple[float, float]]]


def curves_of(lines: Sequence[Mapping[str, str]], arm: str) -> Curves:
    found: Curves = {}
    for x in lines:
        if x["arm"] == arm:
            found.setdefault((x["pool"], int(x["seed"])), []).append((float(x["rows"]), float(x["score"])))
    return found


def averaged(curves: Curves, pool: str) -> list[tuple[float, float]]:
    """The mean curve of a pool over its seeds."""
    mine = [c for (name, _), c in curves.items() if name == pool]
    return [(points[0][0], mean(y for _, y in points)) for points in zip(*mine, strict=True)]


def half(values: Sequence[float]) -> float:
    """Half of Student's 95 % interval of the mean."""
    return float(student_t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5 if len(values) > 1 else float("nan")


@dataclass(frozen=True, slots=True)
class Verdict:
    """An arm beside chance: by pool the share of the rows at which its mean curve reaches chance's last score (None: it does not), and differences.

    `last` are those of the last scores by pool and seed, `heights` those of the curves.
    """

    arm: str
    shares: dict[str, float | None]
    last: dict[str, list[float]]
    heights: list[float]

    @property
    def reached(self) -> float | None:
        """The mean share; a pool where it is not reached counts as all rows."""
        return mean(1.0 if s is None else s for s in self.shares.values()) if self.shares else None

    @property
    def overall(self) -> list[float]:
        """The difference of the last scores by seed, a mean over pools."""
        return [mean(d) for d in zip(*self.last.values(), strict=True)]

    @property
    def below(self) -> list[str]:
        """Pools on which it ends below chance by more than its interval."""
        return [pool for pool, d in self.last.items() if mean(d) + half(d) < 0]


def area(curve: Sequence[tuple[float, float]]) -> float:
    """The mean height of a curve over its rows (trapezoids); 0 for fewer than two points."""
    return float(trapezoid([y for _, y in curve], [x for x, _ in curve])) / (curve[-1][0] - curve[0][0]) if len(curve) > 1 else 0.0


def verdict_of(lines: Sequence[Mapping[str, str]], arm: str) -> Verdict:
    mine, chance = curves_of(lines, arm), curves_of(lines, "random")
    both = sorted(mine.keys() & chance.keys())
    pools = list(dict.fromkeys(pool for pool, _ in both))
    shares: dict[str, float | None] = {}
    for pool in pools:
        target = averaged({k: chance[k] for k in both}, pool)[-1]
        at = reached(averaged({k: mine[k] for k in both}, pool), target[1])
        shares[pool] = None if at is None else at / target[0]
    last = {pool: [mine[k][-1][1] - chance[k][-1][1] for k in both if k[0] == pool] for pool in pools}
    heights = [area(mine[k]) - area(chance[k]) for k in both]
    return Verdict(arm, shares, last, heights)


def told(lines: Sequence[Mapping[str, str]], command: str, each: int) -> list[str]:
    arms = [a for a in ARMS if any(x["arm"] == a for x in lines)]
    pools = list(dict.fromkeys(x["pool"] for x in lines))
    verdicts = {a: verdict_of(lines, a) for a in arms}
    seeds = len({x["seed"] for x in lines})
    out = [
        f"`{command}`",
        "",
        f"{len(pools)} pools, {seeds} seeds. {ROUNDS} rounds of {each} rows; points are those of accuracy on test rows; intervals are Student's t over seeds.",
        "",
    ]
    out += [
        "Share of the rows at which the mean curve reaches the last score of chance (– : it does not, counted as 100 %):",
        "",
        "| chosen by | reads labels | mean | " + " | ".join(pools) + " |",
    ]
    out += ["| --- | --- | --- |" + " --- |" * len(pools)]
    order = sorted(arms, key=lambda a: (a != "random", verdicts[a].reached or 9))
    for a in order:
        v = verdicts[a]
        cells = [share(v.shares.get(p)) for p in pools]
        out.append(f"| {a} | {'yes' if ARMS[a].labels else 'no'} | {share(v.reached)} | {' | '.join(cells)} |")
    out += ["", "Last score minus that of chance, in points (95 % interval); bold: the interval leaves out zero. `curve`: mean difference of the heights of the curves:", ""]
    out += ["| chosen by | mean over pools | curve | " + " | ".join(pools) + " |", "| --- | --- | --- |" + " --- |" * len(pools)]
    out += [
        f"| {a} | {points(verdicts[a].overall)} | {100 * mean(verdicts[a].heights):+.1f} | {' | '.join(points(verdicts[a].last[p]) for p in pools)} |"
        for a in order
        if a != "random"
    ]
    out += [
        "",
        "What was taken, and what it cost: share of the commonest label, closeness to the ten nearest rows (mean of the pool: 1), seconds of 10 rounds:",
        "",
    ]
    out += ["| chosen by | commonest label | density | seconds |", "| --- | --- | --- | --- |"]
    for a in order:
        last = [x for x in lines if x["arm"] == a and x["round"] == str(ROUNDS)]
        told_of = [mean(float(x[c]) for x in last) for c in ("commonest", "density", "seconds")]
        out.append(f"| {a} | {told_of[0]:.0%} | {told_of[1]:.2f} | {told_of[2]:.1f} |")
    out += ["", "Scores in %: before the first round, at the end by chance, with the whole pool:", "", "| pool | start | chance | whole pool |", "| --- | --- | --- | --- |"]
    chance, whole = curves_of(lines, "random"), curves_of(lines, "whole pool")
    for p in pools:
        curve = averaged(chance, p)
        rows = [c[-1] for (name, _), c in whole.items() if name == p]
        out.append(f"| {p} | {100 * curve[0][1]:.1f} | {100 * curve[-1][1]:.1f} | {100 * mean(y for _, y in rows):.1f} ({mean(r for r, _ in rows):,.0f} rows) |")
    out += ["", *wins(lines, order), "", *answers(verdicts)]
    return out


def wins(lines: Sequence[Mapping[str, str]], order: Sequence[str]) -> list[str]:
    scores = {a: {(x["pool"], x["seed"], x["round"]): float(x["score"]) for x in lines if x["arm"] == a and x["round"] != "0"} for a in order}
    rates = win_rates(scores)
    mark = {a: str(i) for i, a in enumerate(order, 1)}
    out = ["How often the row has the higher score than the column, in %, over pool x seed x round; ties count half:", ""]
    out += ["| | " + " | ".join(mark.values()) + " |", "| --- |" + " --- |" * len(order)]
    return out + [f"| {mark[a]} {a} | {' | '.join('' if a == b or rates[a][b] is None else f'{100 * rates[a][b]:.0f}' for b in order)} |" for a in order]


def answers(verdicts: Mapping[str, Verdict]) -> list[str]:
    """What was promised and what came out."""
    active = [v for a, v in verdicts.items() if not a.startswith("random")]
    kept = [v.arm for v in active if v.reached is not None and v.reached <= PROMISE and not v.below]
    safe = [v.arm for v in active if not v.below]
    lost = {v.arm: v.below for v in active if v.below}
    return [
        f"Reaches the last score of chance with at most {PROMISE:.0%} of the rows on average, and ends below chance by more than its interval on "
        f"no pool: {', '.join(kept) or 'none'}.",
        f"Ends below chance by more than its interval on no pool: {', '.join(safe) or 'none'}.",
        "Ends below it: " + ("; ".join(f"{a} ({', '.join(p)})" for a, p in lost.items()) or "none") + ".",
    ]


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def points(values: Sequence[float]) -> str:
    middle, off = 100 * mean(values), 100 * half(values)
    text = f"{middle:+.1f} ({middle - off:+.1f} to {middle + off:+.1f})"
    return f"**{text}**" if abs(middle) > off else text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--written", type=Path)
    parser.add_argument("--real", type=int, default=0, help="so many rows of train beside the written ones")
    parser.add_argument("--each", type=int, default=40, help="rows of a round")
    parser.add_argument("--start", type=int, default=START, help="rows of each label to start from")
    parser.add_argument("--dev", action="store_true", help="rows of train stand in for test")
    parser.add_argument("--pools", nargs="+", default=POOLS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--arms", nargs="+", default=list(USUAL), choices=list(ARMS))
    parser.add_argument("--why", action="store_true", help="only how many of the chosen rows contradict the rest of the pool, with seed 0")
    parser.add_argument("--name", default="", help="added to the names of the result files")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    stem = "_".join(x for x in ("active_rounds", "mixed" if args.real else "written" if args.written else "", args.name) if x)
    if args.why:
        why(args, args.out / f"{stem}_why.csv")
        return
    measure(args, args.out / f"{stem}.csv")
    asked = " ".join(["python bench/active_rounds.py", *("DIR" if x.startswith("/") else x for x in sys.argv[1:])])
    text = "\n".join(told(lines_of(args.out / f"{stem}.csv"), asked, args.each)) + "\n"
    (args.out / f"{stem}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
