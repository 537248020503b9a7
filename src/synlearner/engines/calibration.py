"""How a score becomes a probability: scores and outcomes of the same rows go in, a rising line of points goes out.

Platt (1999): a logistic curve, fitted to outcomes that are drawn a little towards each other as Platt does. Isotonic: the best rising steps (Zadrozny and
Elkan 2002), for many rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from synlearner.errors import boundary

# Points of the logistic curve that are kept: between them the line is straight.
POINTS = 65
# The logistic fit is as good as without a penalty.
FREE = 1e4
Line = list[tuple[float, float]]


def platt(scores: Sequence[float], good: Sequence[bool]) -> Line:
    """The logistic curve through outcomes; level at the share of good rows where it would fall. Both outcomes must occur."""
    import numpy as np

    with boundary("scikit-learn", "student"):
        from sklearn.linear_model import LogisticRegression
    n, k = len(good), sum(good)
    # Each row is a good one and a bad one with weights, which is what targets between 0 and 1 are to a logistic fit.
    towards = np.where(np.array(good), (k + 1) / (k + 2), 1 / (n - k + 2))
    x = np.tile(np.asarray(scores, dtype=float)[:, None], (2, 1))
    fit = LogisticRegression(C=FREE).fit(x, np.repeat([1, 0], n), sample_weight=np.concatenate([towards, 1 - towards]))
    if fit.coef_[0, 0] <= 0:
        return [(0.0, (k + 1) / (n + 2)), (1.0, (k + 1) / (n + 2))]
    grid = np.linspace(0, 1, POINTS)
    return list(zip(grid.tolist(), fit.predict_proba(grid[:, None])[:, 1].tolist(), strict=True))


def isotonic(scores: Sequence[float], good: Sequence[bool]) -> Line:
    """The rising steps through outcomes, straight between them."""
    with boundary("scikit-learn", "student"):
        from sklearn.isotonic import IsotonicRegression
    fit = IsotonicRegression(y_min=0.0, y_max=1.0, increasing=True, out_of_bounds="clip").fit(list(scores), [float(g) for g in good])
    return [(float(x), float(y)) for x, y in zip(fit.X_thresholds_, fit.y_thresholds_, strict=True)]
