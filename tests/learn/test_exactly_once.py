"""Every prompt ends exactly once, and what was refused, failed or doubled is asked for again, within the budget."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import Interrupted
from synlearner.feedback.contamination import GoldIndex
from synlearner.feedback.filters import Filters
from synlearner.learn.desk import Desk, wired
from synlearner.learn.writing import Dataset, write_rows
from synlearner.records import Failure, Row, Turn
from synlearner.registry import find
from synlearner.store.ledger import POSTPONED, Ledger
from synlearner.store.purse import RunPurse
from synlearner.stream.specs import BudgetSpec, FeedbackSpec, GeneratorSpec, RunSpec, SynthesisSpec, TaskSpec
from synlearner.stream.tasks import Task
from synlearner.testing import Recorder, ScriptedEndpoint, WordCount, WordHash

LABELS = ("l0", "l1", "l2")
ROWS = 18


class Counted(ScriptedEndpoint):
    """Knows what left."""

    def __init__(self, spec: GeneratorSpec) -> None:
        super().__init__(spec)
        self.left: Counter[str] = Counter()

    def sent(self, turn: Turn) -> None:
        self.left[f"{turn.prompt.id} {turn.number}"] += 1


def session(folder: Path, generator: Counted, *, attempts: float = 12.0, **budget: object) -> tuple[Dataset, RunPurse]:
    spec = {"name": "t", "kind": "classification", "instruction": "Sort.", "labels": list(LABELS), "attributes": {"tone": ["dry", "warm"]}, "data": {"gold": {"path": "g"}}}
    task = Task(TaskSpec.model_validate(spec), find("kind", "classification"), (Row("s0", {"text": "something old"}, "l0"),))
    run = RunSpec(tasks=("t.toml",), feedback=FeedbackSpec(quality="off", attributes="off"), synthesis=SynthesisSpec(attempts=attempts), budget=BudgetSpec(**budget))
    filters = Filters(task, run.feedback, golds={}, archive=(), verifier=None)
    with Ledger.open(folder) as ledger:
        ledger.begin("k", {}, resume="if_possible", versions={})
        desk = Desk(run, folder, ledger, generator, None, WordCount(), WordCount(), WordHash(), GoldIndex({}), Recorder(), purse=RunPurse(ledger, run.budget))
        with wired(desk):
            return write_rows(desk, task, ROWS, step="synthesis", generator=generator, filters=filters), desk.purse


def endpoint(options: dict[str, float], concurrency: int = 4, retries: int = 2) -> Counted:
    return Counted(GeneratorSpec(engine="scripted-endpoint", model="m", max_new_tokens=40, concurrency=concurrency, retries=retries, options=options))


share = st.floats(0, 0.15)
faults = st.fixed_dictionaries(dict.fromkeys(("invalid_json", "wrong_label", "duplicate", "empty", "chatter", "failure", "refused", "dropped"), share))


@given(faults, st.integers(1, 9), st.integers(0, 3), st.sampled_from(["run", "off"]))
@settings(max_examples=12)
def test_any_faults_end_with_all_rows_and_with_every_prompt_once(tmp_path_factory: pytest.TempPathFactory, options, concurrency, retries, cache) -> None:
    folder, generator = tmp_path_factory.mktemp("run"), endpoint(options, concurrency, retries)
    data, purse = session(folder, generator, cache=cache)
    assert Counter(s.row.label for s in data.samples) == dict.fromkeys(LABELS, ROWS // 3)
    assert len({s.row.text for s in data.samples}) == ROWS
    with Ledger.open(folder, read_only=True) as ledger:
        for step in ledger.steps():
            ends = ledger.outcomes(step.key)
            assert [o.prompt_id for o in ends] == [p.id for p in ledger.prompts(step.key)]
            counts = step.result
            assert counts["planned"] == counts["kept"] + sum(counts["rejected"].values()) + counts["failed"] == len(ends)
        assert purse.totals.requests == generator.left.total() == sum(m.requests for m in ledger.spending().models)
    assert max(generator.left.values()) <= retries + 1


@given(faults, st.lists(st.integers(1, 30), max_size=4), st.integers(1, 9))
@settings(max_examples=8)
def test_a_run_that_a_budget_stops_again_and_again_ends_as_one_that_nothing_stopped(tmp_path_factory: pytest.TempPathFactory, options, steps, concurrency) -> None:
    whole, _ = session(tmp_path_factory.mktemp("whole"), endpoint(options))
    folder, generator, cap = tmp_path_factory.mktemp("run"), endpoint(options, concurrency), 0
    for more in steps:
        cap += more
        try:
            session(folder, generator, requests=cap)
        except Interrupted:
            assert generator.left.total() == cap
        assert generator.left.total() <= cap
    data, purse = session(folder, generator)
    assert data.samples == whole.samples
    # A turn that the budget stopped between two attempts begins anew; nothing that was answered is asked again.
    assert max(generator.left.values()) <= 3 * (1 + len(steps))
    assert purse.totals.requests == generator.left.total()


@given(faults, st.floats(0, 0.5), st.lists(st.integers(1, 30), max_size=3), st.integers(1, 9))
@settings(max_examples=10)
def test_rows_that_are_not_waited_for_come_in_a_later_round_and_once(tmp_path_factory: pytest.TempPathFactory, options, late, steps, concurrency) -> None:
    folder, cap = tmp_path_factory.mktemp("run"), 0
    generator = endpoint(options | {"late": late}, concurrency)
    for more in steps:
        cap += more
        try:
            session(folder, generator, requests=cap)
        except Interrupted:
            assert generator.left.total() == cap
    data, purse = session(folder, generator)
    assert Counter(s.row.label for s in data.samples) == dict.fromkeys(LABELS, ROWS // 3)
    assert len({s.prompt_id for s in data.samples}) == ROWS
    left: list[str] = []
    with Ledger.open(folder, read_only=True) as ledger:
        for step in ledger.steps():
            ends = {o.prompt_id: o for o in ledger.outcomes(step.key)}
            # What the round before did not wait for comes first, and has its own end here or is left once more.
            assert list(ends)[: len(left)] == left
            left = [i for i, o in ends.items() if isinstance(o, Failure) and o.error == POSTPONED]
            assert step.result["left"] == len(left)
            assert len(ends) - len(left) == step.result["planned"] == step.result["kept"] + sum(step.result["rejected"].values()) + step.result["failed"]
        assert not left
        assert purse.totals.requests == generator.left.total() == sum(m.requests for m in ledger.spending().models)
    # A finished run is read again and asks nothing.
    again, _ = session(folder, generator)
    assert again.samples == data.samples
    assert purse.totals.requests == generator.left.total()


@given(st.integers(100, 6000), st.integers(1, 9))
@settings(max_examples=8)
def test_tokens_are_spent_up_to_the_last_request_that_fits(tmp_path_factory: pytest.TempPathFactory, cap, concurrency) -> None:
    generator = endpoint({"dropped": 0.1}, concurrency)
    folder = tmp_path_factory.mktemp("run")
    try:
        _, purse = session(folder, generator, tokens=cap)
        spent = purse.totals.tokens
    except Interrupted:
        with Ledger.open(folder, read_only=True) as ledger:
            (reached,) = {e["reached"] for e in ledger.events("budget")}
            spent = sum(m.counted_in + m.counted_out for m in ledger.spending().models)
        assert "tokens, and the next request may take" in reached
        assert spent + int(reached.rpartition(" ")[2].replace(",", "")) > cap
    assert spent <= cap


def test_what_the_cache_has_is_not_paid_for(tmp_path: Path) -> None:
    first, second = endpoint({}), endpoint({})
    data, _ = session(tmp_path / "one", first, cache=str(tmp_path / "shared"))
    # Another run that asks the same: its cap would not pay for a single request.
    again, purse = session(tmp_path / "two", second, cache=str(tmp_path / "shared"), tokens=1)
    assert [s.row for s in again.samples] == [s.row for s in data.samples]
    assert not second.left
    assert purse.totals.requests == 0
    with Ledger.open(tmp_path / "two", read_only=True) as ledger:
        (told,) = ledger.events("responses")
    assert told == {"hits": first.left.total(), "misses": 0, "stored": 0}


def test_a_label_that_cannot_be_written_leaves_its_rows_and_no_others_missing(tmp_path: Path) -> None:
    class Deaf(Counted):
        def _answer(self, turn):
            found = super()._answer(turn)
            return replace(found, text="{") if turn.prompt.label == "l1" else found

    data, _ = session(tmp_path, Deaf(endpoint({}).spec), attempts=3)
    assert Counter(s.row.label for s in data.samples) == {"l0": 6, "l2": 6}
    assert data.short == {"l1": 6}
