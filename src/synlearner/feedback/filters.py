"""One door for everything that judges a sample: samples go in, marks with reasons and measurements come out.

Every filter looks at every sample before anything is dropped, so a sample carries all of its marks; the first mark that drops is the
reason that is counted. Order: contamination, quality, verifier, attributes, judge, duplicates. Judges cost money: they read no row that an earlier
filter drops. Duplicates are those of rows that stay: a row that another filter drops takes nothing with it. Gold rows are read by the contamination check alone and enter no
score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from synlearner.feedback import quality
from synlearner.feedback.attributes import AttributeChecker
from synlearner.feedback.contamination import GoldIndex
from synlearner.feedback.duplicates import Seen
from synlearner.feedback.verifiers import Opinion, Opinionated
from synlearner.protocols import Panel, Verifier
from synlearner.records import LOGPROB, Mark, Measurement, Row, Sample, Score
from synlearner.seeding import content_hash
from synlearner.stream.specs import FeedbackSpec
from synlearner.stream.tasks import Task

# Below this mean of its measured attributes a sample is marked.
ATTRIBUTES_LIMIT = 0.5
Setting = Literal["annotate", "drop", "off"]


class Filters:
    """All filters of one task. Remembers the rows that stay, so that later rounds cannot repeat them.

    `golds`: the gold rows of every task of the stream by task name, or an index of them. `archive`: texts of earlier tasks. `verifier`:
    None leaves labels unverified. `panel`: judges, where there are any. `identity` names everything that verdicts depend on besides the samples.
    """

    def __init__(
        self, task: Task, spec: FeedbackSpec, *, golds: Mapping[str, Sequence[Row]] | GoldIndex, archive: Iterable[str], verifier: Verifier | None, panel: Panel | None = None
    ) -> None:
        self._task, self._spec = task, spec
        self._verifier = verifier if spec.verifier != "off" else None
        self._panel = panel if panel is not None and panel.use != "off" else None
        self._gold = golds if isinstance(golds, GoldIndex) else GoldIndex(golds, near=spec.near_duplicate)
        self._attributes = AttributeChecker(task)
        earlier = list(archive)
        self._seen = self._remembered(earlier) if spec.duplicates != "off" else None
        named = getattr(self._verifier, "identity", self._verifier.name if self._verifier else "")
        judged = [[self._panel.identity, self._panel.use, self._panel.threshold]] if self._panel else []
        self.identity = content_hash([task.key, spec.model_dump(mode="json"), self._gold.identity, earlier, named, *judged])

    def _remembered(self, archive: Sequence[str]) -> Seen:
        seen = Seen(self._spec.near_duplicate)
        for row in self._task.seeds:
            seen.add(f"seed row {row.id!r}", seen.look([row.fields[f] for f in self._task.fields]))
        for number, text in enumerate(archive):
            seen.add(f"text {number} of earlier tasks", seen.look([text]))
        return seen

    def judge(self, samples: Sequence[Sample]) -> tuple[list[Mark], list[list[Measurement]]]:
        """Marks of all samples, sample by sample, and for each sample its measurements. Samples that stay are remembered."""
        looked = [self._look(sample, *opinion) for sample, opinion in zip(samples, self._opinions(samples), strict=True)]
        judged = self._judged([s for s, (found, _) in zip(samples, looked, strict=True) if not _drops(found)])
        marks: list[Mark] = []
        measured: list[list[Measurement]] = []
        for sample, (before, scores) in zip(samples, looked, strict=True):
            said, told = judged.get(sample.prompt_id, ([], []))
            found = [*before, *said]
            marks += [*found, *self._duplicates(sample, dropped=_drops(found))]
            measured.append([*scores, *told])
        return marks, measured

    def _look(self, sample: Sample, verified: Sequence[Measurement], opinion: Opinion | None) -> tuple[list[Mark], list[Measurement]]:
        """Marks and measurements that need neither judges nor other rows."""
        of_quality, of_attributes = self._quality(sample), self._checked(sample)
        found = [*self._contamination(sample), *of_quality[0], *self._doubts(sample, verified, opinion), *of_attributes[0]]
        return found, [*verified, *of_attributes[1], *of_quality[1]]

    def _judged(self, samples: Sequence[Sample]) -> dict[str, tuple[list[Mark], list[Measurement]]]:
        """By prompt id what the judges say, and a mark where it lies below their threshold."""
        if self._panel is None or not samples:
            return {}
        found: dict[str, tuple[list[Mark], list[Measurement]]] = {}
        for sample, (said, critique) in zip(samples, self._panel.judge(samples), strict=True):
            low = isinstance(said, Score) and said.value < self._panel.threshold
            detail = f"{said.value:.2f}, below {self._panel.threshold:g}: {critique}" if isinstance(said, Score) else ""
            found[sample.prompt_id] = ([self._mark(sample, "judge", self._panel.use, "judge", detail)] if low else [], [said])
        return found

    def _mark(self, sample: Sample, name: str, setting: Setting, reason: str, detail: str) -> Mark:
        return Mark(sample.prompt_id, name, setting == "drop", reason, detail)

    def _contamination(self, sample: Sample) -> list[Mark]:
        match = self._gold.match(_fields(sample))
        return [self._mark(sample, "contamination", self._spec.contamination, "contamination", str(match))] if match else []

    def _quality(self, sample: Sample) -> tuple[list[Mark], Sequence[Measurement]]:
        if self._spec.quality == "off":
            return [], []
        verdict = quality.judge(sample, self._task)
        return [self._mark(sample, "quality", self._spec.quality, reason, detail) for reason, detail in verdict.complaints.items()], verdict.measurements

    def _checked(self, sample: Sample) -> tuple[list[Mark], list[Measurement]]:
        if self._spec.attributes == "off":
            return [], []
        found = self._attributes.check(sample)
        scores = [m for m in found if isinstance(m, Score)]
        if not scores or sum(s.value for s in scores) / len(scores) >= ATTRIBUTES_LIMIT:
            return [], found
        missed = {s.name.partition("/")[2]: s.value for s in scores if s.value < 1}
        detail = ", ".join(f"{name} {sample.attributes[name]!r} {value:.2f}" for name, value in missed.items())
        return [self._mark(sample, "attributes", self._spec.attributes, "attributes", detail)], found

    def _opinions(self, samples: Sequence[Sample]) -> list[tuple[list[Measurement], Opinion | None]]:
        """Per sample the verifier's measurement and, where it tells, what it would have said instead."""
        if self._verifier is None or not samples:
            return [([], None) for _ in samples]
        if isinstance(self._verifier, Opinionated):
            name = self._verifier.name
            told = self._verifier.opinions(samples)
            return [([Score(name, o.own)], o) if isinstance(o, Opinion) else ([o], None) for o in told]
        return [([m], None) for m in self._verifier.verify(samples)]

    def _doubts(self, sample: Sample, verified: Sequence[Measurement], opinion: Opinion | None) -> list[Mark]:
        """A mark when the verifier's favourite is another label by more than the margin."""
        if opinion is None:
            opinion = next((self._least_doubt(m.value) for m in verified if isinstance(m, Score)), None)
        if opinion is None or opinion.favourite == sample.row.label or opinion.lead <= self._spec.verifier_margin:
            return []
        detail = f"reads {opinion.favourite or 'another label'!r} ({opinion.best:.2f}), not {sample.row.label!r} ({opinion.own:.2f})"
        return [self._mark(sample, "verifier", self._spec.verifier, "label", detail)]

    def _least_doubt(self, own: float) -> Opinion:
        """Of a verifier that tells only the label's own probability: what the best other label has at the least."""
        return Opinion(own, "", (1 - own) / max(1, len(self._task.labels) - 1))

    def _duplicates(self, sample: Sample, *, dropped: bool) -> list[Mark]:
        """A mark when an earlier row says the same; a sample that stays is remembered."""
        if self._seen is None:
            return []
        look = self._seen.look(_fields(sample))
        twin = self._seen.twin(look)
        if not dropped and not (twin and self._spec.duplicates == "drop"):
            self._seen.add(f"row {sample.row.id!r}", look)
        if twin is None:
            return []
        reason = "duplicate" if twin.exact else "near-duplicate"
        return [self._mark(sample, "duplicates", self._spec.duplicates, reason, f"{twin.name}, similarity {twin.similarity:.2f}")]


def _drops(marks: Iterable[Mark]) -> bool:
    return any(m.drop for m in marks)


def _fields(sample: Sample) -> list[str]:
    return list(sample.row.fields.values())


def kept(samples: Sequence[Sample], marks: Iterable[Mark]) -> list[Sample]:
    """The samples without a mark that drops, in order."""
    dropped = {m.prompt_id for m in marks if m.drop}
    return [s for s in samples if s.prompt_id not in dropped]


def sample_score(measurements: Iterable[Measurement]) -> float | None:
    """One number for ranking, in 0..1: the mean over verifier, attributes and quality, each the mean of what was measured under its name. Log
    probabilities do not count.

    None when nothing was measured. Groups are the part of a measurement's name before the slash.
    """
    groups: dict[str, list[float]] = {}
    for m in measurements:
        if isinstance(m, Score) and m.name != LOGPROB:
            groups.setdefault(m.name.partition("/")[0], []).append(m.value)
    return sum(sum(g) / len(g) for g in groups.values()) / len(groups) if groups else None
