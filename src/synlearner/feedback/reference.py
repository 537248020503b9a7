"""The diversity metrics as their formulas are written: float64, loops, whole matrices. Slow on purpose; `diversity` is held against it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from synlearner.feedback.words import ngrams, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Values = NDArray[np.float64]


def _unit(vectors: Matrix) -> Values:
    import numpy as np

    wide = vectors.astype(np.float64)
    unit: Values = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    return unit


def distinctiveness(vectors: Matrix) -> Values:
    """1 − Σ_j w_ij s_ij with w_ij = s_ij⁺ / Σ_j s_ij⁺."""
    import numpy as np

    unit = _unit(vectors)
    out = []
    for row in unit:
        s = unit @ row
        w = np.maximum(s, 0) / np.maximum(s, 0).sum()
        out.append(1 - np.sum(w * s))
    return np.array(out)


def novelty(vectors: Matrix, archive: Matrix) -> Values:
    """1 − the largest cosine to the archive."""
    import numpy as np

    other = _unit(archive)
    return np.array([1 - np.max(other @ row) for row in _unit(vectors)])


def set_gain(vectors: Matrix, alpha: float = 1.0) -> Values:
    """D(S) − D(S∖i) with D(S) = log det(I + α·EEᵀ), each determinant by itself."""
    import numpy as np

    def value(unit: Values) -> float:
        return float(np.linalg.slogdet(np.eye(len(unit)) + alpha * unit @ unit.T)[1]) if len(unit) else 0.0

    unit = _unit(vectors)
    whole = value(unit)
    return np.array([whole - value(np.delete(unit, i, axis=0)) for i in range(len(unit))])


def novel_sum(vectors: Matrix, reference: Matrix | None = None, k: int = 10) -> float:
    """Mean over rows of Σ_r M_i(r)/r over Σ_r 1/r, M_ij = σ_i·(1 − cos_ij) sorted ascending, M_ii = 0."""
    import numpy as np

    unit = _unit(vectors)
    corpus = unit if reference is None else _unit(reference)
    ranks = 1 / np.arange(1, len(unit) + 1)
    rows = []
    for i, row in enumerate(unit):
        squared = np.sum((corpus - row) ** 2, axis=1)
        nearest = np.sort(np.delete(squared, i) if reference is None else squared)[:k]
        sigma = (1 / (nearest.mean() + 1e-9)) ** 0.5
        m = sigma * np.sum((unit - row) ** 2, axis=1) / 2
        rows.append(np.sum(ranks * np.sort(m)) / ranks.sum())
    return float(np.mean(rows))


def vendi(vectors: Matrix, q: float = 1.0) -> float:
    """The exponential of the Rényi entropy of order q of the eigenvalues of K/n, by the rows × rows side."""
    import numpy as np

    unit = _unit(vectors)
    p = np.linalg.eigvalsh(unit @ unit.T / len(unit))
    p = p[p > 1e-12]
    if q == 1:
        return math.exp(-float(np.sum(p * np.log(p))))
    return float(1 / p.max()) if math.isinf(q) else float(np.sum(p**q) ** (1 / (1 - q)))


def dc_score(vectors: Matrix, temperature: float = 1.0) -> float:
    """Trace of the row softmax of EEᵀ/τ."""
    import numpy as np

    unit = _unit(vectors)
    scores = np.exp((unit @ unit.T - 1) / temperature)
    return float(np.trace(scores / scores.sum(axis=1, keepdims=True)))


def self_bleu(texts: Sequence[str], n: int = 4) -> float:
    """Mean BLEU-n of each text against all others: clipped precision by the largest count of any other text, brevity penalty by the
    nearest length, orders up to the text's own length, a tenth of a match for an order without any.
    """
    tokens = [words(t) for t in texts if words(t)]
    scores = []
    for i, hypothesis in enumerate(tokens):
        others = tokens[:i] + tokens[i + 1 :]
        logs = []
        for order in range(1, min(n, len(hypothesis)) + 1):
            mine = Counter(ngrams(hypothesis, order))
            hits = sum(min(count, max(Counter(ngrams(o, order))[gram] for o in others)) for gram, count in mine.items())
            logs.append(math.log(max(hits, 0.1) / mine.total()))
        nearest = min((len(o) for o in others), key=lambda length: (abs(length - len(hypothesis)), length))
        scores.append(min(1.0, math.exp(1 - nearest / len(hypothesis))) * math.exp(sum(logs) / len(logs)))
    return sum(scores) / len(scores)
