"""A task's pool: with labels, without, or with some; what is refused or left out, and what it makes of the task."""

import json
from pathlib import Path

import pytest

from synlearner.errors import SpecError
from synlearner.stream.identity import hashes
from synlearner.stream.reading import load_stream, read_task

TASK = """
name = "tickets"
kind = "classification"
instruction = "Which team should answer?"
labels = ["billing", "returns"]
[data]
seeds = { path = "seeds.jsonl" }
gold = { path = "gold.jsonl" }
"""
ROWS = {
    "seeds": [{"id": 1, "text": "Why was I charged twice?", "label": "billing"}, {"id": 2, "text": "It leaks, take it back.", "label": "returns"}],
    "gold": [{"text": "My invoice lacks a number.", "label": "billing"}, {"text": "How do I send it back?", "label": "returns"}],
}


def placed(folder: Path, pool: list[dict] | None, settings: str = "", run: str = "") -> Path:
    for name, rows in {**ROWS, **({"pool": pool} if pool is not None else {})}.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    line = f'pool = {{ path = "pool.jsonl"{settings} }}\n' if pool is not None else ""
    (folder / "tickets.toml").write_text(TASK + line, encoding="utf-8")
    (folder / "run.toml").write_text(f'tasks = ["tickets.toml"]\n{run}', encoding="utf-8")
    return folder / "tickets.toml"


def test_rows_may_have_labels_or_not(tmp_path: Path) -> None:
    rows = [{"id": 1, "text": "a"}, {"text": "b", "label": None}, {"text": "c", "label": ""}, {"text": "d", "label": -1}, {"text": "e", "label": "billing"}]
    found = read_task(placed(tmp_path, rows), 0)
    assert [(r.id, r.label, r.origin) for r in found.task.pool] == [
        ("pool:1", "", "pool"),
        *((f"pool:pool.jsonl#{n}", "", "pool") for n in (2, 3, 4)),
        ("pool:pool.jsonl#5", "billing", "pool"),
    ]
    assert found.warnings == ()


def test_minus_one_is_a_label_where_it_is_declared(tmp_path: Path) -> None:
    task = placed(tmp_path, [{"text": "d", "label": -1}])
    task.write_text(task.read_text(encoding="utf-8").replace('"returns"]', '"returns", "-1"]'), encoding="utf-8")
    assert [r.label for r in read_task(task, 0).task.pool] == ["-1"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "my INVOICE lacks a number"}, "also a gold row"),
        ({"text": "x", "label": "refunds"}, "not declared"),
        ({"text": " "}, "empty"),
        ({"text": "fine"}, "duplicate of line 1"),
        ({"words": "x"}, "no column 'text'"),
    ],
)
def test_what_cannot_be_used_is_refused_or_left_out_and_counted(tmp_path: Path, row: dict, message: str) -> None:
    task = placed(tmp_path, [{"text": "fine", "label": "billing"}, row])
    with pytest.raises(SpecError, match=message) as caught:
        read_task(task, 0)
    assert caught.value.file.endswith("pool.jsonl") and caught.value.line == 2
    if "column" not in message:
        found = read_task(placed(tmp_path, [{"text": "fine", "label": "billing"}, row], ', unusable = "skip"'), 0)
        assert len(found.task.pool) == 1
        assert "1 pool rows were left out" in found.warnings[0]


def test_gold_rows_of_other_tasks_are_refused(tmp_path: Path) -> None:
    placed(tmp_path, [{"text": "A text of another exam."}])
    other = TASK.replace('"tickets"', '"other"').replace("gold.jsonl", "other.jsonl").replace('seeds = { path = "seeds.jsonl" }\n', "")
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    (tmp_path / "other.jsonl").write_text('{"text": "a text of another exam", "label": "billing"}\n', encoding="utf-8")
    (tmp_path / "run.toml").write_text('tasks = ["tickets.toml", "other.toml"]\n', encoding="utf-8")
    with pytest.raises(SpecError, match="gold row of the task 'other'"):
        load_stream(tmp_path / "run.toml")


def test_seeds_that_came_from_the_pool_are_left_out_of_it(tmp_path: Path) -> None:
    found = read_task(placed(tmp_path, [*ROWS["seeds"], {"id": 3, "text": "Something else."}]), 0)
    assert [r.id for r in found.task.pool] == ["pool:3"]
    assert found.warnings == ("tickets: 2 pool rows were left out (2 also seed rows)",)


def test_a_named_column_of_labels_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no column 'team'"):
        read_task(placed(tmp_path, [{"text": "a"}], ', columns = { label = "team" }'), 0)


def test_the_pool_is_part_of_the_task_and_no_pool_changes_nothing(tmp_path: Path) -> None:
    none, some = (load_stream(placed(tmp_path, rows).parent / "run.toml") for rows in (None, [{"text": "a"}]))
    assert none.tasks[0].key != some.tasks[0].key
    assert [k for k, v in hashes(none, 0).items() if hashes(some, 0)[k] != v] == ["pool rows", "task"]


def test_rounds_around_a_pool_need_one(tmp_path: Path) -> None:
    rounds = '[rounds]\nenabled = true\ncandidates = "pool"\n'
    placed(tmp_path, None, run=rounds)
    with pytest.raises(SpecError, match="the task 'tickets' has none") as caught:
        load_stream(tmp_path / "run.toml")
    assert caught.value.field == "rounds.candidates"
    placed(tmp_path, [{"text": "a"}], run=rounds)
    assert len(load_stream(tmp_path / "run.toml").tasks[0].pool) == 1
