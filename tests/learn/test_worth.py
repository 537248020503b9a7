"""What rows are worth, measured with real parts: a student that counts words, functions of the package, a planted world where some rows teach and others do not."""

from dataclasses import replace

import pytest

from synlearner.errors import SpecError
from synlearner.feedback.acquisition import Function
from synlearner.learn.survival import survival
from synlearner.learn.worth import LENGTH, RANDOM, Asked, grounds, measure, strata_of
from synlearner.records import Row, Score
from synlearner.registry import register
from synlearner.report.progress import Silent
from synlearner.seeding import rng
from synlearner.store.cells import Cells
from synlearner.testing.embedder import WordHash
from synlearner.testing.student import WordCount

WORDS = {"up": [f"up{i}" for i in range(60)], "down": [f"down{i}" for i in range(60)]}


def row(name: str, label: str, words: int, draw, *, taught: bool = True) -> Row:
    """A text of fillers, and where it teaches of words that only its label has."""
    own = draw.sample(WORDS[label], words) if taught else []
    return Row(name, {"text": " ".join([*own, *(f"filler{draw.randrange(400)}" for _ in range(6)), name])}, label, "real")


def rows(what: str, n: int, *, words: int = 2, taught=lambda i: True) -> list[Row]:
    draw = rng(0, what)
    return [row(f"{what}{i}{label}", label, words, draw, taught=taught(i)) for i in range(n) for label in ("up", "down")]


def asked(**changes: object) -> Asked:
    pool = rows("pool", 80, words=3, taught=lambda i: i % 2 == 0)
    base = Asked("planted", pool, rows("seed", 3), rows("dev", 60), ("up", "down"), WordCount(), WordHash(), ("planted",), buckets=4, repeats=4)
    return replace(base, **changes)


@register("acquisition", "planted")
def planted(_):
    """The true worth: how many words of its label a row has."""
    return Function("planted", "planted", lambda some, _: ([float(sum(w in WORDS[r.label] for w in r.text.split())) for r in some], {}))


@register("acquisition", "constant")
def constant(_):
    return Function("constant", "constant", lambda some, _: ([1.0] * len(some), {}))


@register("acquisition", "labels-only")
def labels_only(_):
    """Says nothing within a label."""
    return Function("labels-only", "labels-only", lambda some, _: ([float(r.label == "up") for r in some], {}))


@register("acquisition", "half")
def half(_):
    """Knows every second row."""
    return Function("half", "half", lambda some, _: ([float(len(r.text)) if len(r.text) % 2 else float("nan") for r in some], dict.fromkeys(range(len(some)), "an even text")))


def test_the_true_worth_shows_in_the_gain_and_controls_are_there(tmp_path) -> None:
    found = measure(asked(), Cells(tmp_path / "cells"), Silent())
    assert list(found.functions) == ["planted", RANDOM, LENGTH]
    gains = found.functions["planted"].trial.by_bucket
    assert gains[-1] > gains[0] + 0.1
    assert found.functions[RANDOM].trial.gains.shape == (4, 4, 120)
    assert found.alone.shape == (4, 120)


def test_buckets_have_equal_shares_of_labels_and_repeats_no_common_row(tmp_path) -> None:
    found = measure(asked(), Cells(tmp_path / "cells"), Silent())
    pool, cuts = found.ground.pool, found.functions["planted"].cuts
    for cut in cuts:
        assert {len(bucket) for bucket in cut} == {10}
        assert all(sum(pool[i].label == "up" for i in bucket) == 5 for bucket in cut)
    every = [i for cut in cuts for bucket in cut for i in bucket]
    assert len(set(every)) == len(every)


def test_the_order_of_the_pool_changes_nothing(tmp_path) -> None:
    one, other = (measure(asked(pool=pool), Cells(tmp_path / "cells"), Silent()) for pool in (asked().pool, asked().pool[::-1]))
    for name in one.functions:
        assert (one.functions[name].trial.gains == other.functions[name].trial.gains).all()


def test_a_student_is_trained_once_for_the_same_rows(tmp_path) -> None:
    class Counting(WordCount):
        trained = 0

        def fit(self, rows, *, labels, seed):
            Counting.trained += 1
            return super().fit(rows, labels=labels, seed=seed)

    cells = tmp_path / "cells"
    first = measure(asked(student=Counting()), Cells(cells), Silent())
    before = Counting.trained
    again = measure(asked(student=Counting()), Cells(cells), Silent())
    assert Counting.trained == before + 1  # the one that scores
    assert (again.functions["planted"].trial.gains == first.functions["planted"].trial.gains).all()
    measure(asked(student=Counting(), functions=("planted", "half")), Cells(cells), Silent())
    assert Counting.trained <= before + 2 + 16


def test_what_cannot_be_measured_says_why(tmp_path) -> None:
    found = measure(asked(functions=("constant", "labels-only", "bald", "influence", "half")), Cells(tmp_path / "cells"), Silent()).functions
    assert "same score" in found["constant"].reason
    assert "of the same label" in found["labels-only"].reason
    assert "has no committee" in found["bald"].reason
    assert found["influence"].trial is None
    assert found["half"].trial is not None
    assert {len(bucket) for cut in found["half"].cuts for bucket in cut} <= set(range(1, 10))
    few = measure(asked(pool=rows("pool", 6)), Cells(tmp_path / "cells"), Silent()).functions["planted"]
    assert "too few" in few.reason


def test_no_text_is_twice_in_what_is_measured() -> None:
    seeds, pool, dev = asked().seeds, [*rows("pool", 5), *rows("pool", 5)], [*rows("dev", 4), rows("seed", 1)[0]]
    strange = Row("x", {"text": "a text"}, "sideways", "real")
    ground = grounds(asked(seeds=seeds, pool=[*pool, seeds[0], dev[0], strange], dev=dev))
    assert len(ground.pool) == 10
    assert len(ground.dev) == 8
    assert dict(ground.left_out) == {"development rows whose text was there before": 1, "pool rows whose text was there before": 12, "pool rows of labels without seeds": 1}
    with pytest.raises(SpecError, match="no row is left"):
        grounds(asked(pool=list(seeds)))


def test_functions_that_look_at_development_rows_get_others_than_those_that_measure() -> None:
    ground = grounds(asked(functions=("influence",)))
    assert len(ground.aside) == 30
    assert len(ground.dev) == 90
    assert not {r.id for r in ground.aside} & {r.id for r in ground.dev}
    assert grounds(asked()).aside == ()


def test_strata_may_be_length_as_well() -> None:
    some = [Row(str(n), {"text": "word " * n}, label, "real") for label, most in (("up", 4), ("down", 8)) for n in range(1, most + 1)]
    assert strata_of(some, ("label", "length")).count("up\nlong") == 1
    assert strata_of(some, ("length",)).count("\nlong") == 4
    assert set(strata_of(some, ())) == {""}


def test_buckets_can_be_made_smaller(tmp_path) -> None:
    found = measure(asked(rows=4), Cells(tmp_path / "cells"), Silent()).functions["planted"]
    assert {len(bucket) for cut in found.cuts for bucket in cut} == {4}


def test_scores_that_a_copy_keeps_survive_and_those_of_strangers_do_not() -> None:
    base = asked(buckets=3)
    copies = [(r, replace(r, id=f"{r.id}'", fields={"text": f"{r.text} again"})) for r in base.pool]
    draw = rng(1, "strangers")
    strangers = [(r, row(f"new{i}", r.label, 3, draw, taught=draw.random() < 0.5)) for i, r in enumerate(base.pool)]
    kept, lost = (survival(base, grounds(base), pairs)["planted"] for pairs in (copies, strangers))
    assert kept.items.mean == pytest.approx(1)
    assert kept.sets.mean == pytest.approx(1)
    assert lost.items.low < 0 < lost.items.high
    assert survival(base, grounds(base), []) == {}


def test_seeds_are_scored_by_students_that_did_not_learn_them() -> None:
    learnt: list[set[str]] = []

    class Asking(WordCount):
        def fit(self, rows, *, labels, seed):
            learnt.append({r.id for r in rows})
            return super().fit(rows, labels=labels, seed=seed)

    base = asked(student=Asking(), seeds=rows("seed", 12), functions=("loss",), buckets=3)
    pairs = [(r, replace(r, id=f"{r.id}'", fields={"text": f"{r.text} again"})) for r in base.seeds]
    found = survival(base, grounds(base), pairs)["loss"]
    assert found.pairs == 24
    assert [len(ids) for ids in learnt] == [12, 12]
    assert not learnt[0] & learnt[1]
    assert all(isinstance(m, Score) for m in [Score("loss", v) for pair in found.medians for v in pair])
