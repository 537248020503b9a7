"""The loop through its public door: counts add up, learning shows, budgets stop, gold stays out."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from scripted import scripted

from synlearner.errors import EngineError, Interrupted, LedgerError, SynLearnerError
from synlearner.learn.trial import trial
from synlearner.loop import cells, run
from synlearner.records import Draft, Rejection, Sample
from synlearner.report.summary import summarise
from synlearner.report.words import headline
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from synlearner.stream.reading import load_run
from synlearner.testing import Fault, Recorder, serve, stats


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(scripted(), tmp_path_factory.mktemp("run"), progress=Recorder())


def rows(folder: Path, task: str) -> list[dict]:
    return [json.loads(line) for line in (folder / "data" / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_prompt_ends_as_kept_rejected_or_failed(finished: Path) -> None:
    with Ledger.open(finished, read_only=True) as ledger:
        written = [s for s in ledger.steps() if "planned" in (s.result or {})]
        assert len(written) > 20
        for step in written:
            counts = step.result
            assert counts["planned"] == counts["kept"] + sum(counts["rejected"].values()) + counts["failed"] == len(ledger.prompts(step.key))
        assert all(s.result is not None for s in ledger.steps())


def test_the_data_set_has_the_rows_that_were_asked_for(finished: Path) -> None:
    for task in ("tickets", "reviews", "questions", "pairs"):
        data = rows(finished, task)
        assert len(data) == 30
        assert len({r["id"] for r in data}) == 30
        assert all(r["_meta"]["origin"] == "synthetic" and r["_meta"]["prompt_id"] for r in data)


def test_the_generator_learns_and_carries_its_adapter(finished: Path) -> None:
    with Ledger.open(finished, read_only=True) as ledger:
        tuned = [s for s in ledger.steps() if s.name == "finetune"]
    assert [s.result["skipped"] for s in tuned] == [""] * 4
    manifests = [json.loads((finished / s.result["adapter"] / "manifest.json").read_text()) for s in tuned]
    assert [m["parent"] for m in manifests] == [None, *[m["id"] for m in manifests[:-1]]]
    assert all(later["skill"] > earlier["skill"] for earlier, later in pairwise(manifests))
    assert tuned[0].result["replayed"] == 0
    assert tuned[1].result["replayed"] > 0


def test_an_isolated_run_starts_every_task_from_the_base(tmp_path: Path) -> None:
    folder = run(scripted("experience.warm_start='fresh'", "finetune.replay=0.0", "evaluation.matrix='none'"), tmp_path, progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        tuned = [s for s in ledger.steps() if s.name == "finetune"]
    assert [json.loads((folder / s.result["adapter"] / "manifest.json").read_text())["parent"] for s in tuned] == [None] * 4


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(finished: Path, tmp_path: Path) -> None:
    again = run(scripted(), tmp_path / "again", progress=Recorder())
    other = run(scripted(seed=4), tmp_path / "other", progress=Recorder())
    assert (again / "data" / "pairs.jsonl").read_bytes() == (finished / "data" / "pairs.jsonl").read_bytes()
    assert rows(other, "pairs") != rows(finished, "pairs")


def test_a_finished_run_is_not_done_again(finished: Path) -> None:
    with Ledger.open(finished, read_only=True) as ledger:
        before = ledger.spent()
    run(scripted(), finished, resume="always", progress=Recorder())
    with Ledger.open(finished, read_only=True) as ledger:
        assert ledger.spent() == before
        assert ledger.events("settings") == []
    with pytest.raises(LedgerError, match="another specification"):
        run(scripted("synthesis.rows=31"), finished, progress=Recorder())
    with pytest.raises(LedgerError, match="already holds"):
        run(scripted(), finished, resume="never", progress=Recorder())


def test_a_budget_stops_the_run_and_a_larger_one_continues_it(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="tokens") as stopped:
        run(scripted("budget.tokens=20000"), tmp_path, progress=Recorder())
    assert "raise [budget] and run the same command again" in stopped.value.fix
    with Ledger.open(tmp_path, read_only=True) as ledger:
        spent = ledger.spent()
        assert 20_000 <= spent["tokens_in"] + spent["tokens_out"] < 24_000
        assert ledger.events("budget")
    run(scripted("budget.tokens=9000000"), tmp_path, progress=Recorder())
    assert load_run(tmp_path / "run.toml").budget.tokens == summarise(tmp_path).settings["budget"]["tokens"] == 9_000_000
    assert (tmp_path / "data" / "pairs.jsonl").read_bytes() == (finished / "data" / "pairs.jsonl").read_bytes()


ENDPOINT = (
    'generator.engine="chat_api"',
    'generator.model="m"',
    "generator.options={}",
    "generator.guidance=0",
    "generator.retries=0",
    'tasks=["reviews.toml"]',
    "synthesis.rows=4",
)


def test_a_run_continues_where_its_server_has_moved_to(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be reached") as stopped:
        run(scripted(*ENDPOINT, 'generator.base_url="http://127.0.0.1:9/v1"'), tmp_path, progress=Recorder())
    assert "correct generator.base_url, and run again" in stopped.value.fix
    with serve(lambda body: "no record") as url:
        run(scripted(*ENDPOINT, f'generator.base_url="{url}"', "generator.options={backoff=0.1, path='/chat/completions'}"), tmp_path, resume="always", progress=Recorder())
    with pytest.raises(LedgerError, match="another specification"):
        run(scripted(*ENDPOINT, f'generator.base_url="{url}"', 'generator.model="n"'), tmp_path, progress=Recorder())
    summary = write_all(tmp_path)
    assert summary.settings["generator"]["base_url"] == url
    assert {s.state for s in summary.tasks} == {"finished"}
    assert [t.gain for t in summary.tasks] == [None]
    assert "could not be measured" in headline(summary).answer
    with Ledger.open(tmp_path, read_only=True) as ledger:
        names = [s.name for s in ledger.steps()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "wrong",
    [
        ('student.engine="tfidf"', 'student.model="x"'),
        ('feedback.embedder="hashing"', 'feedback.embedder_model="x"'),
        ('feedback.verifier_engine="transformer"',),
        ("generator.options={faults=1}",),
    ],
)
def test_refused_settings_leave_nothing_behind(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    with pytest.raises(SynLearnerError):
        run(scripted(*wrong), tmp_path / "run", progress=Recorder())
    assert not (tmp_path / "run").exists()


def test_learning_can_be_switched_off(tmp_path: Path) -> None:
    folder = run(scripted("explore.enabled=false", "evaluation.matrix='none'", 'tasks=["reviews.toml"]'), tmp_path, progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        names = {s.name for s in ledger.steps()}
    assert {"synthesis.0", "dataset", "evaluate"} <= names
    assert not {"explore", "finetune"} & names


def test_kept_rows_carry_the_marks_of_filters_that_annotate(tmp_path: Path) -> None:
    settings = ("feedback.duplicates='annotate'", "generator.options={duplicate=0.5}", "evaluation.matrix='none'", 'tasks=["reviews.toml"]')
    folder = run(scripted(*settings), tmp_path, progress=Recorder())
    marked = [r["_meta"] for r in rows(folder, "reviews") if r["_meta"]["marks"]]
    assert {m["filter"] for meta in marked for m in meta["marks"]} >= {"duplicates"}
    with Ledger.open(folder, read_only=True) as ledger:
        listed = {(m.prompt_id, m.filter, m.reason, m.detail) for s in ledger.steps() for m in ledger.marks(s.key) if not m.drop}
    assert {(meta["prompt_id"], *m.values()) for meta in marked for m in meta["marks"]} <= listed


def test_cells_of_the_matrix() -> None:
    assert [cells("lower", i, 3) for i in range(3)] == [[0], [0, 1], [0, 1, 2]]
    assert [cells("upper-one", i, 3) for i in range(3)] == [[0, 1], [0, 1, 2], [0, 1, 2]]
    assert cells("full", 0, 3) == [0, 1, 2]
    assert cells("none", 2, 3) == []


def test_the_cells_of_a_column_ask_the_same_prompts(finished: Path) -> None:
    asked: dict[str, dict[str, list[object]]] = {}
    with Ledger.open(finished, read_only=True) as ledger:
        for step in (s for s in ledger.steps() if re.fullmatch(r"cell\.-?\d+\.\d+\.0", s.name)):
            asked.setdefault(step.task, {})[step.name] = [(p.id, p.seed, p.user) for p in ledger.prompts(step.key)]
    assert len(asked["tickets"]) == 5
    for cells_of_task in asked.values():
        shortest = min(map(len, cells_of_task.values()))
        assert len({tuple(prompts[:shortest]) for prompts in cells_of_task.values()}) == 1


def test_the_cells_keep_which_gold_rows_were_right(finished: Path) -> None:
    with Ledger.open(finished, read_only=True) as ledger:
        found = [s.result for s in ledger.steps() if s.name.startswith("cell.") and "score" in (s.result or {})]
    for cell in found:
        assert len(cell["correct"][0]) == cell["score"]["n"]
        assert cell["correct"][0].count("1") / cell["score"]["n"] == pytest.approx(cell["score"]["mean"])
    transfer = summarise(finished).transfer
    assert all(q.interval.low <= q.value <= q.interval.high for q in (transfer.average, transfer.backward_transfer, transfer.forgetting, transfer.zero_shot_forward))


def test_a_generator_that_does_not_learn_scores_the_same_in_all_cells_of_a_column(tmp_path: Path) -> None:
    folder = run(scripted("finetune.enabled=false", "evaluation.matrix='full'", 'tasks=["reviews.toml", "pairs.toml"]'), tmp_path, progress=Recorder())
    with Ledger.open(folder, read_only=True) as ledger:
        found = [(s.result["j"], s.result["score"]["mean"]) for s in ledger.steps() if s.name.startswith("cell.") and "score" in (s.result or {})]
    assert len(found) == 6
    assert len({score for j, score in found if j == 0}) == 1
    assert len({score for j, score in found if j == 1}) == 1


def test_a_trial_of_an_endpoint_pays_from_a_purse_of_its_own(tmp_path: Path) -> None:
    told: list[str] = []
    prices = tmp_path / "prices.toml"
    prices.write_text('version = "1"\ncurrency = "EUR"\ndate = 2026-01-01\n[models.m]\ninput = 1000\noutput = 1000\n', encoding="utf-8")
    cache = tmp_path / "replies"
    with serve(faults=[Fault(status=503)]) as url:
        asks = (*ENDPOINT, f'generator.base_url="{url}"', "generator.options={backoff=0.0}", "generator.retries=3", f"budget.prices='{prices}'")
        shown = list(trial(scripted(*asks, "budget.requests=7", f"budget.cache='{cache}'"), "", 6, prompts_only=False, tell=told.append))
        assert len(shown) == 6
        counted = stats(url)
        assert counted["requests"] == 7  # the retry is one of them
        (said,) = told
        # Nobody knows what the first one took: what was set aside for it counts.
        requests, tokens = (int(said.split(", ")[i].split()[0].replace(",", "")) for i in (0, 1))
        assert requests == 7
        assert tokens > counted["prompt_tokens"] + counted["completion_tokens"]
        assert said.endswith(" EUR")
        again = list(trial(scripted(*asks, "budget.requests=1", f"budget.cache='{cache}'"), "", 6, prompts_only=False, tell=told.append))
        assert sorted(a.text for _, a, _ in again) == sorted(a.text for _, a, _ in shown)
        assert told[1:] == ["0 requests"]
        with pytest.raises(Interrupted, match="3 of 3 requests") as stopped:
            list(trial(scripted(*asks, "budget.requests=3"), "", 6, prompts_only=False, tell=told.append))
        assert "fewer rows" in stopped.value.fix
        assert told[2].startswith("3 requests")
        assert stats(url)["requests"] == 10
    assert {f.name for f in tmp_path.iterdir()} == {"prices.toml", "replies"}
    list(trial(scripted(), "questions", 1, prompts_only=False, tell=told.append))
    assert len(told) == 3  # no server, no word


def test_a_trial_writes_nothing_and_shows_everything(tmp_path: Path) -> None:
    shown = list(trial(scripted(), "questions", 6, prompts_only=False))
    assert len(shown) == 6
    assert all((isinstance(answer, Draft) and isinstance(outcome, (Sample, Rejection))) or outcome for _, answer, outcome in shown)
    assert all(answer is None for _, answer, _ in trial(scripted(), "", 2, prompts_only=True))
    assert not list(tmp_path.iterdir())
