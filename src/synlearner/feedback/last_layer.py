"""Gradients of a softmax layer in closed form: a row with features x and probabilities p has the gradient (p − y) ⊗ (x, constant).

Features are an array or a CSR matrix; nothing of the size rows × features × labels is made. y is the row's column among `known`, -1 where it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synlearner.protocols import Fitted
from synlearner.records import LastLayer, Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Columns = NDArray[np.int64]

NO_LABEL = "the row has no label"
# Numbers of a block of rows × rows of the development set × labels.
BLOCK = 4_000_000


def columns_of(rows: Sequence[Row], student: Fitted, known: Sequence[int]) -> tuple[Columns, dict[int, str]]:
    """Each row's column among the `known` labels, -1 where there is none, and the reasons for these."""
    import numpy as np

    place = {student.labels[label]: column for column, label in enumerate(known)}
    columns = np.array([place.get(r.label, -1) for r in rows], dtype=np.int64)
    return columns, {i: unknown(rows[i]) for i in np.flatnonzero(columns < 0).tolist()}


def unknown(row: Row) -> str:
    """Why a student cannot say anything about a row's label."""
    return f"the student has never seen the label {row.label!r}" if row.label else NO_LABEL


def residuals(layer: LastLayer, columns: Columns) -> Values:
    """P − y, (rows, labels); not-a-number for a row without a column."""
    import numpy as np

    found = layer.proba.copy()
    there = np.flatnonzero(columns >= 0)
    found[there, columns[there]] -= 1
    found[columns < 0] = np.nan
    return found


def lengths(layer: LastLayer) -> Values:
    """‖(x, constant)‖² of every row."""
    import numpy as np

    x = layer.features
    squares = np.asarray(x.multiply(x).sum(axis=1)).ravel() if hasattr(x, "multiply") else np.einsum("ij,ij->i", x, x, dtype=np.float64)
    found: Values = squares + layer.constant**2
    return found


def gradient_norms(layer: LastLayer, columns: Columns) -> Values:
    """‖p − y‖ · ‖(x, constant)‖ of every row."""
    import numpy as np

    r = residuals(layer, columns)
    found: Values = np.sqrt(np.einsum("ij,ij->i", r, r) * lengths(layer))
    return found


def influence(layer: LastLayer, columns: Columns, dev: LastLayer, wanted: Columns, rate: float) -> Values:
    """By how much the mean loss on `dev` falls after one step on each row: exact for the layer, since a step on x moves the logits of z by −rate (x·z + constant²)(p − y).

    Costs rows × rows of dev × labels exponentials, in blocks.
    """
    import numpy as np

    r = residuals(layer, columns).astype(np.float32)
    logs = np.log(np.maximum(dev.proba, 1e-30)).astype(np.float32)
    before = -logs[np.arange(len(wanted)), wanted].mean(dtype=np.float64)
    found, step = np.empty(len(r)), max(1, BLOCK // max(1, logs.size))
    for start in range(0, len(r), step):
        near = products(layer.features[start : start + step], dev.features).astype(np.float32) + np.float32(layer.constant * dev.constant)
        moved = logs - rate * near[:, :, None] * r[start : start + step, None, :]
        top = moved.max(axis=2)
        after = np.log(np.exp(moved - top[:, :, None]).sum(axis=2)) + top - np.take_along_axis(moved, np.broadcast_to(wanted[None, :, None], (*near.shape, 1)), axis=2)[:, :, 0]
        found[start : start + len(near)] = before - after.mean(axis=1, dtype=np.float64)
    return found


def products(a: Any, b: Any) -> Any:
    """A Bᵀ as an array, of arrays or CSR matrices."""
    found = a @ b.T
    return found.toarray() if hasattr(found, "toarray") else found


def part(layer: LastLayer, places: Any) -> LastLayer:
    """The layer of some of the rows."""
    return LastLayer(layer.features[places], layer.proba[places], layer.known, layer.constant)
