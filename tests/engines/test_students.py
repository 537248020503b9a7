import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines.students import EmbeddingStudent, TfidfStudent, TransformerStudent, relation
from synlearner.errors import EngineError, SpecError
from synlearner.protocols import Student
from synlearner.records import Row
from synlearner.stream.specs import StudentSpec

WEIRD = ["no", "1", "True", "😀", "مرحبا"]


def rows_of(labels, count=8):
    """Texts whose second word tells the label."""
    return [Row(f"r{i}", {"text": f"text w{i % len(labels)}x and filler {i}"}, labels[i % len(labels)]) for i in range(count * len(labels))]


def pairs(count=30):
    """Entailed hypotheses repeat the premise, contradicted ones negate it, neutral ones speak of something else."""
    rows = []
    for i in range(count):
        who, what = f"person{i}", f"thing{i * 7}"
        second = (f"{who} bought {what}", f"{who} did not buy {what}", f"nobody knows why friends{i} came home")[i % 3]
        rows.append(Row(f"p{i}", {"premise": f"Yesterday {who} bought {what} in town", "hypothesis": second}, ("yes", "no", "maybe")[i % 3]))
    return rows


def accuracy(fitted, rows):
    return np.mean([fitted.labels[c] == r.label for c, r in zip(fitted.proba(rows).argmax(1), rows, strict=True)])


@pytest.fixture(scope="module", params=["tfidf", "embedding", "transformer"])
def student(request):
    if request.param == "transformer":
        return TransformerStudent(StudentSpec(model=str(request.getfixturevalue("bert")), epochs=20, learning_rate=5e-3, batch=8))
    return {"tfidf": TfidfStudent, "embedding": EmbeddingStudent}[request.param](StudentSpec())


def test_it_learns_whatever_the_labels_are_called(student):
    assert isinstance(student, Student)
    rows = rows_of(WEIRD)
    fitted = student.fit(rows, labels=WEIRD, seed=1)
    table = fitted.proba(rows)
    assert fitted.labels == tuple(WEIRD)
    assert table.shape == (len(rows), len(WEIRD))
    assert np.allclose(table.sum(1), 1)
    assert accuracy(fitted, rows) > 0.9


def test_columns_follow_the_declared_order_and_missing_labels_have_none(student):
    rows = rows_of(["b", "a"])
    table = student.fit(rows, labels=["z", "a", "b"], seed=1).proba(rows)
    assert (table[:, 0] == 0).all()
    assert np.allclose(table.sum(1), 1)
    assert (table.argmax(1) == [2 if r.label == "b" else 1 for r in rows]).mean() > 0.9


def test_one_label_is_predicted_always(student):
    fitted = student.fit(rows_of(["a"]), labels=["b", "a"], seed=1)
    assert fitted.proba(rows_of(["b"], 2)).tolist() == [[0, 1], [0, 1]]


def test_no_rows_in_no_rows_out(student):
    fitted = student.fit(rows_of(["a", "b"]), labels=["a", "b"], seed=1)
    assert fitted.proba([]).shape == (0, 2)


def test_same_rows_and_seed_same_student(student):
    rows = rows_of(["a", "b"])
    first, second = (student.fit(rows, labels=["a", "b"], seed=3).proba(rows) for _ in range(2))
    assert (first == second).all()


def test_nothing_is_trained_on_nothing_or_on_an_undeclared_label(student):
    with pytest.raises(SpecError, match="training rows"):
        student.fit([], labels=["a"], seed=1)
    with pytest.raises(SpecError, match="not declared"):
        student.fit(rows_of(["a", "c"]), labels=["a", "b"], seed=1)


def test_pairs_can_be_learnt(student):
    fitted = student.fit(pairs(), labels=["yes", "no", "maybe"], seed=1)
    assert fitted.proba(pairs(6)).shape == (6, 3)


def test_words_alone_would_not_do_but_the_relation_does():
    fitted = TfidfStudent(StudentSpec()).fit(pairs(30), labels=["yes", "no", "maybe"], seed=1)
    new = [Row(r.id, {k: v.replace("person", "somebody").replace("thing", "object") for k, v in r.fields.items()}, r.label) for r in pairs(60)[30:]]
    assert accuracy(fitted, new) > 0.9


def test_a_transformer_s_seed_matters(bert):
    student, rows = TransformerStudent(StudentSpec(model=str(bert), epochs=1, learning_rate=1e-3)), rows_of(["a", "b"], 4)
    one, two = (student.fit(rows, labels=["a", "b"], seed=s).proba(rows) for s in (1, 2))
    assert not np.allclose(one, two)


def test_a_causal_model_can_be_a_student(llama):
    student = TransformerStudent(StudentSpec(model=str(llama), epochs=1))
    assert student.fit(rows_of(["a", "b"], 4), labels=["a", "b"], seed=1).proba(pairs(3)).shape == (3, 2)


def test_models_where_they_belong(tmp_path):
    with pytest.raises(SpecError, match="takes no model"):
        TfidfStudent(StudentSpec(model="x"))
    with pytest.raises(SpecError, match="needs a model"):
        TransformerStudent(StudentSpec())
    with pytest.raises(SpecError, match="no model folder"):
        TransformerStudent(StudentSpec(model=str(tmp_path)))
    with pytest.raises(SpecError, match="no model folder"):
        TransformerStudent(StudentSpec(model=str(tmp_path / "nowhere")))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(EngineError, match="cannot be loaded"):
        TransformerStudent(StudentSpec(model=str(tmp_path))).fit(rows_of(["a", "b"]), labels=["a", "b"], seed=1)


def test_a_model_that_cannot_be_had_is_noticed_before_any_training(tmp_path):
    imports = "from synlearner.engines.students import TransformerStudent\nfrom synlearner.stream.specs import StudentSpec"
    code = f"{imports}\nspec = StudentSpec(model='me/none')\nTransformerStudent.check(spec)\nprint('checked')\nTransformerStudent(spec)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"})
    assert done.stdout.split() == ["checked"]
    assert "the model 'me/none' is neither a local folder, nor cached" in done.stderr


@given(st.text(max_size=30), st.text(max_size=30))
@settings(deadline=None)
def test_a_relation_is_numbers_between_zero_and_one(first, second):
    assert all(0 <= x <= 1 for x in relation(first, second))
    assert len(relation(first, second)) == 10


@given(st.lists(st.tuples(st.text(max_size=12), st.sampled_from(["a", "b"])), min_size=1, max_size=6))
@settings(deadline=None, max_examples=25)
def test_no_text_breaks_the_linear_student(texts):
    rows = [Row(str(i), {"text": text}, label) for i, (text, label) in enumerate(texts)]
    table = TfidfStudent(StudentSpec()).fit(rows, labels=["a", "b"], seed=0).proba(rows)
    assert np.allclose(table.sum(1), 1)
