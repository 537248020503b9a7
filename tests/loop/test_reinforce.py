"""Learning from rewards in the loop: every draft is in the ledger, the numbers are told, and what is no better is not kept."""

import json
from pathlib import Path

import pytest
from scripted import scripted

from synlearner.errors import Interrupted, SpecError
from synlearner.loop import run
from synlearner.store.ledger import Ledger
from synlearner.testing import Recorder

SMALL = ("reinforce.steps=3", "reinforce.prompts=4", "reinforce.completions=4", "evaluation.matrix='none'")
DRAFTS = 3 * 4 * 4


def steps_of(folder: Path, name: str) -> list:
    with Ledger.open(folder, read_only=True) as ledger:
        return [s for s in ledger.steps() if s.name == name]


@pytest.fixture(scope="module")
def reinforced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(scripted("reinforce.method='hro'", *SMALL), tmp_path_factory.mktemp("hro"), progress=Recorder())


def test_every_draft_of_every_step_is_in_the_ledger(reinforced: Path) -> None:
    tuned = steps_of(reinforced, "reinforce")
    assert len(tuned) == 4
    with Ledger.open(reinforced, read_only=True) as ledger:
        for step in tuned:
            assert ledger.units(step.key, 0) == {0, 1, 2}
            assert sum(len(ledger.answers(step.key, turn)) for turn in range(4)) == DRAFTS
            assert step.result["tokens"]["out"] > 0
            assert [e["step"] for e in step.result["curve"]] == [1, 2, 3]
            assert {"valid", "total", "mean/faithfulness", "spread/quality", "flat/distinctiveness", "weight/novelty"} <= set(step.result["curve"][0])


def test_the_adapter_is_kept_only_where_the_probe_is_better(reinforced: Path) -> None:
    decided = steps_of(reinforced, "adopt")
    assert len(decided) == 4
    data = {s.task: s.result["adapter"] for s in steps_of(reinforced, "dataset")}
    made = {s.task: s.result["adapter"] for s in steps_of(reinforced, "reinforce")}
    before = {s.task: s.result["adapter"] for s in steps_of(reinforced, "finetune")}
    for step in decided:
        assert step.result["adopted"] == (step.result["difference"] > 0)
        assert step.result["after"] - step.result["before"] == pytest.approx(step.result["difference"])
        assert data[step.task] == (made if step.result["adopted"] else before)[step.task]


def test_before_and_after_are_asked_the_same(reinforced: Path) -> None:
    with Ledger.open(reinforced, read_only=True) as ledger:
        by_name = {(s.task, s.name): s.key for s in ledger.steps()}
        before, after = ([p.user for p in ledger.prompts(by_name["tickets", f"probe.{when}"])] for when in ("before", "after"))
    assert before == after
    assert len(before) == 48


@pytest.mark.parametrize("method", ["best_of", "dpo"])
def test_other_ways_spend_as_many_drafts(method: str, tmp_path: Path) -> None:
    folder = run(scripted(f"reinforce.method='{method}'", *SMALL), tmp_path, progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        for step in (s for s in ledger.steps() if s.name == "reinforce"):
            assert len(ledger.answers(step.key, 0)) == DRAFTS
            assert len(step.result["curve"]) == 3
    learnt = steps_of(folder, {"best_of": "best-of", "dpo": "prefer"}[method])
    assert len(learnt) == 4
    assert all(s.result["adapter"] for s in learnt)


def test_the_published_reward_is_an_arm_of_its_own(tmp_path: Path) -> None:
    folder = run(scripted("reinforce.method='hro'", "reinforce.rewards='reference'", *SMALL), tmp_path, progress=Recorder())
    [first, *_] = steps_of(folder, "reinforce")
    assert {"mean/label", "mean/attributes", "mean/quality", "mean/diversity"} <= set(first.result["curve"][0])
    assert "mean/faithfulness" not in first.result["curve"][0]


def test_a_run_that_is_stopped_within_goes_on_to_the_same_rows(reinforced: Path, tmp_path: Path) -> None:
    settings = ("reinforce.method='hro'", *SMALL)
    tokens = 1000
    for _ in range(200):
        try:
            run(scripted(*settings, f"budget.tokens={tokens}"), tmp_path, progress=Recorder())
            break
        except Interrupted:
            tokens += 7000
    for task in ("tickets", "reviews", "questions", "pairs"):
        assert (tmp_path / "data" / f"{task}.jsonl").read_bytes() == (reinforced / "data" / f"{task}.jsonl").read_bytes()
    drafts = [[sum(json.loads(json.dumps(s.result["tokens"])).values()) for s in steps_of(f, "reinforce")] for f in (tmp_path, reinforced)]
    assert drafts[0] == drafts[1]


def test_an_unknown_reward_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SpecError, match=r"reinforce\.weights\.beauty.*\n?.*faithfulness"):
        scripted("reinforce.weights={beauty=1}")
