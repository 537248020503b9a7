import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines.embedders import Hashing, SentenceTransformerEmbedder
from synlearner.errors import EngineError, SpecError
from synlearner.protocols import Embedder

CLOSE = ["My parcel has not arrived yet.", "My parcel still has not arrived.", "Which planet has the most moons?"]
HASHING = Hashing()


@pytest.fixture(scope="module", params=[Hashing, SentenceTransformerEmbedder])
def embedder(request):
    return request.param()


def test_vectors_are_unit_float32(embedder):
    assert isinstance(embedder, Embedder)
    vectors = embedder.embed(CLOSE)
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.embed([]).shape == (0, 384)


def test_like_texts_are_near(embedder):
    a, b, c = embedder.embed(CLOSE)
    assert a @ b > 0.6
    assert a @ b > a @ c + 0.3


def test_a_text_s_vector_does_not_depend_on_its_neighbours(embedder):
    together = embedder.embed(CLOSE)
    alone = np.vstack([embedder.embed([t]) for t in CLOSE])
    assert np.allclose(together, alone, atol=1e-5)


def test_hashing_is_the_same_everywhere():
    assert (Hashing().embed(CLOSE) == HASHING.embed(CLOSE)).all()
    assert np.flatnonzero(HASHING.embed(["a"])).size > 8
    assert Hashing(width=256).embed(CLOSE).shape == (3, 256)
    assert Hashing(width=256).identity != HASHING.identity


@given(st.lists(st.text(max_size=40), max_size=5))
@settings(deadline=None, max_examples=40)
def test_every_text_has_a_vector_of_length_one_or_zero(texts):
    lengths = np.linalg.norm(HASHING.embed(texts), axis=1)
    assert all(abs(n - 1) < 1e-5 or n == 0 for n in lengths)


def test_models_that_are_not_there(tmp_path):
    with pytest.raises(SpecError, match="takes no model"):
        Hashing("something")
    with pytest.raises(EngineError, match="cannot be loaded"):
        SentenceTransformerEmbedder(str(tmp_path)).embed(["a"])
