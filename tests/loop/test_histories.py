"""What is carried from task to task under each history, as the ledger and the adapters' manifests have it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from scripted import scripted

from synlearner.loop import run
from synlearner.records import Adapter, Lesson
from synlearner.registry import register
from synlearner.report.summary import summarise
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger, Step
from synlearner.testing import Recorder, Scripted

TAUGHT: dict[str, list[Lesson]] = {}


@register("generator", "attentive")
class Attentive(Scripted):
    """Notes what it was taught, by the name of the adapter's folder."""

    def finetune(self, lessons: Sequence[Lesson], *, folder: Path, **settings: object) -> Adapter:
        TAUGHT[folder.name] = list(lessons)
        return super().finetune(lessons, folder=folder, **settings)  # type: ignore[arg-type]


def walked(folder: Path, history: str, *more: str) -> dict[tuple[str, str], Step]:
    run(scripted('generator.engine="attentive"', f'experience.history="{history}"', "evaluation.matrix='lower'", *more), folder, progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        return {(s.task, s.name): s for s in ledger.steps()}


def manifest(folder: Path, step: Step) -> dict[str, object]:
    return json.loads((folder / step.result["adapter"] / "manifest.json").read_text(encoding="utf-8"))


def taught(step: Step) -> list[Lesson]:
    return TAUGHT[Path(step.result["adapter"]).name]


TASKS = ("tickets", "reviews", "questions", "pairs")


def test_without_history_every_task_is_learnt_alone(tmp_path: Path) -> None:
    steps = walked(tmp_path, "none")
    for task in TASKS:
        assert manifest(tmp_path, steps[task, "finetune"])["parent"] is None
        assert steps[task, "finetune"].result["replayed"] == 0
        assert {x.task for x in taught(steps[task, "finetune"])} == {task}
    assert not [name for _, name in steps if name == "carry"]


def test_a_task_without_history_writes_the_same_wherever_it_stands(tmp_path: Path) -> None:
    walked(tmp_path / "given", "none", "evaluation.matrix='none'")
    walked(tmp_path / "reverse", "none", "evaluation.matrix='none'", 'tasks=["pairs.toml", "questions.toml", "reviews.toml", "tickets.toml"]')
    for task in TASKS:
        assert (tmp_path / "given" / "data" / f"{task}.jsonl").read_bytes() == (tmp_path / "reverse" / "data" / f"{task}.jsonl").read_bytes()


@pytest.mark.parametrize("history", ["format-only", "shuffled"])
def test_a_spoilt_history_is_a_chain_beside_what_the_tasks_learn(tmp_path: Path, history: str) -> None:
    steps = walked(tmp_path, history)
    carried = [manifest(tmp_path, steps[task, "carry"]) for task in TASKS]
    assert [m["parent"] for m in carried] == [None, *[m["id"] for m in carried[:-1]]]
    assert [manifest(tmp_path, steps[task, "finetune"])["parent"] for task in TASKS] == [None, *[m["id"] for m in carried[:-1]]]
    for task in TASKS:
        own, spoilt = taught(steps[task, "finetune"]), taught(steps[task, "carry"])
        mine = [x for x in own if x.task == task]
        assert {x.learnt for x in mine} == {"all"}
        assert [x.prompt for x in own] == [x.prompt for x in spoilt]
        if history == "format-only":
            assert {x.learnt for x in spoilt} | {x.learnt for x in own if x.task != task} == {"contract"}
        else:
            assert {x.completion for x in mine} != {x.completion for x in spoilt if x.task == task}
    assert steps["pairs", "finetune"].result["replayed"] > 0
    assert summarise(tmp_path).state == "finished"


def test_what_is_shuffled_is_replayed_with_labels_that_no_longer_fit(tmp_path: Path) -> None:
    steps = walked(tmp_path, "shuffled")
    written = [json.loads(line) for line in (tmp_path / "data" / "tickets.jsonl").read_text(encoding="utf-8").splitlines()]
    label_of = {r["text"]: r["label"] for r in written}
    again = [json.loads(x.completion) for task in TASKS[1:] for x in taught(steps[task, "finetune"]) if x.task == "tickets"]
    assert again
    assert {r["text"] for r in again} <= set(label_of)
    assert any(label_of[r["text"]] != r["label"] for r in again)


def test_joint_learns_once_and_writes_everything_with_it(tmp_path: Path) -> None:
    steps = walked(tmp_path, "joint")
    learnt = [(key, s) for key, s in steps.items() if key[1] in ("finetune", "carry", "joint")]
    [((_, name), joint)] = learnt
    assert name == "joint"
    assert {x.task for x in taught(joint)} == set(TASKS)
    explored = [s.position for (_, name), s in steps.items() if name == "explore"]
    assert len(explored) == 4
    assert max(explored) < joint.position < min(s.position for (_, name), s in steps.items() if name == "synthesis.0")
    summary = write_all(tmp_path)
    assert summary.state == "finished"
    columns = [[row.cells[j].mean for row in summary.matrix.rows if row.cells[j]] for j in range(4)]
    assert [len(set(column)) for column in columns] == [1] * 4
    assert len({s.result["adapter"] for (_, name), s in steps.items() if name == "dataset"}) == 1


REWARDED = ("reinforce.method='hro'", "reinforce.steps=2", "reinforce.prompts=4", "reinforce.completions=4", 'tasks=["tickets.toml", "questions.toml"]', "evaluation.matrix='none'")


@pytest.mark.parametrize("history", ["format-only", "shuffled"])
def test_a_spoilt_history_learns_from_spoilt_rewards_for_as_long(tmp_path: Path, history: str) -> None:
    steps = walked(tmp_path, history, *REWARDED)
    for task in ("tickets", "questions"):
        own, spoilt = steps[task, "reinforce"], steps[task, "carry.reinforce"]
        assert spoilt.inputs["start"] == manifest(tmp_path, steps[task, "carry"])["id"]
        assert own.result["tokens"]["out"] > 0
        assert len(spoilt.result["curve"]) == len(own.result["curve"]) == 2
        told = {name for name in spoilt.result["curve"][0] if name.startswith("mean/")}
        assert told == ({"mean/gate"} if history == "format-only" else {n for n in own.result["curve"][0] if n.startswith("mean/")})
        kept = "carry.reinforce" if steps[task, "carry.adopt"].result["adopted"] else "carry"
        if task == "tickets":
            assert manifest(tmp_path, steps["questions", "finetune"])["parent"] == manifest(tmp_path, steps[task, kept])["id"]
    assert summarise(tmp_path).state == "finished"


@pytest.mark.parametrize("method", ["best_of", "dpo"])
def test_other_ways_to_learn_from_rewards_are_spoilt_too(tmp_path: Path, method: str) -> None:
    steps = walked(tmp_path, "format-only", *REWARDED, f"reinforce.method='{method}'")
    name = {"best_of": "best-of", "dpo": "prefer"}[method]
    learnt = [s for (_, step), s in steps.items() if step == f"carry.{name}"]
    # What is told apart by the gate alone is pairs of a record and none.
    assert learnt or method == "dpo"
    if method == "best_of":
        assert {x.learnt for s in learnt if s.result["adapter"] for x in taught(s)} <= {"contract"}


@pytest.mark.parametrize("history", ["joint", "shuffled", "format-only"])
def test_a_control_that_was_stopped_continues_to_the_same_rows(tmp_path: Path, history: str) -> None:
    whole = walked(tmp_path / "whole", history)
    with pytest.raises(Exception, match="budget is spent"):
        walked(tmp_path / "again", history, "budget.tokens=20000")
    again = walked(tmp_path / "again", history, "budget.tokens=90000000")
    assert (tmp_path / "again" / "data" / "pairs.jsonl").read_bytes() == (tmp_path / "whole" / "data" / "pairs.jsonl").read_bytes()
    assert {key for key, s in again.items() if s.result is not None} == set(whole)


def test_evaluation_keeps_which_gold_rows_were_right(tmp_path: Path) -> None:
    steps = walked(tmp_path, "kept", 'tasks=["reviews.toml"]', "evaluation.matrix='none'")
    result = steps["reviews", "evaluate"].result
    for name, score in result["scores"].items():
        if score:
            assert result["correct"][name][0].count("1") / score["n"] == pytest.approx(score["mean"])
