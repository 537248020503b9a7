"""How likely an endpoint found its rows: asked for, kept with them, and in no mean of other scores."""

import json
from pathlib import Path
from typing import Any

import pytest
from scripted import scripted

from synlearner.errors import Interrupted
from synlearner.experience.episodes import episodes_of
from synlearner.feedback.filters import sample_score
from synlearner.loop import run
from synlearner.records import LOGPROB, Score, Unscored
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from synlearner.store.reading import Reading
from synlearner.testing import Fault, Recorder, Schedule, serve, stats

ONE = ('tasks=["reviews.toml"]', "evaluation.matrix='none'", "finetune.enabled=false", "synthesis.rows=12", "student.repeats=1", "generator.guidance=0")


def asked(url: str, api: str = "chat") -> tuple[str, ...]:
    return (*ONE, "generator.engine=chat_api", "generator.model=m", f"generator.base_url='{url}'", f"generator.options={{backoff=0.0, api='{api}', logprobs=true}}")


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "data" / "reviews.jsonl").read_text(encoding="utf-8").splitlines()]


def measured(folder: Path) -> dict[str, Any]:
    with Ledger.open(folder, read_only=True) as ledger:
        return {p: next((m for m in found if m.name == LOGPROB), None) for s in ledger.steps() for p, found in ledger.scores(s.key).items()}


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_each_row_has_its_own_and_no_mean_of_scores_has_it(tmp_path: Path, api: str) -> None:
    with serve(faults=Schedule({"invalid record": 0.2, "503": 0.1}, 1)) as url:  # what is corrected has that of the correction
        folder = run(scripted(*asked(url, api=api)), tmp_path, progress=Recorder())
    found = measured(folder)
    assert {r["_meta"]["prompt_id"]: Score(LOGPROB, r["_meta"]["scores"][LOGPROB]) for r in rows(folder)}.items() <= found.items()
    assert all(isinstance(m, Score) and m.value < 0 for m in found.values())
    assert len(set(found.values())) > 10
    with Ledger.open(folder, read_only=True) as ledger, Reading.open(folder) as reading:
        scores = {prompt: told for step in ledger.steps() for prompt, told in ledger.scores(step.key).items()}
        ours = [sample_score(m for m in scores[r["_meta"]["prompt_id"]] if m.name != LOGPROB) for r in rows(folder)]
        assert [sample_score(scores[r["_meta"]["prompt_id"]]) for r in rows(folder)] == ours
        assert sorted(score for *_, score in reading.kept_since(0)) == pytest.approx(sorted(ours))
        episodes = episodes_of(ledger, [s.key for s in ledger.steps() if s.name.startswith("synthesis")], task="t", run="r")
        assert any(e.rewards for e in episodes)
        assert not any(LOGPROB in e.rewards for e in episodes)
    write_all(folder)
    assert "logprob -" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_continued_run_knows_them_and_asks_nothing_again(tmp_path: Path) -> None:
    with serve() as url:
        whole = run(scripted(*asked(url)), tmp_path / "whole", progress=Recorder())
        sent = stats(url)["requests"]
        with pytest.raises(Interrupted):
            run(scripted(*asked(url), "budget.requests=7", "budget.cache='off'"), tmp_path / "part", progress=Recorder())
        run(scripted(*asked(url), "budget.cache='off'"), tmp_path / "part", progress=Recorder())
        assert stats(url)["requests"] == 2 * sent
    assert rows(tmp_path / "part") == rows(whole)
    assert measured(tmp_path / "part") == measured(whole)


def test_where_the_server_does_not_tell_the_reason_is_told(tmp_path: Path) -> None:
    def reply(body: dict[str, Any]) -> Any:
        return Fault(status=400, message="logprobs is not supported by this model") if "logprobs" in body else {**whole, "id": "x"}

    whole = {"choices": [{"message": {"content": '{"label": "positive", "text": "A fine day for everybody, and warm."}'}}]}
    with serve(reply) as url:
        folder = run(scripted(*asked(url), "feedback.duplicates='annotate'", "generator.concurrency=1"), tmp_path, progress=Recorder())
        assert stats(url)["faults"]["400"] == 1
    found = measured(folder)
    assert found
    assert all(isinstance(m, Unscored) and "told no log probability" in m.reason for m in found.values())
    with Ledger.open(folder, read_only=True) as ledger:
        assert sum((s.result or {}).get("unscored", {}).get(LOGPROB, 0) for s in ledger.steps()) == len(found)
