"""What fitted students tell beyond labels: last layers that give their probabilities, committees that are the same in any company, a key that says what was learnt."""

import numpy as np
import pytest

from synlearner.engines import causal
from synlearner.engines.students import EmbeddingStudent, TfidfStudent, TransformerStudent
from synlearner.feedback.acquisition import Means, acquisition
from synlearner.protocols import Doubting, Graded, Headed, Keyed
from synlearner.records import Row, Score
from synlearner.stream.specs import StudentSpec

LABELS = ["b", "a", "never"]
ROWS = [Row(f"r{i}", {"text": f"{('money back', 'password wrong')[i % 2]} number {i} {'and more ' * (i % 4)}"}, "ab"[i % 2]) for i in range(12)]


@pytest.fixture(scope="module", params=["tfidf", "embedding", "bert", "llama"])
def fitted(request):
    if request.param in ("bert", "llama"):
        spec = StudentSpec(model=str(request.getfixturevalue(request.param)), epochs=3, learning_rate=1e-3, batch=8)
        return TransformerStudent(spec).fit(ROWS, labels=LABELS, seed=1)
    return {"tfidf": TfidfStudent, "embedding": EmbeddingStudent}[request.param](StudentSpec()).fit(ROWS, labels=LABELS, seed=1)


def test_the_last_layer_says_what_the_student_says(fitted):
    assert isinstance(fitted, Headed)
    layer = fitted.last_layer(ROWS)
    assert layer.known == (0, 1)
    np.testing.assert_allclose(layer.proba, fitted.proba(ROWS)[:, :2], atol=1e-5)
    alone = fitted.last_layer(ROWS[3:4])
    wide = [np.asarray(x.todense()) if hasattr(x, "todense") else x for x in (layer.features, alone.features)]
    np.testing.assert_allclose(wide[0][3:4], wide[1], atol=1e-4)
    if hasattr(fitted, "model"):
        head = fitted._head
        logits = wide[0] @ head.weight.detach().numpy().T + (0 if head.bias is None else head.bias.detach().numpy())
        shares = np.exp(logits - logits.max(1, keepdims=True))
        np.testing.assert_allclose(shares / shares.sum(1, keepdims=True), layer.proba, atol=1e-4)


def test_members_are_the_same_in_any_company(fitted):
    assert isinstance(fitted, Doubting)
    if "Llama" in type(getattr(fitted, "model", None)).__name__:
        told = acquisition("bald", Means()).score(ROWS[:1], fitted)
        assert "dropout" in told[0].reason
        return
    members = np.stack(list(fitted.committee(ROWS)))
    assert members.shape == (8, 12, 3)
    np.testing.assert_allclose(members.sum(2), 1, atol=1e-5)
    assert members.std(0).max() > 1e-4
    np.testing.assert_allclose(np.stack(list(fitted.committee(ROWS[::-1])))[:, ::-1], members, atol=1e-4)


def test_closed_form_and_backward_pass_agree(fitted):
    if isinstance(fitted, Graded):
        np.testing.assert_allclose([m.value for m in acquisition("gradient", Means()).of.score(ROWS, fitted)], fitted.gradient_norms(ROWS, "part"), rtol=1e-4)


def test_every_function_of_a_student_is_served(fitted):
    for name in ("loss", "confidence", "entropy", "gradient", "gradient:reference", "badge", "influence", "influence:reference", "learnability", "wrong-answer"):
        found = acquisition(name, Means(dev=ROWS[:4])).score(ROWS, fitted)
        assert all(isinstance(m, Score) for m in found), (name, found)


def test_a_key_says_what_was_learnt():
    recipe = TfidfStudent(StudentSpec())
    one, same, other = (recipe.fit(rows, labels=LABELS, seed=s) for rows, s in ((ROWS, 1), (ROWS, 2), (ROWS[:8], 1)))
    assert isinstance(one, Keyed)
    assert one.key == same.key != other.key


def test_a_language_model_serves_what_it_can(llama):
    model = causal.load(str(llama), adapter=True)
    for name in ("loss", "confidence", "entropy", "gradient", "gradient:reference", "influence", "influence:reference", "learnability", "wrong-answer", "answer-variance"):
        found = acquisition(name, Means(dev=ROWS[:2], tries=2)).score(ROWS[:3], model)
        assert all(isinstance(m, Score) for m in found), (name, found)
    assert acquisition("badge", Means()).score(ROWS[:1], model)[0].reason == "the student does not show its last layer"
