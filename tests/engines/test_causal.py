"""A language model as a student: it learns, answers, and tells of rows what its tokens tell."""

import numpy as np
import pytest

from synlearner.engines import causal
from synlearner.engines.causal import CausalStudent
from synlearner.errors import EngineError, SpecError
from synlearner.protocols import Graded, Keyed, OpenStudent, Speaking, Student
from synlearner.records import Row
from synlearner.stream.specs import StudentSpec

ROWS = [Row(f"r{i}", {"text": f"{('money back', 'password wrong')[i % 2]} number {i}"}, ("refund", "login")[i % 2]) for i in range(8)]


@pytest.fixture(scope="module")
def fitted(llama):
    spec = StudentSpec(engine="causal", model=str(llama), epochs=25, learning_rate=1e-2, batch=8)
    student = CausalStudent(spec)
    assert isinstance(student, Student)
    assert isinstance(student, OpenStudent)
    return student.fit(ROWS, labels=["login", "refund"], seed=1)


def test_it_learns_and_answers(fitted):
    table = fitted.proba(ROWS)
    np.testing.assert_allclose(table.sum(1), 1)
    assert [fitted.labels[c] for c in table.argmax(1)] == [r.label for r in ROWS]
    assert fitted.answer(ROWS) == [r.label for r in ROWS]
    assert fitted.proba([]).shape == (0, 2)


def test_it_is_what_acquisition_functions_ask_for(fitted):
    assert all(isinstance(fitted, socket) for socket in (Keyed, Graded, Speaking))


def test_losses_are_those_of_the_model_one_by_one(fitted):
    import torch

    for row, found in zip(ROWS, fitted.losses(ROWS), strict=True):
        with torch.inference_mode():
            assert found == pytest.approx(float(fitted.row_losses([row])), rel=1e-4)
    wrong = [Row(r.id, r.fields, "login" if r.label == "refund" else "refund") for r in ROWS]
    assert (fitted.losses(wrong) > fitted.losses(ROWS)).all()


def test_doubts_and_tries_do_not_depend_on_the_company(fitted):
    together, alone = fitted.doubts(ROWS), [fitted.doubts([r]) for r in ROWS]
    np.testing.assert_allclose(together[0], [m[0] for m, _ in alone], rtol=1e-4)
    np.testing.assert_allclose(together[1], [e[0] for _, e in alone], rtol=1e-3, atol=1e-5)
    assert (together[0] <= 1).all()
    said = fitted.tries(ROWS, 3, seed=5)
    assert [len(s) for s in said] == [3] * len(ROWS)
    assert fitted.tries(ROWS[::-1], 3, seed=5) == said[::-1]


def test_rows_that_do_not_fit(fitted):
    long = Row("long", {"text": "money " * 400}, "refund")
    assert np.isnan(fitted.losses([long])).all()
    assert np.isnan(fitted.losses([Row("none", {"text": "money"}, "")])).all()
    with pytest.raises(EngineError, match="does not fit"):
        fitted.proba([long])


def test_what_it_is_called_says_what_it_learnt(llama, fitted):
    spec = StudentSpec(engine="causal", model=str(llama), epochs=25, learning_rate=1e-2, batch=8)
    assert causal.load(str(llama)).key != fitted.key
    assert CausalStudent(spec).identity == CausalStudent(spec).identity
    with pytest.raises(SpecError, match="training rows"):
        CausalStudent(spec).fit([], labels=["a"], seed=1)
    with pytest.raises(SpecError, match="no model folder"):
        CausalStudent(StudentSpec(model="./nowhere"))
