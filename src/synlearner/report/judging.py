"""What judges did, from the ledger to the summary's `Judging`, and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synlearner.evaluate.judges import Agreement, Known, reliability
from synlearner.records import Interval as Measured
from synlearner.report.schema import Believed, Interval, JudgeUse, Judging, TaskSummary
from synlearner.report.words import interval_text, number, percent
from synlearner.store.ledger import Ledger, Step
from synlearner.store.reading import Reading
from synlearner.stream.specs import JUDGE

# How steps are named in which judges were asked, and in which their word was put together.
ASKING, TOGETHER = "judging.", "judged."


def is_judging(name: str) -> bool:
    """Whether a step of that name belongs to judges."""
    return name == JUDGE or name.startswith((ASKING, TOGETHER))


def said_by_people(ledger: Ledger) -> dict[str, list[Known]]:
    """By task, the rows that judges scored and people judged since, with the judges' word."""
    found: dict[str, list[Known]] = {}
    with Reading.open(ledger.folder) as reading:
        for i, (task, score, share) in enumerate(reading.scored(JUDGE)):
            found.setdefault(task, []).append(Known(score, share > 0.5, str(i)))
    return found


def judging_of(steps: Mapping[str, Step], people: Sequence[Known]) -> Judging | None:
    """What judges did on a task; None where nobody judged."""
    asked = [dict(s.result) for name, s in steps.items() if name.startswith(ASKING) and s.result]
    measured: Mapping[str, Any] = (steps[JUDGE].result or {}) if JUDGE in steps else {}
    if not asked and not measured:
        return None
    together = [s.result for name, s in steps.items() if name.startswith(TOGETHER) and s.result]
    sums = sum((_sums(r) for r in together), Agreement())
    known = {j["judge"]: j for j in measured.get("judges", ())}
    return Judging(
        source=measured.get("source", "nobody"),
        judges=[_use(judge, known.get(judge), [a for a in asked if a["judge"] == judge]) for judge in dict.fromkeys([*known, *(a["judge"] for a in asked)])],
        rows=sum(r["rows"] for r in together),
        answered={str(k): n for k, n in sorted(sums.answered.items(), reverse=True)},
        agreement=sums.alpha,
        people=_believed(reliability(people, [k.value for k in people])) if people else None,
    )


def _sums(result: Mapping[str, Any]) -> Agreement:
    return Agreement(**{k: result[k] for k in ("values", "total", "squares", "within")}, answered={int(k): n for k, n in result["answered"].items()})


def _use(judge: str, known: Mapping[str, Any] | None, asked: Sequence[Mapping[str, Any]]) -> JudgeUse:
    purposes, silent = Counter[str](), Counter[str]()
    for a in asked:
        purposes[a["purpose"]] += a["asked"]
        silent.update(a["unscored"])
    return JudgeUse(
        name=known["name"] if known else judge,
        asked=dict(purposes),
        silent=dict(silent.most_common()),
        tokens_in=sum(a["tokens"]["in"] for a in asked),
        tokens_out=sum(a["tokens"]["out"] for a in asked),
        seconds=sum(a["seconds"] for a in asked),
        known=_believed(known) if known else None,
    )


def _believed(found: Any) -> Believed:
    """From a result of the ledger, or as it was measured now."""
    own = {k: found[k] if isinstance(found, Mapping) else getattr(found, k) for k in Believed.model_fields}
    limits = own["accuracy"]
    if isinstance(limits, Measured):
        limits = {k: getattr(limits, k) for k in Interval.model_fields}
    return Believed(**{**own, "accuracy": Interval(**limits) if limits else None})


# ── in words ────────────────────────────────────────────────────────────


def judging_text(task: TaskSummary) -> Iterator[str]:
    """What judges did on a task, a sentence for each, then for all together."""
    found = task.judging
    if found is None:
        return
    for use in found.judges:
        silent = "; ".join(f"{n} of its answers gave nothing ({why})" for why, n in use.silent.items())
        yield f"{task.name}, {use.name}: {number(sum(use.asked.values()), 'question')}; {_known(use.known, found.source)}{f'; {silent}' if silent else ''}."
    if len(found.judges) > 1 and found.rows:
        alike = "it is not known whether they agree" if found.agreement is None else f"they agree with Krippendorff's alpha {found.agreement:.2f}".replace("-", "−")
        counts = ", ".join(f"{number(n, 'row')} scored by {k}" for k, n in found.answered.items())
        yield f"{task.name}, all judges: {counts}; {alike}."
    if found.people:
        yield f"{task.name}, beside the verdicts that people gave since: {_known(found.people, 'people')}."


def _known(known: Believed | None, source: str) -> str:
    if known is None:
        return "it was not measured"
    if known.accuracy is None:
        return known.reason
    right = f"{interval_text(known.accuracy)} % of {number(known.rows, 'row')} told rightly, where chance is {percent(known.chance)} %"
    told = {"people": "people judged", "seeds": "are seeds with the right or another label"}.get(source, "are known")
    return f"{right}; these {told}{f'; not believed: {known.reason}' if known.reason else ''}"
