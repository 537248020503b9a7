"""A trained transformer classifier, with what it can tell of rows: probabilities, what its last layer reads, members by dropout, gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synlearner.engines.linear import MEMBERS
from synlearner.engines.network import Network, batches
from synlearner.errors import EngineError
from synlearner.records import LastLayer, Row
from synlearner.seeding import derive

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

TOGETHER = 64


class Classifier(Network):
    """`known` are the columns of labels that it has seen, in the order of the model's outputs; `encode` makes a batch of rows into the model's arguments."""

    def __init__(self, labels: tuple[str, ...], known: tuple[int, ...], model: Any, encode: Callable[[Sequence[Row]], Any], *, key: str) -> None:
        self.labels, self.known, self.model, self.key = labels, known, model, key
        self._encode = encode

    def proba(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Shape (rows, labels); rows sum to one; a label that was not among the training rows has probability zero."""
        import numpy as np
        import torch

        table = np.zeros((len(rows), len(self.labels)))
        if rows:
            with torch.inference_mode():
                logits = [self.model(**self._encode(rows[i : i + TOGETHER])).logits for i in range(0, len(rows), TOGETHER)]
            table[:, list(self.known)] = torch.cat(logits).double().softmax(-1).cpu().numpy()
        return table

    def last_layer(self, rows: Sequence[Row]) -> LastLayer:
        """What the layer that makes logits reads (of every row at the place that counts), and the probabilities."""
        import numpy as np
        import torch

        features, shares = np.zeros((len(rows), self._head.in_features), np.float32), np.zeros((len(rows), len(self.known)))
        for places in batches(rows, size=TOGETHER):
            read: list[Tensor] = []
            handle = self._head.register_forward_hook(lambda _, given, __, read=read: read.append(given[0].detach()))
            try:
                with torch.inference_mode():
                    given = self._encode([rows[i] for i in places])
                    logits = self.model(**given).logits
            finally:
                handle.remove()
            features[places] = _at_the_end(read[-1], given).float().cpu().numpy()
            shares[places] = logits.double().softmax(-1).cpu().numpy()
        return LastLayer(features, shares, self.known, 0.0 if self._head.bias is None else 1.0)

    def committee(self, rows: Sequence[Row]) -> Iterator[NDArray[np.float64]]:
        """Members by dropout, each with the same units left out for all rows (consistent Monte Carlo dropout, arXiv 1906.08158)."""
        drops = [m for m in self.model.modules() if type(m).__name__ == "Dropout" and m.p > 0]
        if not drops:
            raise EngineError("the student has no dropout that would make members of a committee", "use a student with dropout, or a linear one")
        for member in range(MEMBERS):
            with _left_out(drops, derive(0, "committee", member)):
                yield self.proba(rows)

    def fits(self, row: Row) -> bool:
        """Whether it knows the row's label."""
        return row.label in self._column

    def row_losses(self, rows: Sequence[Row]) -> Tensor:
        """Cross-entropy of each row's label."""
        import torch

        wanted = torch.tensor([self._column[r.label] for r in rows], device=self.model.device)
        return torch.nn.functional.cross_entropy(self.model(**self._encode(rows)).logits.float(), wanted, reduction="none")

    def part(self) -> list[Any]:
        return list(self._head.parameters())

    def learning(self) -> list[Any]:
        return [p for p in self.model.parameters() if p.requires_grad]

    @cached_property
    def _column(self) -> dict[str, int]:
        return {self.labels[label]: column for column, label in enumerate(self.known)}

    @cached_property
    def _head(self) -> Any:
        """The last linear layer with an output for each label."""
        found = [m for m in self.model.modules() if type(m).__name__ == "Linear" and m.out_features == len(self.known)]
        if not found:
            raise EngineError("the student's last layer is not linear", "use a student with a linear head")
        return found[-1]


def _at_the_end(read: Tensor, given: Any) -> Tensor:
    """What was read at the place whose logits count: the only one, or of causal models the last token before the padding on the right."""
    import torch

    if read.dim() == 2:
        return read
    ends = given["attention_mask"].sum(1) - 1
    return read[torch.arange(len(read), device=read.device), ends]


@contextmanager
def _left_out(drops: Sequence[Any], seed: int) -> Iterator[None]:
    """Every dropout layer leaves out units of its own choice, the same ones for every row and token."""
    import torch

    def hook(number: int) -> Callable[..., Tensor]:
        def leave(module: Any, _: Any, said: Tensor) -> Tensor:
            draw = torch.rand(said.shape[-1], generator=torch.Generator().manual_seed(derive(seed, number)))
            kept: Tensor = said * ((draw >= module.p) / (1 - module.p)).to(said)
            return kept

        return leave

    handles = [m.register_forward_hook(hook(i)) for i, m in enumerate(drops)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
