"""Rounds as the ledger has them: steps of a task go in, the learning curve and what was chosen come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from synlearner.report.schema import ChosenRow, RoundChoice, RoundPoint, Rounds, Score
from synlearner.store.ledger import Step

Steps = Mapping[str, Step]


def rounds_of(steps: Steps) -> Rounds | None:
    """The rounds of a task as far as they went; None where there were none."""
    done = results(steps, "round")
    if not done:
        return None
    choices = results(steps, "choose")
    end: Mapping[str, Any] = (steps["rounds"].result or {}) if "rounds" in steps else {}
    curve: Mapping[str, Any] = (steps["curve"].result or {}) if "curve" in steps else {}
    by = end.get("by") or (choices[0]["by"] if choices else "")
    return Rounds(
        by=by,
        done=len(done) - 1,
        ended=end.get("ended", ""),
        best=end.get("best"),
        why=end.get("why", ""),
        points=_points(done, curve),
        currency=_currency(done),
        choices=[RoundChoice(**{k: c[k] for k in ("round", "candidates", "scored", "unscored")}, rows=[_row(r) for r in c["chosen"]]) for c in choices],
    )


def results(steps: Steps, stem: str) -> list[Mapping[str, Any]]:
    """Results of the finished steps `<stem>.<round>` in the order of the rounds."""
    found = [s.result for name, s in steps.items() if name.partition(".")[0] == stem and name != stem and s.result is not None]
    return sorted(found, key=lambda r: r["round"])


def _currency(done: Sequence[Mapping[str, Any]]) -> str:
    """The currency in which all requests of the rounds were paid; empty where there were none or one has no known price."""
    first, last = (r.get("spent") for r in (done[0], done[-1]))
    return last["currency"] if first and last and last["requests"] > first["requests"] and not last["unpriced"] else ""


def _points(done: Sequence[Mapping[str, Any]], curve: Mapping[str, Any]) -> list[RoundPoint]:
    """Points of the curve with what the rounds recorded; without a curve those of the rounds alone."""
    scores = curve.get("scores") or [None] * len(done)
    sizes = curve.get("rows") or [r["rows"] for r in done]
    paid = {r["round"]: Decimal(r["spent"]["money"]) - Decimal(done[0]["spent"]["money"]) for r in done} if _currency(done) else {}
    if len(sizes) == len(done):
        return [_point(r, r["rows"], s, paid) for r, s in zip(done, scores, strict=True)]
    # All at once: its parts have a size and a score, and only the beginning and the end are known in full.
    known = {r["rows"]: r for r in done}
    return [_point(known.get(n), n, s, paid) for n, s in zip(sizes, scores, strict=True)]


def _point(of: Mapping[str, Any] | None, rows: int, score: Mapping[str, Any] | None, paid: Mapping[int, Decimal]) -> RoundPoint:
    dev = (of or {}).get("dev") or {}
    took = {k: (of or {}).get(k) for k in ("round", "tokens_in", "tokens_out", "seconds")}
    gold = Score(**{k: score.get(k) if k == "macro_f1" else score[k] for k in Score.model_fields}) if score else None
    return RoundPoint(rows=rows, dev=dev.get("score"), dev_rows=dev.get("rows"), gold=gold, money=paid.get((of or {}).get("round", -1)), **took)


def _row(found: Mapping[str, Any]) -> ChosenRow:
    return ChosenRow(row=found["id"], asked_for=found.get("asked_for", ""), **{k: found[k] for k in ("rank", "label", "origin", "criterion", "score", "how")})
