"""Whether what rewards taught is kept: the generator before and after writes the same new prompts, and the guard of `experience.probing` decides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from synlearner.experience.probing import LEARNT, Decision, Scores, decide, shared
from synlearner.feedback import hierarchy
from synlearner.learn.coaching import Coach, weights_of
from synlearner.learn.desk import Desk, once
from synlearner.learn.probe import probe, worth
from synlearner.records import Adapter, Attempt

# Prompts on which the generator is compared before and after.
PROBE = 48
# Part of the decision's key: raise it when the same two probes are decided otherwise.
RULE = 2


def adopted(desk: Desk, judges: Coach, start: Adapter | None, learnt: Adapter | None) -> Adapter | None:
    """What was learnt where the guard finds it better, by what drafts are worth to a data set; otherwise `start`."""
    if learnt is None or learnt == start:
        return start
    if judges.pupil is not None:
        judges.pupil.restart()  # one student for both, and the same one in a continued run
    before, after = (_probed(desk, judges, adapter, when) for adapter, when in ((start, "before"), (learnt, "after")))
    inputs = {"rule": RULE, "before": before.step, "after": after.step, "judge": judges.identity}
    told = once(desk, judges.task.name, f"{judges.part}adopt", inputs, lambda: _told(before, after, decide({"before": before.worth, "after": after.worth}, LEARNT)))
    numbers = "" if told["before"] is None else f"worth of a draft {told['before']:.3f} before, {told['after']:.3f} after: "
    desk.progress.say(f"{judges.task.name}: {numbers}{'kept' if told['adopted'] else 'not kept'}")
    return learnt if told["adopted"] else start


@dataclass(frozen=True, slots=True)
class _Probed:
    """What the generator did on the probe: worth by prompt, the mean of every reward, and the step that holds its drafts."""

    worth: Scores
    means: dict[str, float]
    step: str


def _probed(desk: Desk, judges: Coach, adapter: Adapter | None, when: str) -> _Probed:
    written = probe(desk, judges.task, adapter, PROBE, step=f"{judges.part}probe.{when}", seed_name="reinforce.probe", filters=judges.filters())
    attempts = [Attempt(written.prompts[o.prompt_id], o) for o in written.outcomes]
    weights = {n: w for n, w in weights_of(desk.run.reinforce).items() if n in judges.names}
    verdict = hierarchy.judge(attempts, judges.rewards, weights)
    by_itself = {a.prompt.id: None if math.isnan(w) else w for a, w in zip(attempts, verdict.worth.tolist(), strict=True)}
    return _Probed(worth(written, by_itself), {c.name: c.mean for c in verdict.columns if c.mean is not None}, written.step)


def _told(before: _Probed, after: _Probed, decision: Decision) -> dict[str, Any]:
    """The decision as it is recorded; means are those of the prompts that both answered and that could be measured, None where there is none."""
    verdict, pairs = decision.verdicts[1], shared(after.worth, before.worth)
    means = [sum(side) / len(pairs) for side in zip(*pairs, strict=True)] if pairs else [None, None]
    return {
        "prompts": len(pairs),
        "before": means[1],
        "after": means[0],
        "difference": verdict.difference,
        "standard_error": verdict.error,
        "adopted": decision.chosen == "after",
        "why": decision.why,
        "rewards": {"before": before.means, "after": after.means},
        "steps": [before.step, after.step],
    }
