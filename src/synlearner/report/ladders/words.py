"""Ladders in plain words: what rewards notice, what they are taken in by, and what to distrust."""

from __future__ import annotations

from collections.abc import Sequence

from synlearner.feedback.ladder import Climb
from synlearner.report.ladders.schema import ClimbResult, PairResult, RewardResult, Verdict
from synlearner.report.words import listed, number, percent

PASSES = 0.8
MARKS: dict[Verdict, str] = {"notices": "▲ notices", "does not notice": "◆ does not notice", "taken in": "▼ is taken in", "unmeasured": "– not measured"}
FEW_ROWS, UNSTEADY = 20, 0.2


def verdict(c: Climb) -> Verdict:
    """What the numbers say of one damage."""
    if not any(v is not None for v in c.means):
        return "unmeasured"
    if c.tau is None or c.interval is None:
        return "does not notice"
    if c.tau >= PASSES and c.interval.low > 0:
        return "notices"
    return "taken in" if c.interval.high < 0 else "does not notice"


def sentence(name: str, climbs: Sequence[ClimbResult]) -> str:
    """What a reward notices, and what it is taken in by."""
    of = {v: [c.damage for c in climbs if c.verdict == v] for v in MARKS}
    if len(of["unmeasured"]) == len(climbs):
        reasons = list(dict.fromkeys(reason for c in climbs for reason in c.unscored))
        return f"{name} was not measured{f': {reasons[0]}' if reasons else ''}."
    said = f"{name} notices {listed(of['notices'], 20) if of['notices'] else 'no damage'}"
    taken = f"; it is taken in by {listed(of['taken in'], 20)}, which {'raise' if len(of['taken in']) > 1 else 'raises'} its score" if of["taken in"] else ""
    return f"{said}{taken}; it does not notice {listed(of['does not notice'], 20)}." if of["does not notice"] else f"{said}{taken}."


def by_verdict(reward: RewardResult, *verdicts: Verdict) -> str:
    """The ways of damage of which the reward said so, as a list."""
    return listed([c.damage for c in reward.climbs if c.verdict in verdicts], 20)


def taken_in(reward: RewardResult) -> str:
    """What raises the reward's score though it makes rows worse, as a sentence; empty where nothing does."""
    found = [c.damage for c in reward.climbs if c.verdict == "taken in"]
    if not found:
        return ""
    one = len(found) == 1
    return f"{reward.name} is taken in by {listed(found, 20)}: {'it makes' if one else 'they make'} rows worse and {'raises' if one else 'raise'} their score."


def answer(rewards: Sequence[RewardResult]) -> str:
    """Who is taken in by damage, and who notices the most ways of it."""
    if not rewards:
        return "Nothing was asked for."
    bad = [r.name for r in rewards if any(c.verdict == "taken in" for c in r.climbs)]
    noticed = sorted(((sum(c.verdict == "notices" for c in r.climbs), r.name) for r in rewards), key=lambda found: -found[0])
    ways = number(len(rewards[0].climbs), "way")
    most = listed([f"{name} notices {n}" if not i else f"{name} {n}" for i, (n, name) in enumerate(noticed[:3]) if n])
    found = f"Of {ways} of damage, {most}." if most else f"None of {ways} of damage is noticed."
    return f"{f'Taken in by damage: {listed(bad, 20)}. ' if bad else ''}{found}"


def distrust(rewards: Sequence[RewardResult], pairs: Sequence[PairResult], *, rows: int, source: str) -> list[str]:
    """Reasons for caution, the weightiest first."""
    found = []
    for p in pairs:
        scored = p.whole + p.damaged + p.ties + p.inconsistent
        if scored and p.inconsistent / scored > UNSTEADY:
            found.append(f"{p.judge} changed its verdict with the order in {percent(p.inconsistent / scored)} % of the pairs that it compared.")
    for r in rewards:
        lost = sum(n for c in r.climbs for n in c.unscored.values())
        if lost and any(c.verdict != "unmeasured" for c in r.climbs):
            found.append(f"{r.name} left {number(lost, 'score')} open; means are over the rest.")
    if rows < FEW_ROWS:
        found.append(f"There are few rows ({rows}), so intervals are wide.")
    if source == "seeds":
        found.append("Rows are half of the task's seeds, and what learns, learnt from the other half only.")
    found.append("A reward need not notice every damage: one of diversity does not read labels. What matters is what you trust it for, and that nothing takes it in.")
    found.append("Damage is plain. To pass says that a reward tells good from bad; it does not say that it tells good from better, or that nobody can fool it.")
    return found
