"""What fitted networks tell of single rows by their gradients, whatever the network is: classifiers and language models share this.

Rows go in, sorted by length into batches; numbers in the order of the rows come out. See `gradients` for how one backward pass serves a whole batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from synlearner.engines.gradients import traced
from synlearner.errors import EngineError
from synlearner.records import Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

BATCH = 16


class Network(ABC):
    """A model in evaluation mode. Whoever inherits says how rows become losses, which of them fit, and which weights are `part` of the model."""

    model: Any

    @abstractmethod
    def row_losses(self, rows: Sequence[Row]) -> Tensor:
        """The loss of each row, (rows,), with its graph."""

    @abstractmethod
    def fits(self, row: Row) -> bool:
        """Whether there is a loss for a row at all."""

    @abstractmethod
    def part(self) -> list[Any]:
        """The adapter's weights, or those of the last layer."""

    @abstractmethod
    def learning(self) -> list[Any]:
        """The weights that a step would move."""

    def gradient_norms(self, rows: Sequence[Row], over: Literal["part", "all"]) -> NDArray[np.float64]:
        """See `protocols.Graded`."""
        weights = self.part() if over == "part" else list(self.model.parameters())
        return self._by_batch(rows, lambda batch: traced(self.model, weights, lambda: self.row_losses(batch)).squared_norms().sqrt())

    def gradient_products(self, rows: Sequence[Row], dev: Sequence[Row]) -> NDArray[np.float64]:
        """See `protocols.Graded`."""
        with _learning(self.model, self.learning()) as weights:
            self._mean_loss(dev, backward=True)
            reference = {w: w.grad.detach().clone() for w in weights if w.grad is not None}
        return self._by_batch(rows, lambda batch: traced(self.model, list(reference), lambda: self.row_losses(batch)).products(reference))

    def losses_after(self, rows: Sequence[Row], dev: Sequence[Row], rate: float) -> NDArray[np.float64]:
        """See `protocols.Graded`. The weights are put back as they were, to the bit."""
        import numpy as np

        found = np.full(len(rows), np.nan)
        before = self._mean_loss(dev)
        for place in (i for i, row in enumerate(rows) if self.fits(row)):
            with _learning(self.model, self.learning()) as weights:
                self.row_losses([rows[place]]).sum().backward()  # type: ignore[no-untyped-call]
                kept = [w.data for w in weights]
                for w in weights:
                    w.data = w.data - rate * w.grad if w.grad is not None else w.data
                try:
                    found[place] = before - self._mean_loss(dev)
                finally:
                    for w, data in zip(weights, kept, strict=True):
                        w.data = data
        return found

    def _mean_loss(self, rows: Sequence[Row], *, backward: bool = False) -> float:
        import torch

        there = [r for r in rows if self.fits(r)]
        if not there:
            raise EngineError("no row of the development set can be read by the student", "give rows whose labels and lengths it knows")
        total = 0.0
        for i in range(0, len(there), BATCH):
            with torch.set_grad_enabled(backward):
                loss = self.row_losses(there[i : i + BATCH]).sum() / len(there)
            if backward:
                loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        return total

    def _by_batch(self, rows: Sequence[Row], compute: Callable[[Sequence[Row]], Tensor]) -> NDArray[np.float64]:
        import numpy as np

        found = np.full(len(rows), np.nan)
        for places in batches(rows, self.fits):
            found[places] = compute([rows[i] for i in places]).detach().cpu().numpy()
        return found


def batches(rows: Sequence[Row], fits: Callable[[Row], bool] = lambda _: True, size: int = BATCH) -> Iterator[list[int]]:
    """Places of the rows that fit, rows of similar length together, in an order that depends on the rows alone."""
    order = sorted((i for i, r in enumerate(rows) if fits(r)), key=lambda i: (len(rows[i].text), rows[i].text, rows[i].label))
    for i in range(0, len(order), size):
        yield order[i : i + size]


@contextmanager
def _learning(model: Any, weights: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """These weights, and no others, ask for gradients; afterwards all is as it was."""
    asked = {p: p.requires_grad for p in model.parameters()}
    wanted = set(weights)
    for p in asked:
        p.requires_grad_(p in wanted)
        p.grad = None
    try:
        yield weights
    finally:
        for p, before in asked.items():
            p.requires_grad_(before)
            p.grad = None
