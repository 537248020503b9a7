"""An audit in plain words: which scores are worth choosing by, and what to distrust."""

from __future__ import annotations

from collections.abc import Sequence

from synlearner.evaluate.audit import Verdict
from synlearner.report.audit.schema import FunctionResult, Survival
from synlearner.report.schema import Quantity
from synlearner.report.words import FEW_GOLD, listed, number, points

MARKS: dict[Verdict, str] = {"worth it": "▲ worth it", "no evidence": "◆ no evidence", "misleading": "▼ misleading", "unmeasured": "– not measured"}
# How the page's marks and colours name a verdict.
STYLES: dict[Verdict, str] = {"worth it": "better", "no evidence": "undecided", "misleading": "worse", "unmeasured": "unmeasured"}
FEW_REPEATS, FEW_ROWS = 5, 20


def share_text(q: Quantity) -> str:
    """A correlation with its interval."""
    if q.value is None:
        return "–"
    return f"{signed(q.value)} ({signed(q.interval.low)} to {signed(q.interval.high)})" if q.interval else signed(q.value)


def points_text(q: Quantity) -> str:
    """A gain in points with its interval."""
    if q.value is None:
        return "–"
    return f"{points(q.value)} ({points(q.interval.low)} to {points(q.interval.high)})" if q.interval else points(q.value)


def signed(value: float) -> str:
    """A correlation with its sign; nothing rounds to a negative zero."""
    text = f"{value:+.2f}"
    return ("0.00" if float(text) == 0 else text).replace("-", "−")


def sentence(name: str, verdict: Verdict, correlation: Quantity, over_random: Quantity) -> str:
    """What the numbers say of a function."""
    if verdict == "unmeasured":
        return f"{name} was not measured: {correlation.reason or over_random.reason}."
    numbers = f"rank correlation of score and gain {share_text(correlation)}; rows with the highest scores against random ones {points_text(over_random)} points"
    said = {
        "worth it": f"{name} is worth it: rows with a higher score help the student more, and those with the highest scores more than random ones",
        "no evidence": f"There is no evidence for {name}{_why_none(correlation, over_random)}",
        "misleading": f"{name} is misleading{_why_misleading(correlation)}",
    }[verdict]
    return f"{said} ({numbers})."


def _why_none(correlation: Quantity, over_random: Quantity) -> str:
    if correlation.interval is not None and correlation.interval.low > 0:
        return ": gain rises with the score, but rows with the highest scores cannot be told to be better than random ones"
    if over_random.interval is not None and over_random.interval.low > 0:
        return ": rows with the highest scores are better than random ones, but gain cannot be told to rise with the score"
    return ": gain cannot be told to rise or fall with the score"


def _why_misleading(correlation: Quantity) -> str:
    falls = correlation.interval is not None and correlation.interval.high < 0
    return ": rows with a higher score help the student less" if falls else ": rows with the highest scores are worse than random ones"


def answer(functions: Sequence[FunctionResult]) -> str:
    """Which functions are worth choosing by."""
    real = [f for f in functions if not f.control]
    named = {v: [f.name for f in real if f.verdict == v] for v in MARKS}
    if len(named["unmeasured"]) == len(real):
        return "Nothing was measured of any function."
    measured = len(real) - len(named["unmeasured"])
    said = f"Worth choosing by: {listed(named['worth it'], 20)}" if named["worth it"] else f"Of {number(measured, 'function')} none is shown to be worth choosing by"
    return f"{said}; misleading: {listed(named['misleading'], 20)}." if named["misleading"] else f"{said}."


def survival_text(found: Survival) -> str:
    """Whether medians and single scores survive generation."""
    said = [_survives("medians of sets", found.sets), _survives("scores of single rows", found.items)]
    return f"{found.function}: {', '.join(said)} ({number(found.pairs, 'pair')})."


def _survives(what: str, q: Quantity) -> str:
    if q.value is None or q.interval is None:
        return f"{what} not measured ({q.reason})"
    how = "survive" if q.interval.low > 0 else "turn round" if q.interval.high < 0 else "cannot be told to survive"
    return f"{what} {how} ({share_text(q)})"


def distrust(functions: Sequence[FunctionResult], *, repeats: int, dev: int, seeds_only: float, strata: Sequence[str], survival: Sequence[Survival]) -> list[str]:
    """Reasons for caution, the weightiest first."""
    found = []
    control = next((f for f in functions if f.name == "random"), None)
    if control and control.verdict in ("worth it", "misleading"):
        found.append("The correlation of random scores, which mean nothing, leaves zero out: what is said of functions may be chance as well.")
    real = [f for f in functions if not f.control and f.verdict != "unmeasured"]
    if len(real) > 1:
        found.append(f"{number(len(real), 'function')} are looked at, each at its own level: some intervals may lie beside zero by chance.")
    if repeats < FEW_REPEATS:
        found.append(f"There are {repeats} repeats: so few say little about how much repeats differ, which makes intervals wide.")
    small = min((b.rows for f in real for b in f.buckets), default=0)
    if real and small < FEW_ROWS:
        found.append(f"Buckets are as small as {number(small, 'row')}: give a larger pool, or ask for fewer buckets or repeats.")
    if dev < FEW_GOLD:
        found.append(f"There are few development rows ({dev}), so intervals are wide.")
    if "label" not in strata:
        found.append("Buckets may hold labels in unequal shares: a score may seem to help, or to harm, by the labels that it prefers.")
    length = next((f for f in functions if f.name == "length"), None)
    if length and length.verdict in ("worth it", "misleading"):
        alike = [f.name for f in real if f.with_words is not None and abs(f.with_words) >= 0.5]
        found.append(
            f"Mere length goes with gain{f', and these scores go with length: {listed(alike)}' if alike else ''}. Buckets can be made equally long with --strata label,length."
        )
    if seeds_only > 0.95:
        found.append("The seeds alone leave little to gain.")
    if survival:
        found.append("A row's score and that of a row written around it come from one student, and are drawn to agree by whatever it gets wrong about both.")
    found.append("Intervals cover other draws of pool rows and development rows: not other seed rows, other students or other tasks.")
    return found
