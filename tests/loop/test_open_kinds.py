"""A kind without labels through the public door: its own student and verifier, in one stream with tasks that have labels."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from scripted import SETTINGS

from synlearner import Kind, Row, Sample, Score, SpecError, Stream, load_stream, register, run
from synlearner.report.export import export
from synlearner.report.summary import summarise
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from synlearner.testing import Recorder

SEEDS = [("At nine.", "when does the room open"), ("At nine.", "how early may we come"), ("Two weeks.", "how long may books stay"), ("Two weeks.", "what is the loan period")]
GOLD = [("at nine", "from when is the room open"), ("two weeks", "how long is the loan period")]


class Nearest:
    """Answers as the row with the most words in common."""

    gives = ("answers",)
    identity, deterministic = "nearest 1", True

    def __init__(self, spec: object = None, rows: Sequence[Row] = ()) -> None:
        self.rows = rows

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> "Nearest":
        return Nearest(rows=rows)

    def answer(self, rows: Sequence[Row]) -> list[str]:
        return [max(self.rows, key=lambda r: len({*r.text.lower().split()} & {*asked.text.lower().split()})).label for asked in rows]


class Unsure:
    """Believes one answer only."""

    name = "unsure"

    def __init__(self, task: object, *, seed: int) -> None:
        assert isinstance(seed, int)

    def verify(self, samples: Sequence[Sample]) -> list[Score]:
        return [Score(self.name, 0.9 if s.row.label == "At nine." else 0.1) for s in samples]


def kind(name: str, **more: str) -> str:
    role = "Answer with one JSON object and nothing else."
    register("kind", name)(Kind(name, ("question",), "reply", closed=False, role=role, valid=lambda _: "", match=lambda a, g: a.casefold().strip(".") == g, **more))
    return name


register("student", "nearest-row")(Nearest)
register("verifier", "unsure")(Unsure)


def stream(folder: Path, name: str, *settings: str, before: str = "") -> Stream:
    for file, rows in (("seeds", SEEDS), ("gold", GOLD)):
        (folder / f"{file}.jsonl").write_text("".join(json.dumps({"reply": a, "question": q}) + "\n" for a, q in rows), encoding="utf-8")
    data = 'seeds = { path = "seeds.jsonl" }\ngold = { path = "gold.jsonl" }\n'
    (folder / "opening.toml").write_text(f'name = "opening"\nkind = "{name}"\ninstruction = "Answer the visitor."\n[data]\n{data}', encoding="utf-8")
    (folder / "stream.toml").write_text(f'tasks = [{before}"opening.toml"]\n', encoding="utf-8")
    return load_stream(folder / "stream.toml", (*SETTINGS, "generator.options={}", "finetune.seed_passes=1", *settings), 3)


def results(folder: Path, name: str) -> list[dict]:
    with Ledger.open(folder, read_only=True) as ledger:
        return [s.result for s in ledger.steps() if s.name == name]


def test_an_open_kind_runs_from_end_to_end(tmp_path: Path) -> None:
    folder = run(stream(tmp_path, kind("open", student="nearest-row")), tmp_path / "run", progress=Recorder())
    (scored,) = results(folder, "evaluate")
    assert scored["scores"]["seeds_only"]["mean"] == 1
    assert scored["scores"]["synthetic"]["macro_f1"] is None
    assert scored["verifier"] == {"accuracy": None, "trusted": False, "reason": "switched off, or the kind has none"}
    rows = [json.loads(line) for line in (folder / "data" / "opening.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {r["reply"] for r in rows} == {"At nine.", "Two weeks."}
    assert all(len(cell["correct"]) == 1 and len(cell["correct"][0]) == 2 for cell in results(folder, "cell.0.0"))
    assert write_all(folder).tasks[0].student == "nearest-row"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "nearest-row (open)" in page
    assert "At nine." in page
    export(folder, to="hf", out=tmp_path / "hf")
    assert "| label | rows |" not in (tmp_path / "hf" / "README.md").read_text(encoding="utf-8")


def test_a_kind_may_bring_its_verifier(tmp_path: Path) -> None:
    loaded = stream(tmp_path, kind("verified", student="nearest-row", verifier="unsure"), "evaluation.matrix='none'")
    folder = run(loaded, tmp_path / "run", progress=Recorder())
    task = summarise(folder).tasks[0]
    assert task.synthesis.rejected["label"] > 0
    assert task.verifier.trusted is None
    assert "own verifier" in task.verifier.reason
    rows = [json.loads(line) for line in (folder / "data" / "opening.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {r["reply"] for r in rows} == {"At nine."}


def test_tasks_with_and_without_labels_share_a_stream(tmp_path: Path) -> None:
    from synlearner.stream.bundled import copy_demo

    copy_demo(tmp_path / "demo")
    loaded = stream(tmp_path, kind("mixed", student="nearest-row"), "evaluation.matrix='lower'", before='"demo/reviews.toml", ')
    folder = run(loaded, tmp_path / "run", progress=Recorder())
    first, second = summarise(folder).tasks
    assert (first.student, second.student) == ("word-count", "nearest-row")
    assert first.scores.synthetic.macro_f1 is not None
    assert summarise(folder).transfer.average.interval is not None


def test_a_task_that_no_student_can_read_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot read the task 'opening': its kind 'alone' wants answers") as caught:
        stream(tmp_path, kind("alone"))
    assert caught.value.field == "student.engine"
    assert "nearest-row" in caught.value.fix
    assert "tfidf" not in caught.value.fix
    assert stream(tmp_path, "alone", 'student.engine="nearest-row"').tasks[0].kind.name == "alone"


def test_a_student_of_answers_cannot_read_labels(tmp_path: Path) -> None:
    from synlearner.stream.bundled import DEMO

    with pytest.raises(SpecError, match="wants labels") as caught:
        load_stream(DEMO / "stream.toml", ['student.engine="nearest-row"'])
    assert "tfidf" in caught.value.fix


@pytest.mark.parametrize("socket", ["student", "verifier"])
def test_a_kind_that_names_nobody_is_refused(tmp_path: Path, socket: str) -> None:
    with pytest.raises(SpecError, match=f"names a {socket} 'nobody' that is not registered") as caught:
        stream(tmp_path, kind(f"lost-{socket}", **{"student": "nearest-row", socket: "nobody"}))
    assert caught.value.field == "kind"
    assert caught.value.file.endswith("opening.toml")
    assert "register it" in caught.value.fix
