"""A verifier that says what it was told to say: samples in, the probabilities that you wrote down out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from synlearner.records import Measurement, Sample, Score, Unscored

Probabilities = Mapping[str, float] | Callable[[Sample], float | None]


class ScriptedVerifier:
    """`probabilities` maps a sample's text to the probability of its label, or is a function of the sample.

    What the map does not hold, or the function answers with None, is `Unscored`.
    """

    name = "scripted"

    def __init__(self, probabilities: Probabilities) -> None:
        self._probabilities = probabilities

    def verify(self, samples: Sequence[Sample]) -> list[Measurement]:
        return [self._verify(sample) for sample in samples]

    def _verify(self, sample: Sample) -> Measurement:
        known = self._probabilities
        found = known(sample) if callable(known) else known.get(sample.row.text)
        return Unscored(self.name, "not in the script") if found is None else Score(self.name, found)
