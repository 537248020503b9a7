"""Arms are changes of settings: each changes what it says and nothing else."""

import pytest

from synlearner.errors import SpecError
from synlearner.evaluate.arms import ARMS, CHOICES, Planned, changed, design, same_as
from synlearner.stream.readiness import refuse_unready
from synlearner.stream.specs import ReinforceSpec, RunSpec

RUN = RunSpec(tasks=("a.toml", "b.toml", "c.toml"), seed=9, reinforce=ReinforceSpec(method="hro"))


def differences(one: RunSpec, other: RunSpec) -> dict[str, object]:
    first, second = one.model_dump(), other.model_dump()
    return {f"{table}.{key}": value for table, part in second.items() if isinstance(part, dict) for key, value in part.items() if first[table][key] != value}


@pytest.mark.parametrize(
    ("arm", "changes"),
    [
        ("stream", {}),
        ("isolated", {"experience.history": "none"}),
        ("format-only", {"experience.history": "format-only"}),
        ("shuffled-experience", {"experience.history": "shuffled"}),
        ("no-learning", {"explore.enabled": False, "finetune.enabled": False, "reinforce.method": "off"}),
        ("joint", {"experience.history": "joint"}),
        ("eft-alone", {"reinforce.method": "off"}),
        ("best-of-k", {"reinforce.method": "best_of"}),
        ("reference", {"reinforce.rewards": "reference"}),
        ("static", {"rounds.enabled": True, "rounds.by": "static", "rounds.plateau": 0}),
        ("rounds-wrong-answer", {"rounds.enabled": True, "rounds.by": "wrong-answer", "rounds.plateau": 0}),
    ],
)
def test_an_arm_changes_what_it_says(arm: str, changes: dict[str, object]) -> None:
    run = changed(RUN, Planned(arm, "reverse", 2))
    assert differences(RUN, run) == changes
    assert (run.tasks, run.seed) == (("c.toml", "b.toml", "a.toml"), 2)
    assert run.budget == RUN.budget


def test_an_arm_that_would_repeat_another_is_found() -> None:
    assert same_as(RUN, list(ARMS)) == {}
    still = RUN.model_copy(update={"reinforce": ReinforceSpec()})
    assert same_as(still, list(ARMS)) == {"eft-alone": "stream", "best-of-k": "stream", "reference": "stream"}


def test_the_stream_is_what_others_repeat_in_whatever_order_they_are_named() -> None:
    still = RUN.model_copy(update={"reinforce": ReinforceSpec()})
    assert same_as(still, ["eft-alone", "stream", "isolated"]) == {"eft-alone": "stream"}


@pytest.mark.parametrize("arm", CHOICES)
def test_every_choice_is_one_that_a_run_can_make(arm: str) -> None:
    refuse_unready(changed(RUN, Planned(arm, "given", 0)))


def test_unknown_names_are_told_with_the_known_ones() -> None:
    with pytest.raises(SpecError, match="isolated"):
        changed(RUN, Planned("alone", "given", 0))
    with pytest.raises(SpecError, match="given, reverse"):
        changed(RUN, Planned("stream", "random", 0))


def test_every_arm_runs_in_every_order_with_every_seed_seed_by_seed() -> None:
    runs = design(["stream", "isolated"], ["given", "reverse"], [3, 1])
    assert len({r.name for r in runs}) == len(runs) == 8
    assert [r.seed for r in runs] == [3] * 4 + [1] * 4
