"""A stream with judges behind real endpoints: one purse for writing and judging, rows annotated or left out, people who calibrate, and what the report says of it."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from scripted import scripted

from synlearner.errors import Interrupted, SpecError
from synlearner.experience.memory import Memory
from synlearner.loop import run
from synlearner.records import Verdict
from synlearner.report.judging import judging_text
from synlearner.report.summary import summarise
from synlearner.report.words import headline
from synlearner.report.writing import write_all
from synlearner.seeding import derive
from synlearner.store.ledger import Ledger
from synlearner.store.reading import Reading
from synlearner.store.verdicts import Verdicts, now
from synlearner.stream.bundled import DEMO
from synlearner.stream.identity import stream_key
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing import Recorder, Schedule, ScriptedJudge, serve, stats

ROWS = [str(DEMO / f"{task}.{part}.jsonl") for task in ("reviews", "tickets") for part in ("seeds", "gold")]
ONE = ('tasks=["reviews.toml"]', "evaluation.matrix='none'", "finetune.enabled=false", "synthesis.rows=20", "student.repeats=1")
PRICES = 'version = "1"\ndate = 2025-01-01\ncurrency = "USD"\n[models.writer]\ninput = 1.0\noutput = 2.0\n[models.reader]\ninput = 3.0\noutput = 4.0\n'


def reader(body: dict[str, Any]) -> str:
    """A judge behind an endpoint: right about most rows, and sometimes not in JSON."""
    question = body["messages"][-1]["content"]
    draw = Random(derive(0, question))
    judge = ScriptedJudge(GeneratorSpec(options={"rows": ROWS, "right": 0.9}))
    return "Well." if draw.random() < 0.1 else json.dumps(judge.said(question, draw))


def endpoint(url: str, model: str = "reader") -> str:
    return f"{{engine='chat_api', model='{model}', base_url='{url}'}}"


def scripted_judge(**shares: object) -> str:
    told = "".join(f", {k}={v}" for k, v in shares.items())
    return f"{{engine='scripted-judge', options={{rows={json.dumps(ROWS)}{told}}}}}"


def writer(url: str) -> tuple[str, ...]:
    return ("generator.engine='chat_api'", "generator.model='writer'", f"generator.base_url='{url}'", "generator.options={}", "generator.guidance=0")


def judged(folder: Path, name: str = "judge") -> dict[str, float | None]:
    with Ledger.open(folder, read_only=True) as ledger:
        return {p: getattr(m, "value", None) for s in ledger.steps() for p, found in ledger.scores(s.key).items() for m in found if m.name == name}


def steps(folder: Path, stem: str) -> list[Any]:
    with Ledger.open(folder, read_only=True) as ledger:
        return [s.result for s in ledger.steps() if s.name.startswith(stem)]


def test_caps_hold_over_writing_and_judging_and_a_continued_run_repays_nothing(tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES, encoding="utf-8")
    with serve() as writing, serve(reader) as reading:
        asks = (*ONE, *writer(writing), f"judge.by={endpoint(reading)}", f"budget.prices='{prices}'", "budget.cache='off'")
        with pytest.raises(Interrupted, match="50 of 50 requests"):
            run(scripted(*asks, "budget.requests=50"), tmp_path / "run", progress=Recorder())
        assert stats(writing)["requests"] + stats(reading)["requests"] == 50
        run(scripted(*asks), tmp_path / "run", progress=Recorder())
        told = stats(reading, contents=True)
        assert max(times for times, _ in told["by_content"].values()) == 1
        sent = stats(writing)["requests"], told["requests"]
        run(scripted(*asks), tmp_path / "run", resume="always", progress=Recorder())
        assert (stats(writing)["requests"], stats(reading)["requests"]) == sent
    summary = summarise(tmp_path / "run")
    paid = {p.model: p for p in summary.spending.models}
    assert {model: p.requests for model, p in paid.items()} == {"writer": sent[0], "reader": sent[1]}
    assert summary.spending.money == sum(p.money for p in paid.values()) > 0
    (use,) = summary.tasks[0].judging.judges
    assert sum(use.asked.values()) == sent[1]
    assert use.silent["the answer is not one JSON object"] > 0
    assert use.tokens_in == paid["reader"].tokens_in
    assert use.known.accuracy.mean > 0.7


@pytest.mark.parametrize(("cap", "told", "caps"), [("tokens_in", "prompt_tokens", (3000, 9000)), ("tokens_out", "completion_tokens", (1500, 3000))])
def test_what_is_read_and_what_is_written_have_caps_of_their_own_through_retries_judging_and_resume(tmp_path: Path, cap: str, told: str, caps: tuple[int, ...]) -> None:
    # Failures of the wire whose tokens nobody tells: what was set aside for those counts.
    faults = Schedule({"503": 0.1, "drop": 0.1}, 3)
    with serve(faults=faults) as writing, serve(reader, faults=faults) as reading:
        asks = (*ONE, *writer(writing), "generator.options={backoff=0.0}", f"judge.by={endpoint(reading)[:-1]}, options={{backoff=0.0}}}}")
        for most in caps:
            with pytest.raises(Interrupted, match=f"of {most:,} tokens {'read' if cap == 'tokens_in' else 'written'}"):
                run(scripted(*asks, f"budget.{cap}={most}"), tmp_path, progress=Recorder())
            spent = summarise(tmp_path).spending
            assert stats(writing)[told] + stats(reading)[told] == getattr(spent, cap) <= most
        run(scripted(*asks), tmp_path, progress=Recorder())
        assert stats(writing)["answered_again"] == stats(reading)["answered_again"] == 0
        assert stats(reading)["answered"] > 0
        requests = stats(writing)["requests"] + stats(reading)["requests"]
    assert summarise(tmp_path).spending.requests == requests


def test_rows_are_annotated_and_the_report_says_what_judges_did(tmp_path: Path) -> None:
    folder = run(scripted(*ONE, f"judge.by=[{scripted_judge(right=0.9, broken=0.05)}, {scripted_judge(right=0.8)}]"), tmp_path, progress=Recorder())
    scores = judged(folder)
    rows = [json.loads(line) for line in (folder / "data" / "reviews.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 20
    assert {r["_meta"]["prompt_id"]: r["_meta"]["scores"]["judge"] for r in rows}.items() <= scores.items()
    low = [r for r in rows if (r["_meta"]["scores"]["judge"] or 1.0) < 0.5]
    assert low
    assert all("judge" in {m["filter"] for m in r["_meta"]["marks"]} for r in low)
    summary = write_all(folder)
    found = summary.tasks[0].judging
    assert (found.source, len(found.judges), found.rows) == ("seeds", 2, len(scores))
    assert sum(found.answered.values()) == found.rows
    assert found.agreement is not None
    said = " ".join(judging_text(summary.tasks[0]))
    assert "told rightly" in said
    assert "Krippendorff" in said
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert 'id="judges"' in page
    assert (folder / "tables" / "judges.csv").read_text(encoding="utf-8").count("\n") == 3


def test_rows_below_the_threshold_can_be_left_out(tmp_path: Path) -> None:
    folder = run(scripted(*ONE, f"judge.by={scripted_judge()}", "judge.use='drop'"), tmp_path, progress=Recorder())
    rows = [json.loads(line) for line in (folder / "data" / "reviews.jsonl").read_text(encoding="utf-8").splitlines()]
    assert min(r["_meta"]["scores"]["judge"] for r in rows) >= 0.5
    assert summarise(folder).tasks[0].synthesis.rejected["judge"] > 0


def test_a_judge_that_guesses_leaves_the_rows_alone_and_is_distrusted(tmp_path: Path) -> None:
    folder = run(scripted(*ONE, f"judge.by={scripted_judge(right=0.5)}", "judge.use='drop'"), tmp_path, progress=Recorder())
    summary = summarise(folder)
    assert set(judged(folder).values()) == {None}
    assert "judge" not in summary.tasks[0].synthesis.rejected
    assert summary.tasks[0].synthesis.unscored["judge"] == len(judged(folder))
    assert any("Judges that are not believed: reviews" in said for said in headline(summary).distrust)


def test_people_calibrate_judges_of_later_runs_and_are_compared_with_those_of_their_own(tmp_path: Path) -> None:
    more = ("synthesis.rows=40", f"judge.by={scripted_judge()}")
    first = run(scripted(*ONE, *more), tmp_path / "first", progress=Recorder())
    with Reading.open(first) as reading:
        lines = [reading.lines([i])[0] for own in reading.population().values() for i, _ in own]
    scores = judged(first)
    with Verdicts.open(first) as pen:
        # These people like what the judge does not.
        pen.take(Verdict(x.step, x.prompt, "reject" if (scores[x.prompt] or 0) > 0.5 else "accept", "anna", now(), drawn=True) for x in lines)
    turned = summarise(first).tasks[0].judging.people
    assert turned.rows == len(lines)
    assert turned.order < 0.1
    assert "no better than chance" in turned.reason
    second = run(scripted(*ONE, *more, f"judge.people='{first}'", seed=9), tmp_path / "second", progress=Recorder())
    found = summarise(second).tasks[0].judging
    assert (found.source, found.judges[0].known.rows) == ("people", len(lines))
    assert "no better than chance" in found.judges[0].known.reason
    assert stream_key(scripted(*ONE, *more)) == stream_key(scripted(*ONE, *more, f"judge.people='{first}'"))


def test_judges_draw_lessons_for_the_memory_and_choose_rows_in_rounds(tmp_path: Path) -> None:
    more = ("memory.enabled=true", "memory.critic='judge'", "rounds.enabled=true", "rounds.by='judge'", "rounds.rounds=2", "judge.use='off'")
    folder = run(scripted(*ONE, *more, f"judge.by={scripted_judge()}"), tmp_path, progress=Recorder())
    assert judged(folder) == {}
    assert {r["purpose"] for r in steps(folder, "judging.")} <= {"critique", "difficulty"}
    assert [r for r in steps(folder, "judging.") if r["purpose"] == "critique"]
    with Memory.open(folder, new=False) as memory:
        assert "Accepted records name one concrete thing." in {item.text for item in memory.state.lessons}
    assert summarise(folder).tasks[0].rounds.by == "judge"


def test_judges_reward_drafts(tmp_path: Path) -> None:
    learn = ("finetune.enabled=true", "reinforce.method='hro'", "reinforce.steps=2", "reinforce.prompts=4", "reinforce.completions=2", "reinforce.weights={judge=1.0, quality=0.3}")
    folder = run(scripted(*ONE, *learn, f"judge.by={scripted_judge()}"), tmp_path, progress=Recorder())
    assert "mean/judge" in summarise(folder).tasks[0].reinforce.curve[0]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (("judge.by={engine='nobody'}",), "judge"),
        (("judge.by={engine='chat_api', model='m', base_url='ftp://x'}",), "judge.by.base_url"),
        (("judge.by={engine='scripted-judge', options={colour=1}}",), "judge.by.options.colour"),
        (("reinforce.weights={judge=1.0}",), "reinforce.weights.judge"),
        (("rounds.enabled=true", "rounds.by='judge'"), "rounds.by"),
        (("memory.enabled=true", "memory.critic='judge'"), "memory.critic"),
        (("judge.threshold=2",), "judge.threshold"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path: Path, settings: tuple[str, ...], field: str) -> None:
    with pytest.raises(SpecError) as raised:
        run(scripted(*ONE, *settings), tmp_path / "run", progress=Recorder())
    assert raised.value.field.startswith(field)
    assert not (tmp_path / "run").exists()
