"""Acquisition functions of how a row would move a student: the length of its gradient, and what one step on it does to a development set."""

from __future__ import annotations

from collections.abc import Sequence

from synlearner.feedback import last_layer
from synlearner.feedback.acquisition import CannotTellError, Found, Function, Means, Ranked, labelled, lacks, unlabelled
from synlearner.feedback.kept import Kept
from synlearner.protocols import Acquisition, Graded, Headed, Learner
from synlearner.records import Row
from synlearner.seeding import content_hash


def gradient(means: Means) -> Acquisition:
    """The rank among the rows of the norm of ∇ loss per sample, over the adapter or the last layer."""
    norm = Function("gradient", "gradient of a part", lambda rows, student: _gradient(rows, student, whole=False))
    return Ranked(norm if means.cache is None else Kept(norm, means.cache))


def gradient_reference(_: Means) -> Acquisition:
    """The norm itself, over all weights."""
    return Function("gradient:reference", "gradient of all weights", lambda rows, student: _gradient(rows, student, whole=True))


def influence(means: Means) -> Acquisition:
    """By how much the mean loss on `dev` falls after one step on the row: of the last layer where the student shows it, else to first order over what learns."""

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        if isinstance(student, Headed):
            return _last_layer_influence(rows, student, means)
        if isinstance(student, Graded):
            return means.rate * student.gradient_products(rows, _dev(means)), unlabelled(rows)
        raise CannotTellError(lacks(student, "shows neither its last layer nor its gradients"))

    return Function("influence", _stepped("influence", means), compute)


def influence_reference(means: Means) -> Acquisition:
    """The same with a real step of all weights that learn, one for each row (Montessori-Instruct, arXiv 2410.14208)."""

    def compute(rows: Sequence[Row], student: Learner | None) -> Found:
        if isinstance(student, Graded):
            return student.losses_after(rows, _dev(means), means.rate), unlabelled(rows)
        if isinstance(student, Headed):
            return _last_layer_influence(rows, student, means)
        raise CannotTellError(lacks(student, "shows neither its last layer nor its gradients"))

    return Function("influence:reference", _stepped("influence:reference", means), compute)


def _gradient(rows: Sequence[Row], student: Learner | None, *, whole: bool) -> Found:
    if isinstance(student, Graded) and (whole or not isinstance(student, Headed)):
        return student.gradient_norms(rows, "all" if whole else "part"), unlabelled(rows)
    if isinstance(student, Headed):
        layer = student.last_layer(rows)
        columns, reasons = last_layer.columns_of(rows, labelled(student), layer.known)
        return last_layer.gradient_norms(layer, columns), reasons
    raise CannotTellError(lacks(student, "shows neither its last layer nor its gradients"))


def _last_layer_influence(rows: Sequence[Row], student: Headed, means: Means) -> Found:
    import numpy as np

    known_to = labelled(student)
    dev = _dev(means)
    there = student.last_layer(dev)
    known, _ = last_layer.columns_of(dev, known_to, there.known)
    if (known < 0).all():
        raise CannotTellError("no row of the development set has a label that the student knows")
    layer = student.last_layer(rows)
    columns, reasons = last_layer.columns_of(rows, known_to, layer.known)
    kept = np.flatnonzero(known >= 0)
    return last_layer.influence(layer, columns, last_layer.part(there, kept), known[kept], means.rate), reasons


def _dev(means: Means) -> Sequence[Row]:
    if not means.dev:
        raise CannotTellError("influence needs rows of a development set")
    return means.dev


def _stepped(name: str, means: Means) -> str:
    return f"{name}, rate {means.rate:g}, dev {content_hash([[dict(r.fields), r.label] for r in means.dev])}"
