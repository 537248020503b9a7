"""`synlearner audit-acquisition` as people use it: files in, a table, a page and a sentence per function out."""

import csv
import json
from pathlib import Path

import pytest

from synlearner.report.audit.schema import Audit
from tests.cli.test_cli import synlearner

DEMO = Path(__file__).parents[2] / "src/synlearner/demo"
FAST = ["--student", "word-count", "--embedder", "word-hash", "--buckets", "3", "--repeats", "2", "--plain"]


def lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def put(file: Path, rows: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    gold = lines(DEMO / "tickets.gold.jsonl")
    put(folder / "pool.jsonl", gold[0::2])
    put(folder / "dev.jsonl", gold[1::2])
    seeds = lines(DEMO / "tickets.seeds.jsonl")
    put(folder / "seeds.jsonl", seeds)
    story = [{**row, "id": f"new{i}", "text": f"{row['text']} today", "_meta": {"examples": [row["id"], "another"]}} for i, row in enumerate(seeds)]
    put(folder / "generated.jsonl", story)
    return folder


def asked(folder: Path, *more: str) -> list[str]:
    return ["audit-acquisition", "pool.jsonl", "--seeds", "seeds.jsonl", "--dev", "dev.jsonl", *FAST, *more]


def test_an_audit_is_written_and_continued(files: Path) -> None:
    first = synlearner(*asked(files, "--by", "loss,entropy,bald", "--generated", "generated.jsonl", "-o", "out"), folder=files)
    assert first.returncode == 0, first.stderr
    found = Audit.model_validate_json((files / "out/audit.json").read_text(encoding="utf-8"))
    assert [f.name for f in found.functions if f.control] == ["random", "length"] or [f.name for f in found.functions if f.control] == ["length", "random"]
    assert {f.name for f in found.functions} == {"loss", "entropy", "bald", "random", "length"}
    assert "bald was not measured: the student has no committee." in " ".join(first.stdout.split())
    assert all(f.sentence.split("(")[0].strip() in " ".join(first.stdout.split()) for f in found.functions if not f.control)
    assert [s.function for s in found.survival] == ["loss", "entropy", "bald"]
    assert found.survival[0].pairs == len(lines(files / "seeds.jsonl"))
    page = (files / "out/audit.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "Do scores survive generation?" in page
    for name in ("functions", "buckets", "repeats", "agreement", "survival", "medians"):
        rows = list(csv.reader((files / f"out/tables/{name}.csv").read_text(encoding="utf-8").splitlines()))
        assert len({len(row) for row in rows}) == 1, name
    cells = (files / "out/cells.jsonl").read_bytes()
    again = synlearner(*asked(files, "--by", "loss,entropy,bald", "--generated", "generated.jsonl", "-o", "out"), folder=files)
    assert again.stdout == first.stdout
    assert (files / "out/cells.jsonl").read_bytes() == cells
    wider = synlearner(*asked(files, "--by", "loss,entropy,wrong-answer", "-o", "out"), folder=files)
    assert wider.returncode == 0, wider.stderr
    assert (files / "out/cells.jsonl").read_bytes().startswith(cells)


def test_rows_can_be_written_around_rows_of_the_pool(files: Path) -> None:
    around = ["--around", str(DEMO / "tickets.toml"), "--write", "24", "--generator", "scripted", "--by", "loss", "-o", "around"]
    made = synlearner(*asked(files, *around), folder=files)
    assert made.returncode == 0, made.stderr
    found = Audit.model_validate_json((files / "around/audit.json").read_text(encoding="utf-8"))
    assert 0 < found.survival[0].pairs <= 24
    written = next((files / "around").glob("around-*.jsonl"))
    before = written.read_bytes()
    again = synlearner(*asked(files, *around), folder=files)
    assert again.returncode == 0
    assert "rows around rows" not in again.stderr
    assert written.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--by", "los"], "did you mean 'loss'?"),
        (["--repeats", "1"], "at least 2 repeats"),
        (["--buckets", "2"], "at least 3 buckets"),
        (["--strata", "colour"], "known: label, length, none"),
        (["--label", "kind"], "there is no column 'kind'"),
        (["--generated", "pool.jsonl"], "no row was written around a row of the pool or the seeds"),
        (["--around", str(DEMO / "pairs.toml")], "other fields or labels than the pool"),
    ],
)
def test_what_cannot_be_audited_is_one_clear_error(files: Path, arguments: list[str], words: str) -> None:
    failed = synlearner(*asked(files, "--by", "loss", "-o", "none", *arguments), folder=files)
    assert failed.returncode == 2
    assert failed.stderr.splitlines()[-2].startswith("error: ")
    assert words in failed.stderr
    assert "Fix:" in failed.stderr
