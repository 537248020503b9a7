"""Tasks and streams: their own rules, their paths, and the way through a stream."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from synlearner.errors import FutureAccess, SpecError
from synlearner.stream.reading import load_stream, load_task, read_task

TASK = """\
name = "{name}"
kind = "{kind}"
instruction = "What is it about?"
{more}
[labels]
a = "first"
b = ""
{tables}
[data]
seeds = {{ path = "seeds.jsonl" }}
gold = {{ path = "gold.jsonl" }}
"""


def write_rows(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


def write_task(folder: Path, name: str = "one", kind: str = "classification", more: str = "", tables: str = "") -> Path:
    if not (folder / "seeds.jsonl").exists():
        write_rows(folder / "seeds.jsonl", {"text": "one two", "label": "a"}, {"text": "three four", "label": "b"})
        write_rows(folder / "gold.jsonl", {"text": "five six", "label": "a"}, {"text": "seven", "label": "b"})
    path = folder / f"{name}.toml"
    path.write_text(TASK.format(name=name, kind=kind, more=more, tables=tables), encoding="utf-8")
    return path


def refused(path: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_task(path, 0)
    assert caught.value.fix
    assert caught.value.file
    return caught.value


def test_a_task_and_its_exam(tmp_path: Path) -> None:
    task, exam = load_task(write_task(tmp_path), 0)
    assert [(r.id, r.text, r.label, r.origin) for r in task.seeds] == [("seeds.jsonl#1", "one two", "a", "seed"), ("seeds.jsonl#2", "three four", "b", "seed")]
    assert [r.origin for r in exam.gold] == ["gold", "gold"]
    assert not exam.real


@pytest.mark.parametrize(
    ("change", "field", "part"),
    [
        ({"kind": "clasification"}, "kind", "did you mean 'classification'"),
        ({"kind": "pair", "more": 'fields = ["text"]'}, "fields", "has 2"),
        ({"more": 'fields = ["text", "text"]'}, "fields", "own name"),
        ({"more": 'target = "text"'}, "target", "another key"),
        ({"more": "length = { min_words = 9, max_words = 3 }"}, "length.min_words", "more than max_words"),
        ({"more": 'leak = "maybe"'}, "leak", '"allow" or "forbid"'),
        ({"tables": "[attributes]\ntone = []"}, "attributes.tone", "no values"),
        ({"tables": '[attributes]\ntone = ["x", "x"]'}, "attributes.tone", "twice"),
        ({"tables": '[attributes]\ntone = ["x", " "]'}, "attributes.tone", "empty"),
        ({"tables": '[attributes]\ntone = "x"'}, "attributes.tone", "list in brackets"),
        ({"tables": '[attributes]\ntone = ["x", 1]'}, "attributes.tone[1]", "text in quotes"),
        ({"tables": '[label_attributes.aa]\ntone = ["x"]'}, "label_attributes.aa", "did you mean 'a'"),
        ({"tables": '" c" = ""'}, "labels. c", "white space"),
    ],
)
def test_rules_of_a_task(tmp_path: Path, change: dict[str, str], field: str, part: str) -> None:
    error = refused(write_task(tmp_path, **change))
    assert error.field == field
    assert error.line > 0
    assert part in str(error)


def test_several_rules_at_once(tmp_path: Path) -> None:
    message = str(refused(write_task(tmp_path, more='target = "text"', tables="[attributes]\ntone = []\nmood = []")))
    assert "3 problems" in message


def test_one_label_is_not_enough(tmp_path: Path) -> None:
    path = write_task(tmp_path)
    path.write_text(path.read_text().replace('b = ""\n', ""))
    assert "needs at least 2" in refused(path).message


def test_labels_may_be_a_list(tmp_path: Path) -> None:
    path = write_task(tmp_path, more='labels = ["a", "b"]')
    path.write_text(path.read_text().replace('[labels]\na = "first"\nb = ""\n', ""))
    assert load_task(path, 0)[0].labels == ("a", "b")
    path.write_text(path.read_text().replace('["a", "b"]', '["a", "b", true]'))
    assert "found true" in refused(path).message
    path.write_text(path.read_text().replace("true]", '"a"]'))
    assert "once" in refused(path).fix


def test_missing_data_file_names_the_near_ones(tmp_path: Path) -> None:
    path = write_task(tmp_path)
    path.write_text(path.read_text().replace("seeds.jsonl", "seed.jsonl"))
    error = refused(path)
    assert (error.field, error.line > 0, "'seeds.jsonl'" in error.fix) == ("data.seeds.path", True, True)


def test_unknown_column_mapping(tmp_path: Path) -> None:
    path = write_task(tmp_path)
    path.write_text(path.read_text().replace('"gold.jsonl"', '"gold.jsonl", columns = { txt = "text" }'))
    assert "did you mean 'text'" in refused(path).fix


def test_columns_fields_and_target(tmp_path: Path) -> None:
    write_rows(tmp_path / "seeds.jsonl", {"q1": "why", "q2": "how", "same": True, "nr": 7})
    write_rows(tmp_path / "gold.jsonl", {"first": "x", "second": "y", "verdict": "false", "id": "g"})
    path = tmp_path / "t.toml"
    path.write_text(
        'name = "t"\nkind = "pair"\ninstruction = "Same?"\nfields = ["first", "second"]\ntarget = "verdict"\nlabels = ["true", "false"]\n[data]\ngold = { path = "gold.jsonl" }\n'
        '[data.seeds]\npath = "seeds.jsonl"\ncolumns = { first = "q1", second = "q2", verdict = "same", id = "nr" }\n'
    )
    task, exam = load_task(path, 0)
    assert task.record(task.seeds[0]) == {"verdict": "true", "first": "why", "second": "how"}
    assert (task.seeds[0].id, exam.gold[0].id) == ("7", "g")


def test_warnings_stop_nothing(tmp_path: Path) -> None:
    write_rows(tmp_path / "seeds.jsonl", {"text": "one two three", "label": "a"})
    write_rows(tmp_path / "gold.jsonl", {"text": "five six", "label": "b"})
    found = read_task(write_task(tmp_path, more="length = { max_words = 2 }"), 0)
    assert [w.removeprefix("one: ") for w in found.warnings] == [
        "no gold rows for the label 'a'",
        "no seed rows for the label 'b'",
        "1 seed rows are outside the length of 1 to 2 words, the first is seeds.jsonl#1",
    ]


def test_a_task_without_seeds(tmp_path: Path) -> None:
    path = write_task(tmp_path)
    path.write_text(path.read_text().replace('seeds = { path = "seeds.jsonl" }\n', ""))
    assert read_task(path, 0).task.seeds == ()


def stream_file(folder: Path, *tasks: str) -> Path:
    path = folder / "run.toml"
    path.write_text(f"seed = 3\ntasks = {list(tasks)!r}\n")
    return path


def test_a_stream_keeps_its_order_and_its_future(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write_task(tmp_path / "sub", "z")
    write_task(tmp_path, "a")
    stream = load_stream(stream_file(tmp_path, "sub/z.toml", "a.toml"), seed=4)
    assert ([t.name for t in stream.tasks], list(stream.exams), stream.run.seed) == (["z", "a"], ["z", "a"], 4)
    first = next(stream.arrivals())
    with pytest.raises(FutureAccess):
        first[1]


def test_task_names_are_different(tmp_path: Path) -> None:
    write_task(tmp_path, "a")
    with pytest.raises(SpecError, match="two tasks are called 'a'") as caught:
        load_stream(stream_file(tmp_path, "a.toml", "./a.toml"))
    assert (caught.value.field, caught.value.line) == ("tasks[1]", 2)


def test_missing_task_file(tmp_path: Path) -> None:
    write_task(tmp_path, "tickets")
    with pytest.raises(SpecError) as caught:
        load_stream(stream_file(tmp_path, "ticket.toml"))
    assert (caught.value.field, caught.value.line, "tickets.toml" in caught.value.fix) == ("tasks[0]", 2, True)


def test_the_demo_loads_without_heavy_libraries() -> None:
    code = (
        "import sys; from importlib.resources import files; from synlearner.stream.reading import load_stream\n"
        "s = load_stream(str(files('synlearner') / 'demo' / 'stream.toml'))\n"
        "print([t.name for t in s.tasks], s.warnings, sorted({'numpy', 'pandas', 'datasets', 'pyarrow', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['tickets', 'reviews', 'questions', 'pairs'] () []"


def test_demo_tasks_are_as_promised() -> None:
    demo = Path(__file__).parents[2] / "src" / "synlearner" / "demo" / "stream.toml"
    stream = load_stream(demo)
    for task in stream.tasks:
        gold = [r.label for r in stream.exams[task.name].gold]
        assert all(gold.count(label) >= 40 for label in task.labels)
        assert all([r.label for r in task.seeds].count(label) <= 16 for label in task.labels)
        assert all(3 <= len(task.attributes_of(label)) <= 4 for label in task.labels)
        assert all(6 <= len(values) <= 12 for label in task.labels for values in task.attributes_of(label).values())


def two_tasks(folder: Path, seed: str, source: str = '{ path = "own.jsonl" }', role: str = "seeds") -> Path:
    """A stream of the tasks `a` and `b`; the one row of `b` that may be learnt from has the text `seed`."""
    write_task(folder, "a")
    write_rows(folder / "own.jsonl", {"text": "eight", "label": "a"}, {"text": seed, "label": "b"})
    write_rows(folder / "exam.jsonl", {"text": "nine", "label": "a"}, {"text": "ten", "label": "b"})
    path = write_task(folder, "b")
    path.write_text(path.read_text().partition("[data]")[0] + f'[data]\n{role} = {source}\ngold = {{ path = "exam.jsonl" }}\n', encoding="utf-8")
    return stream_file(folder, "b.toml", "a.toml")


@pytest.mark.parametrize("role", ["seeds", "real"])
def test_no_row_to_learn_from_is_gold_of_another_task(tmp_path: Path, role: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_stream(two_tasks(tmp_path, "Five, six!", role=role))
    error = caught.value
    assert (error.file, error.line, error.field) == (str(tmp_path / "own.jsonl"), 2, "text")
    assert error.message == f"the text is also a gold row of the task 'a': {tmp_path / 'gold.jsonl'}:1"
    assert "unusable" in error.fix


def test_gold_of_another_task_can_be_left_out(tmp_path: Path) -> None:
    stream = load_stream(two_tasks(tmp_path, "five six", '{ path = "own.jsonl", unusable = "skip" }'))
    assert [r.text for r in stream.tasks[0].seeds] == ["eight"]
    assert "b: 1 seed rows were left out (1 gold)" in stream.warnings


def test_a_task_alone_knows_no_other_gold(tmp_path: Path) -> None:
    two_tasks(tmp_path, "five six")
    assert [r.text for r in load_task(tmp_path / "b.toml", 0)[0].seeds] == ["eight", "five six"]
