"""What a task starts from: the nearest, the merged, the probed adapter; the decision is in the ledger and in the report."""

import csv
import json
from pathlib import Path

import pytest
from scripted import scripted

from synlearner.loop import run
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from synlearner.testing import Recorder

TASKS = 'tasks=["tickets.toml", "reviews.toml", "questions.toml"]'


def walked(folder: Path, *settings: str) -> Path:
    return run(scripted(TASKS, "evaluation.matrix='none'", *settings), folder, progress=Recorder())


def results(folder: Path, name: str) -> dict[str, dict]:
    with Ledger.open(folder, read_only=True) as ledger:
        return {s.task: s.result for s in ledger.steps() if s.name == name}


def manifests(folder: Path) -> list[dict]:
    return [json.loads((folder / r["adapter"] / "manifest.json").read_text()) for r in results(folder, "finetune").values()]


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return walked(tmp_path_factory.mktemp("probed"), "experience.warm_start='probe'")


def test_the_nearest_task_is_the_most_similar_one(tmp_path: Path) -> None:
    folder = walked(tmp_path, "experience.warm_start='nearest'")
    first, second, third = results(folder, "warm_start").values()
    assert (first["chosen"], second["chosen"], third["chosen"]) == ("fresh", "nearest", "nearest")
    near = third["candidates"][-1]
    made = {m["task"]: m["id"] for m in manifests(folder)}
    assert manifests(folder)[2]["parent"] == made[near["task"]]
    assert near["task"] in third["why"]
    assert 0 < near["similarity"] <= 1


def test_the_merged_adapter_is_the_mean_of_the_earlier_ones(tmp_path: Path) -> None:
    folder = walked(tmp_path, "experience.warm_start='merged'", "experience.merge_base=0.5")
    merges = results(folder, "merge")
    assert [m["weights"] for m in merges.values()] == [[0.5], [0.25, 0.25]]
    skills = [m["skill"] for m in manifests(folder)]
    merged = json.loads((folder / merges["questions"]["adapter"] / "manifest.json").read_text())
    assert merged["skill"] == pytest.approx(0.25 * skills[0] + 0.25 * skills[1] + 0.5 * 0.3)
    assert manifests(folder)[2]["parent"] == merged["id"]


def test_the_mean_of_one_adapter_is_that_adapter(tmp_path: Path) -> None:
    folder = walked(tmp_path, "experience.warm_start='merged'")
    assert list(results(folder, "merge")) == ["questions"]
    assert manifests(folder)[1]["parent"] == manifests(folder)[0]["id"]


def test_a_probe_asks_all_candidates_the_same_prompts(probed: Path) -> None:
    with Ledger.open(probed, read_only=True) as ledger:
        steps = {(s.task, s.name): [(p.id, p.seed, p.user) for p in ledger.prompts(s.key)] for s in ledger.steps() if s.name.startswith("start.")}
    assert {name for task, name in steps if task == "reviews"} == {"start.fresh", "start.latest"}
    assert {name for task, name in steps if task == "questions"} >= {"start.fresh", "start.latest", "start.merged"}
    for task in ("reviews", "questions"):
        asked = [prompts for (t, _), prompts in steps.items() if t == task]
        assert len(asked[0]) == 24
        assert all(prompts == asked[0] for prompts in asked)


def test_the_decision_follows_from_its_numbers_and_is_told(probed: Path) -> None:
    decisions = results(probed, "warm_start")
    assert decisions["tickets"]["chosen"] == "fresh"
    for task in ("reviews", "questions"):
        by = {c["name"]: c for c in decisions[task]["candidates"]}
        assert by["fresh"]["difference"] is None
        assert all(0 <= c["mean"] <= 1 and 0 < c["n"] <= 24 for c in by.values())
        better = {n: c["difference"] for n, c in by.items() if n != "fresh" and c["difference"] > c["error"]}
        assert decisions[task]["chosen"] == (max(better, key=better.get) if better else "fresh")
        assert decisions[task]["adapter"] == by[decisions[task]["chosen"]]["adapter"]
    parent = next(m["parent"] for m in manifests(probed) if m["task"] == "reviews")
    assert (parent is None) == (decisions["reviews"]["chosen"] == "fresh")


def test_the_report_shows_the_decision(probed: Path) -> None:
    summary = write_all(probed)
    start = summary.tasks[2].warm_start
    assert start.setting == "probe"
    assert start.why in (probed / "report.html").read_text(encoding="utf-8").replace("&#39;", "'")
    with (probed / "tables" / "warm_starts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["candidate"] for r in rows if r["task"] == "questions" and r["chosen"] == "yes"] == [start.chosen]
    assert summary.tasks[2].probe.planned == 24 * len(start.candidates)
    with (probed / "tables" / "counts.csv").open(encoding="utf-8") as file:
        assert [r["planned"] for r in csv.DictReader(file) if (r["task"], r["for"]) == ("reviews", "warm start")] == ["48"]


def test_a_probed_run_is_not_probed_again(probed: Path) -> None:
    with Ledger.open(probed, read_only=True) as ledger:
        before = ledger.spent(), len(ledger.steps())
    walked(probed, "experience.warm_start='probe'")
    with Ledger.open(probed, read_only=True) as ledger:
        assert (ledger.spent(), len(ledger.steps())) == before


def test_a_generator_that_cannot_learn_starts_fresh(tmp_path: Path) -> None:
    folder = walked(tmp_path, "experience.warm_start='probe'", "finetune.enabled=false")
    assert {r["chosen"] for r in results(folder, "warm_start").values()} == {"fresh"}
    assert results(folder, "warm_start")["questions"]["why"] == "no earlier task has an adapter"


def test_replay_by_dissimilarity_draws_more_from_the_unlike_task(tmp_path: Path) -> None:
    folder = walked(tmp_path, "experience.replay_by='dissimilarity'", "finetune.replay=0.5")
    tuned = results(folder, "finetune")
    assert all(tuned[t]["replayed"] for t in ("reviews", "questions"))
    assert tuned["questions"]["replayed"] == tuned["questions"]["lessons"]
