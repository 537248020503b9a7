"""The examples that users copy are read, and where no server is needed run, as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from synlearner import find, load_stream

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(*words: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("stream.toml")), ids=lambda p: p.parent.name)
def test_every_example_stream_is_well_formed(file):
    stream = load_stream(file)
    assert stream.warnings == ()
    assert all(stream.exams[task.name].gold for task in stream.tasks)


def test_the_csv_example_reads_its_own_columns():
    task = load_stream(EXAMPLES / "csv_task" / "stream.toml").tasks[0]
    assert len(task.seeds) == 12
    assert {row.label for row in task.seeds} == {"booking", "complaint", "lost"}
    assert "thing" in task.attributes_of("lost")


def test_the_endpoint_example_makes_prompts_without_a_server(tmp_path):
    words = ["preview", str(EXAMPLES / "chat_api" / "stream.toml"), "--prompts-only", "-n", "2"]
    shown = run("-c", "from synlearner.cli import main; main()", *words, folder=tmp_path)
    assert "community centre" in shown


def test_the_endpoint_example_is_one_that_the_engine_takes():
    spec = load_stream(EXAMPLES / "chat_api" / "stream.toml").run.generator
    engine = find("generator", spec.engine)(spec)
    assert spec.model in engine.identity
    engine.close()


def test_your_generator_writes_a_data_set(tmp_path):
    run(str(EXAMPLES / "your_generator.py"), str(tmp_path / "run"), folder=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "run" / "data" / "centre-mail.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {r["label"] for r in rows} == {"booking", "complaint", "lost"}
    assert {r["_meta"]["model"] for r in rows} == {"templates 1"}
