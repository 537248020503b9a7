"""Exports: every format is read back by those who read it, and says the same rows."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from synlearner.errors import LedgerError, SpecError
from synlearner.report.card import licences, size
from synlearner.report.export import export
from synlearner.report.summary import summarise
from synlearner.store.ledger import Ledger
from tests.report.fabricated import SETTINGS, TASKS, Maker, described, fabricate

ODD = [("1", "classification", ["no", "1", "True", "👍", "لا", "-1", "=x"], 0.05, 0.6)]
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="module")
def run(a_run) -> Path:
    return a_run()


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> Path:
    return fabricate(tmp_path_factory.mktemp("odd"), "hostile", tasks=ODD)


@pytest.fixture(scope="module")
def hub(run, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("hub") / "my rows"
    export(run, to="hf", out=out)
    return out


def rows_of(run: Path, task: str) -> list[dict]:
    return [json.loads(line) for line in (run / "data" / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()]


def lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def python(code: str, folder: Path) -> str:
    """Code in a fresh process with warnings as errors, without network, with its own cache."""
    environment = {**os.environ, **OFFLINE, "HF_HOME": str(folder / "hf-home"), "HF_DATASETS_CACHE": str(folder / "hf-cache")}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_jsonl_has_the_rows_with_their_story(run, tmp_path):
    files = export(run, to="jsonl", out=tmp_path)
    assert [f.name for f in files] == [f"{t[0]}.jsonl" for t in TASKS]
    assert lines(files[0]) == rows_of(run, "tickets")


def test_parquet_keeps_every_label_a_text(odd, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    (file,) = export(odd, to="parquet", out=tmp_path)
    table = pq.read_table(file).to_pylist()
    rows = rows_of(odd, "1")
    assert [(r["id"], r["label"], r["text"]) for r in table] == [(r["id"], r["label"], r["text"]) for r in rows]
    assert [json.loads(r["_meta"]) for r in table] == [r["_meta"] for r in rows]
    assert {r["label"] for r in table} == set(ODD[0][2])


@pytest.mark.parametrize("guard", [True, False])
def test_csv_guards_formulas_unless_told_not_to(odd, tmp_path, guard):
    (file,) = export(odd, to="csv", out=tmp_path, guard=guard)
    found = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    assert list(found[0]) == ["text", "label"]
    assert [r["text"] for r in found] == [r["text"] for r in rows_of(odd, "1")]
    assert [r["label"] for r in found] == ["'=x" if guard and r["label"] == "=x" else r["label"] for r in rows_of(odd, "1")]


def test_pairs_have_both_texts_in_csv(run, tmp_path):
    (file,) = export(run, to="csv", out=tmp_path, tasks=["pairs"])
    found = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    assert [(r["premise"], r["hypothesis"], r["label"]) for r in found] == [(r["premise"], r["hypothesis"], r["label"]) for r in rows_of(run, "pairs")]


def test_messages_are_the_prompt_as_used_and_the_record(run, tmp_path):
    (file,) = export(run, to="messages", out=tmp_path, tasks=["pairs"])
    found = lines(file)
    assert {tuple(m["role"] for m in r["messages"]) for r in found} == {("system", "user", "assistant")}
    records = [json.loads(r["messages"][-1]["content"]) for r in found]
    assert [list(r) for r in records] == [["label", "premise", "hypothesis"]] * len(records)
    assert [r["label"] for r in records] == [r["label"] for r in rows_of(run, "pairs")]
    assert all(f"Label: {r['label']}\n" in f["messages"][1]["content"] for r, f in zip(records, found, strict=True))


def test_prompt_and_completion_are_what_a_plain_engine_learns(run, tmp_path):
    (file,) = export(run, to="prompt-completion", out=tmp_path, tasks=["tickets"])
    found = lines(file)
    assert {tuple(r) for r in found} == {("prompt", "completion")}
    assert all(r["prompt"].startswith("Task: tickets") and r["prompt"].endswith("Record:") for r in found)  # the bundled model reads no system line
    assert all(r["completion"].startswith(' {"label": ') for r in found)
    assert [json.loads(r["completion"])["text"] for r in found] == [r["text"] for r in rows_of(run, "tickets")]


def test_the_system_line_is_there_for_engines_that_read_it(tmp_path):
    with Ledger.open(tmp_path) as ledger:
        ledger.begin("key", {"run": {**SETTINGS, "generator": {"engine": "hf"}}, "tasks": [described(TASKS[0])], "file": ""}, resume="never", versions={})
        maker = Maker(ledger)
        maker.write(TASKS[0], "synthesis.0", 30)
        maker.dataset(TASKS[0], tmp_path)
    (file,) = export(tmp_path, to="prompt-completion", out=tmp_path / "out")
    assert all(r["prompt"].startswith("You write data.\n\nTask: ") for r in lines(file))


LOAD = """
from datasets import load_dataset
def load(kind, file): return load_dataset(kind, data_files=file, split="train")
rows = load("json", "tickets.jsonl")
assert {"id", "label", "text", "_meta"} <= set(rows.column_names)
chat = load("json", "tickets.messages.jsonl")
assert chat.column_names == ["messages"] and chat[0]["messages"][2]["role"] == "assistant"
plain = load("json", "tickets.prompt-completion.jsonl")
assert sorted(plain.column_names) == ["completion", "prompt"]
assert load("parquet", "tickets.parquet")["text"][:] == rows["text"][:] == load("csv", "tickets.csv")["text"][:]
for name in ("tickets", "reviews", "questions", "pairs"):
    print(name, len(load_dataset(folder, name, split="train")))
"""


def test_datasets_loads_every_format_and_the_quick_start_of_the_card(run, hub):
    """One process for all: importing the library takes most of the time."""
    pytest.importorskip("datasets")
    for to in ("jsonl", "messages", "prompt-completion", "parquet", "csv"):
        export(run, to=to, out=hub.parent, tasks=["tickets"])
    quick = re.search(r"```python\n(.*?)```", head_and_body(hub)[1], re.DOTALL)[1]
    shown = python(quick + LOAD, hub.parent)
    assert "'label': " in shown.splitlines()[0]
    assert shown.splitlines()[1:] == [f"{t[0]} {len(rows_of(run, t[0]))}" for t in TASKS]


def head_and_body(folder: Path) -> tuple[dict, str]:
    yaml = pytest.importorskip("yaml")
    _, head, body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


def test_the_head_of_the_card_is_true(hub, run, tmp_path):
    head, body = head_and_body(hub)
    assert head["tags"] == ["synthetic", "synlearner"]
    assert head["size_categories"] == ["n<1K"]
    assert [c["config_name"] for c in head["configs"]] == [t[0] for t in TASKS]
    assert all((hub / f["path"]).exists() for c in head["configs"] for f in c["data_files"])
    # pairs declares neither, so nothing is said for the whole.
    assert "license" not in head
    assert "language" not in head
    assert "No licence is declared for: pairs" in body
    export(run, to="hf", out=tmp_path, tasks=["tickets", "reviews"])
    head, _ = head_and_body(tmp_path)
    assert (head["license"], head["language"]) == (["apache-2.0"], ["en"])


def test_the_card_tells_how_it_was_made(hub, run):
    _, body = head_and_body(hub)
    summary = summarise(run)
    for wanted in ("pocket", "torch 2.13.0", "Seed 7", "40 planned = ", "| billing |", "## Cautions", "No human wrote or checked these rows"):
        assert wanted in body
    settings = tomllib.loads(re.search(r"`{3,}toml\n(.*?)`{3,}", body, re.DOTALL)[1])
    assert settings["synthesis"] == SETTINGS["synthesis"]
    assert settings["tasks"] == [f"{t.name}.toml" for t in summary.tasks]
    assert "secret" not in body


def test_names_and_labels_cannot_break_the_card(tmp_path):
    tasks = [("no", "classification", ["a|b", "<img src=x onerror=y>", "```", "\x1b[31m"], 0.05, 0.6)]
    export(fabricate(tmp_path / "run", tasks=tasks), to="hf", out=tmp_path / "out")
    head, body = head_and_body(tmp_path / "out")
    assert head["configs"][0]["config_name"] == "no"
    assert "<img" not in body
    assert "\x1b" not in body
    assert "| a\\|b | " in body


def test_a_licence_that_the_hub_does_not_know_is_named_in_the_text_alone(run):
    tasks = summarise(run).tasks
    assert licences([tasks[0].model_copy(update={"licence": "my own"})]) == []
    assert licences([tasks[0], tasks[1].model_copy(update={"licence": "CC-BY-4.0"})]) == ["apache-2.0", "cc-by-4.0"]


@pytest.mark.parametrize(("rows", "category"), [(0, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (123_456, "100K<n<1M"), (10**8, "n>10M")])
def test_sizes_are_those_of_the_hub(rows, category):
    assert size(rows) == category


def test_wrong_requests_are_refused(run, a_run, tmp_path):
    with pytest.raises(SpecError, match="no export format 'xml'"):
        export(run, to="xml", out=tmp_path)
    with pytest.raises(SpecError, match="no task 'x'"):
        export(run, to="jsonl", out=tmp_path, tasks=["x"])
    stopped = fabricate(tmp_path / "stopped", "stopped")
    with pytest.raises(LedgerError, match="'questions' is not finished"):
        export(stopped, to="jsonl", out=tmp_path, tasks=["questions"])
    assert [f.stem for f in export(stopped, to="jsonl", out=tmp_path / "out")] == ["tickets", "reviews"]
    with pytest.raises(LedgerError, match="no data set"):
        export(a_run("first"), to="jsonl", out=tmp_path)
    (stopped / "data" / "tickets.jsonl").unlink()
    with pytest.raises(LedgerError, match="missing"):
        export(stopped, to="jsonl", out=tmp_path)
    assert list(tmp_path.rglob("*.part")) == []
