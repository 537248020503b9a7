"""Learning from rewards in the loop: every draft is in the ledger, the numbers are told, and what is no better is not kept."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from scripted import scripted

from synlearner.errors import Interrupted, SpecError
from synlearner.loop import run
from synlearner.protocols import Judge
from synlearner.records import Adapter, Course, Draft, Failure, Lesson, Prompt
from synlearner.registry import register
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing import Recorder, Scripted

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
        assert step.result["adopted"] == (step.result["difference"] > step.result["standard_error"])
        assert step.result["why"]
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


def dropped(folder: Path, step: str) -> dict[str, set[str]]:
    """By prompt the filters that drop its record."""
    with Ledger.open(folder, read_only=True) as ledger:
        found: dict[str, set[str]] = {}
        for mark in ledger.marks(step):
            if mark.drop:
                found.setdefault(mark.prompt_id, set()).add(mark.filter)
        return found


def test_a_record_of_the_probe_that_only_repeats_another_is_worth_nothing(tmp_path: Path) -> None:
    settings = ("generator.options={duplicate=0.9}", "reinforce.method='hro'", *SMALL, 'tasks=["tickets.toml"]')
    folder = run(scripted(*settings), tmp_path, progress=Recorder())
    [decided] = steps_of(folder, "adopt")
    for when, step in zip(("before", "after"), decided.result["steps"], strict=True):
        many = sum(bool({"duplicates", "contamination"} & names) for names in dropped(folder, step).values())
        assert many > 30
        # Whatever the rewards say of the others, these are worth 0.
        assert decided.result[when] <= 1 - many / 48
        assert decided.result["rewards"][when]["quality"] > decided.result[when]


@pytest.mark.parametrize("method", ["best_of", "dpo"])
def test_what_the_filters_drop_is_no_lesson(method: str, tmp_path: Path) -> None:
    class Attentive(Scripted):
        taught: ClassVar[list[str]] = []

        def finetune(self, lessons: Sequence[Lesson], *, folder: Path, **settings: Any) -> Adapter:
            if steps_open(folder.parents[1]) & {"best-of", "prefer"}:
                self.taught.extend(lesson.completion for lesson in lessons)
            return super().finetune(lessons, folder=folder, **settings)

    register("generator", "attentive")(Attentive)
    repeating = ('generator.engine="attentive"', "generator.options={duplicate=0.5}", "finetune.replay=0", 'tasks=["tickets.toml"]')
    folder = run(scripted(f"reinforce.method='{method}'", *SMALL, *repeating), tmp_path, progress=Recorder())
    texts = [json.loads(record)["text"] for record in Attentive.taught]
    assert texts
    assert len(set(texts)) == len(texts)
    [drafts] = steps_of(folder, "reinforce")
    with Ledger.open(folder, read_only=True) as ledger:
        written = [a.text for a in ledger.answers(drafts.key, 0).values() if isinstance(a, Draft)]
    assert len(written) - len(set(written)) > 10
    assert "dropped by filters" in drafts.result["ended"]
    assert "duplicates" in drafts.result["ended"]


def steps_open(folder: Path) -> set[str]:
    with Ledger.open(folder, read_only=True) as ledger:
        return {s.name for s in ledger.steps() if s.result is None}


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


class Choosy(Scripted):
    """Skips the first prompt, as if it were too long."""

    def reinforce(self, prompts: Sequence[Prompt], judge: Judge, course: Course, **settings: Any) -> Adapter:
        adapter = super().reinforce(prompts[1:], judge, replace(course, spec=course.spec.model_copy(update={"steps": 2})), **settings)
        file = course.folder / "manifest.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"skipped": {prompts[0].id: "prompt of 999 tokens"}}))
        return adapter


def test_a_prompt_that_the_engine_skips_is_a_failure_in_the_ledger_and_told(tmp_path: Path) -> None:
    register("generator", "choosy")(Choosy)
    told = Recorder()
    folder = run(scripted("reinforce.method='hro'", *SMALL, 'generator.engine="choosy"', 'tasks=["tickets.toml"]'), tmp_path, progress=told)
    [step] = steps_of(folder, "reinforce")
    assert step.result["skipped"] == 1
    assert step.result["ended"].endswith("; warning: 1 of 12 were skipped: prompt of 999 tokens")
    with Ledger.open(folder, read_only=True) as ledger:
        [failed] = [a for a in ledger.answers(step.key, 0).values() if isinstance(a, Failure)]
        assert (failed.prompt_id, failed.error) == (ledger.prompts(step.key)[0].id, "prompt of 999 tokens")
    assert any("1 of 12 were skipped" in str(line) for line in told.told)
    assert "1 of 12 were skipped" in write_all(folder).tasks[0].reinforce.ended


def test_an_open_step_counts_its_drafts_once(tmp_path: Path) -> None:
    settings = (*SMALL, "reinforce.method='best_of'", 'tasks=["tickets.toml"]')
    for tokens in range(1000, 100_000, 1000):
        with suppress(Interrupted):
            run(scripted(*settings, f"budget.tokens={tokens}"), tmp_path, progress=Recorder())
        open_steps = [s for s in write_all(tmp_path).open_steps if s.name == "reinforce"]
        if open_steps:
            break
    [step] = open_steps
    assert step.prompts == DRAFTS
    assert 0 < step.answered < DRAFTS


class Unteachable:
    """A generator that writes and does nothing else."""

    def __init__(self, spec: GeneratorSpec) -> None:
        self._scripted = Scripted(spec)
        self.identity, self.unit, self.write, self.close = self._scripted.identity, self._scripted.unit, self._scripted.write, self._scripted.close


def unteachable(spec: GeneratorSpec) -> Unteachable:
    return Unteachable(spec)


def test_an_engine_that_shows_too_late_that_it_cannot_learn_from_rewards_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    register("generator", "unteachable")(unteachable)
    engine = ('generator.engine="unteachable"', "generator.options={}")
    with pytest.raises(SpecError, match=r"field 'reinforce\.method'.*cannot learn from rewards") as refused:
        run(scripted("reinforce.method='hro'", *SMALL, *engine), tmp_path / "run", progress=Recorder())
    able = refused.value.fix.rpartition(": ")[2].split(", ")
    assert "pocket" in able
    assert "scripted" not in able
    assert not (tmp_path / "run").exists()
    assert scripted("reinforce.method='hro'", "finetune.enabled=false", *engine).run.generator.engine == "unteachable"


@pytest.mark.parametrize("method", ["best_of", "dpo"])
def test_what_is_learnt_of_drafts_is_the_same_when_the_run_was_stopped_among_them(method: str, tmp_path: Path) -> None:
    settings = (f"reinforce.method='{method}'", *SMALL, 'tasks=["tickets.toml"]')
    whole = run(scripted(*settings), tmp_path / "whole", progress=Recorder())
    for tokens in range(1000, 200_000, 4000):
        with suppress(Interrupted):
            run(scripted(*settings, f"budget.tokens={tokens}"), tmp_path / "torn", progress=Recorder())
            break
    results = [[(s.name, {k: v for k, v in s.result.items() if k != "curve"}) for s in steps_all(f)] for f in (whole, tmp_path / "torn")]
    assert results[0] == results[1]


def steps_all(folder: Path) -> list:
    with Ledger.open(folder, read_only=True) as ledger:
        return ledger.steps()


def test_an_unknown_reward_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SpecError, match=r"reinforce\.weights\.beauty.*\n?.*faithfulness"):
        scripted("reinforce.weights={beauty=1}")


USEFUL = ("reinforce.method='hro'", "reinforce.utility='loss'", "reinforce.refresh=1", "reinforce.weights={faithfulness=1.0, utility=0.5}", *SMALL)


@pytest.fixture(scope="module")
def useful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(scripted(*USEFUL), tmp_path_factory.mktemp("useful"), progress=Recorder())


def test_drafts_can_be_rewarded_for_what_they_are_worth_to_a_student(useful: Path) -> None:
    for step in steps_of(useful, "reinforce"):
        assert {"mean/utility", "spread/utility", "unscored/utility"} <= set(step.result["curve"][0])
        assert all(0 <= e["mean/utility"] <= 1 and e["weight/utility"] == 0.5 for e in step.result["curve"])
    assert all("utility" in s.result["rewards"]["after"] for s in steps_of(useful, "adopt"))


def test_a_run_with_a_learning_student_goes_on_to_the_same_rows(useful: Path, tmp_path: Path) -> None:
    tokens = 1000
    for _ in range(200):
        try:
            run(scripted(*USEFUL, f"budget.tokens={tokens}"), tmp_path, progress=Recorder())
            break
        except Interrupted:
            tokens += 5000
    for task in ("tickets", "reviews", "questions", "pairs"):
        assert (tmp_path / "data" / f"{task}.jsonl").read_bytes() == (useful / "data" / f"{task}.jsonl").read_bytes()
    curves = [[s.result["curve"] for s in steps_of(f, "reinforce")] for f in (tmp_path, useful)]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("function", ["influence", "bald", "coverage"])
def test_a_function_that_the_student_cannot_serve_is_absent(function: str, tmp_path: Path) -> None:
    folder = run(scripted("reinforce.method='hro'", f"reinforce.utility='{function}'", *SMALL), tmp_path, progress=Recorder())
    [first, *_] = steps_of(folder, "reinforce")
    assert ("mean/utility" in first.result["curve"][0]) == (function == "coverage")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (("reinforce.utility='los'",), r"reinforce\.utility.*\n?.*did you mean 'loss'"),
        (("reinforce.weights={utility=1}",), r"reinforce\.weights\.utility.*\n?.*reinforce\.utility"),
    ],
)
def test_utility_without_a_function_is_refused(settings: tuple[str, ...], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        scripted(*settings)


def test_settings_that_came_later_leave_older_keys() -> None:
    plain = scripted().run.reinforce
    assert "utility" not in plain.key
    assert "refresh" not in plain.key
    assert scripted("reinforce.utility='loss'").run.reinforce.key["refresh"] == 5
