"""Rows from files: every way in which one can be wrong, the formats, odd labels, and fair samples."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import SpecError
from synlearner.records import Row
from synlearner.stream.sources import Place
from synlearner.stream.specs import Source
from synlearner.stream.splits import NOTHING, Shape, Split, read_split
from synlearner.stream.texts import match_label, normal_text, plain_text

SHAPE = Shape(("text",), "label", ("billing", "delivery"))
GOOD = '{"text": "fine", "label": "billing"}\n'


def read(path: Path, shape: Shape = SHAPE, gold: Split = NOTHING, seed: int = 0, query: str = "", **source: object) -> Split:
    spec = Source.model_validate({"path": path.name + query, **source})
    return read_split(spec, Place(spec.path, path.parent), shape, origin="seed", seed=seed, gold=gold)


def file_of(folder: Path, text: str | bytes, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path, **kwargs: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        read(path, **kwargs)
    assert caught.value.fix
    assert caught.value.file.endswith(path.name)
    return caught.value


@pytest.mark.parametrize(
    ("line", "field", "message", "fix"),
    [
        ('{"text": "x", "label": billing}', "", "invalid JSON", "one complete JSON object"),
        ("{'text': 'x', 'label': 'billing'}", "", "invalid JSON", "double quotes"),
        ("[", "", "invalid JSON", "without the surrounding list"),
        ('{"text": "x", "label": "billing"', "", "at column 33", "one complete JSON object"),
        ("[1]", "", "a JSON list", "write {"),
        ("7", "", "a JSON number", "write {"),
        ("[" * 100_000, "", "invalid JSON", "flat object"),
        ('\ufeff{"text": "x", "label": "billing"}', "", "invalid JSON", "byte order mark"),
        ('{"text": ' + "9" * 5000 + "}", "", "invalid JSON", "flat object"),
        ('{"text": "x", "text": "y", "label": "billing"}', "text", "occurs twice", "keep one"),
        ('{"txt": "x", "label": "billing"}', "text", "no column 'text'; found: txt, label", 'text = "txt"'),
        ('{"text": null, "label": "billing"}', "text", "null", "remove the row"),
        ('{"text": " \\u200b", "label": "billing"}', "text", "empty", "remove the row"),
        ('{"text": 5, "label": "billing"}', "text", "found 5, not a text", "quotes"),
        ('{"text": "a\\ud83d", "label": "billing"}', "text", "half of a character", "whole"),
        ('{"text": "x", "label": "biling"}', "label", "'biling' is not declared", "did you mean 'billing'"),
        ('{"text": "x", "label": "Billing "}', "label", "not declared", "did you mean 'billing'"),
        ('{"text": "x", "label": null}', "label", "no label", "write its label"),
        ('{"text": "x", "label": ""}', "label", "no label", "write its label"),
        ('{"text": "x", "label": 3}', "label", "3 is not declared", "declared: 'billing', 'delivery'"),
        ('{"text": "Fine ", "label": "billing"}', "text", "duplicate of line 1", "remove one"),
        ('{"text": "FINE", "label": "delivery"}', "text", "lines 1 and 3 have the same text, but the labels 'billing' and 'delivery'", "right one"),
        ('{"text": "gold", "label": "billing"}', "text", "also a gold row: gold.jsonl:12", "remove it"),
        ('{"text": "“Gold”!", "label": "billing"}', "text", "also a gold row: gold.jsonl:12", "remove it"),
    ],
)
def test_each_wrong_row(tmp_path: Path, line: str, field: str, message: str, fix: str) -> None:
    gold = read(file_of(tmp_path, "\n" * 11 + '{"text": "Gold", "label": "billing"}\n', "gold.jsonl"))
    gold = Split(gold.rows, "gold.jsonl", gold.lines)
    error = refused(file_of(tmp_path, GOOD + "\n" + line + "\n"), gold=gold)
    assert (error.line, error.field) == (3, field)
    assert message in error.message
    assert fix in error.fix


@pytest.mark.parametrize(("one", "other"), [("Don't - stop!", "“DON’T”  stop"), ("ａ_b", "A b"), ("soft\u00adware", "software")])
def test_copies_that_were_touched_up_are_told(one: str, other: str) -> None:
    assert plain_text(one) == plain_text(other)


@pytest.mark.parametrize(("one", "other"), [("Great 😀", "Great 😡"), ("5 + 3", "5 < 3"), ("1.5", "15"), ("?!", "..."), ("€ 5", "$ 5"), ("ab", "a b"), ("क़ि", "क")])
def test_texts_that_say_something_else_are_no_copies(one: str, other: str) -> None:
    assert plain_text(one) != plain_text(other)


def test_ids_are_kept_and_differ(tmp_path: Path) -> None:
    path = file_of(tmp_path, '{"id": 4, "text": "x", "label": "billing"}\n{"text": "y", "label": "billing"}\n{"id": "4", "text": "z", "label": "billing"}\n')
    error = refused(path)
    assert (error.line, error.field) == (3, "id")
    split = read(path, unusable="skip")
    assert [r.id for r in split.rows] == ["4", "rows.jsonl#2"]


@pytest.mark.parametrize("text", ["", "\n\n", "  \n"])
def test_no_rows(tmp_path: Path, text: str) -> None:
    assert "no rows" in refused(file_of(tmp_path, text)).message


def test_encodings(tmp_path: Path) -> None:
    assert read(file_of(tmp_path, b"\xef\xbb\xbf" + GOOD.encode())).rows[0].text == "fine"
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        assert "UTF-16" in refused(file_of(tmp_path, GOOD.encode(encoding))).message
    error = refused(file_of(tmp_path, GOOD.encode() + '{"text": "café", "label": "billing"}\n'.encode("latin-1")))
    assert (error.line, "not UTF-8" in error.message) == (2, True)


def test_unreadable_endings(tmp_path: Path) -> None:
    assert ".jsonl" in refused(file_of(tmp_path, "[]", "rows.json")).fix
    assert "hf://" in refused(file_of(tmp_path, "x", "rows.xlsx")).fix
    assert refused(tmp_path / "row.jsonl").fix
    (tmp_path / "folder").mkdir()
    assert "saved data set" in refused(tmp_path / "folder").message


def test_skipping_counts_and_takes_no_side(tmp_path: Path) -> None:
    lines = [("a", "billing"), ("A", "delivery"), ("b", "billing"), ("b", "billing"), ("", "billing"), ("c", "other"), ("d", "delivery")]
    path = file_of(tmp_path, "".join(json.dumps({"text": t, "label": v}) + "\n" for t, v in lines))
    split = read(path, unusable="skip")
    assert [r.text for r in split.rows] == ["b", "d"]
    assert split.skipped == {"contradicted": 2, "duplicate": 1, "empty": 1, "undeclared label": 1}
    assert 'unusable = "skip"' in refused(path).fix


def test_skipping_everything_is_an_error(tmp_path: Path) -> None:
    assert "no row can be used (1 empty)" in refused(file_of(tmp_path, '{"text": "", "label": "billing"}\n'), unusable="skip").message


def test_a_missing_column_is_never_skipped(tmp_path: Path) -> None:
    assert refused(file_of(tmp_path, '{"label": "billing"}\n'), unusable="skip").field == "text"


def csv_of(folder: Path, rows: Sequence[Sequence[str]], name: str = "rows.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter="\t" if name.endswith("tsv") else ",").writerows(rows)
    return path


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv"])
def test_csv_keeps_line_breaks_and_line_numbers(tmp_path: Path, name: str) -> None:
    path = csv_of(tmp_path, [["label", "text"], ["billing", 'two\nlines, "quoted"'], ["delivery", "x"], ["oops", "y"]], name)
    error = refused(path)
    assert (error.line, error.field) == (5, "label")
    assert [(r.id, r.text) for r in read(path, unusable="skip").rows] == [(f"{name}#2", 'two\nlines, "quoted"'), (f"{name}#4", "x")]


@pytest.mark.parametrize(
    ("text", "line", "message", "fix"),
    [
        ("text,label\na,billing,more\n", 2, "3 columns, but the header has 2", "double quotes"),
        ("text;label\na;billing\n", 2, "no column 'text'", "commas"),
        ("text,text\na,b\n", 1, "twice", "rename"),
        ('text,label\n"open,billing\n', 2, "invalid CSV", "close every quote"),
        ("text,label\n,billing\n", 2, "empty", "remove the row"),
        ("text,label\n", 0, "no rows", "at least one"),
    ],
)
def test_wrong_csv(tmp_path: Path, text: str, line: int, message: str, fix: str) -> None:
    error = refused(file_of(tmp_path, text, "rows.csv"))
    assert (error.line, message in error.message, fix in error.fix) == (line, True, True)


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"body": ["x", None], "label": ["billing", "billing"], "other": [1, 2]}), path)
    error = refused(path, columns={"text": "body"})
    assert (error.line, error.field) == (2, "body")
    assert "found: body, label, other" in refused(path).message
    assert [r.text for r in read(path, columns={"text": "body"}, unusable="skip").rows] == ["x"]
    assert "Parquet" in refused(file_of(tmp_path, "nonsense", "bad.parquet")).message


def test_saved_data_sets_and_class_labels(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["delivery", "billing"])})
    rows = datasets.Dataset.from_dict({"text": ["x", "y"], "label": [1, 0]}, features=features)
    rows.save_to_disk(str(tmp_path / "plain"))
    assert [r.label for r in read(tmp_path / "plain").rows] == ["billing", "delivery"]
    datasets.DatasetDict({"train": rows}).save_to_disk(str(tmp_path / "split"))
    assert [r.label for r in read(tmp_path / "split", query="?split=train").rows] == ["billing", "delivery"]
    assert "one of: train" in refused(tmp_path / "split", query="?split=test").fix


@pytest.mark.parametrize("path", ["hf://", "hf://owner/name", "hf://a/b/c/d?split=x", "hf://owner/name?split=train&spilt=x"])
def test_incomplete_hub_names(tmp_path: Path, path: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_split(Source(path=path), Place(path, tmp_path), SHAPE, origin="seed", seed=0)
    assert caught.value.file == path


LABELS = ("no", "1", "True", "0.5", "😀", "👩‍🔧", "שלום", "مرحبا", 'say "hi"', "a,b;c", "it's", "null", "Zürich", "日本")


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv"])
def test_odd_labels_and_many_survive(tmp_path: Path, name: str) -> None:
    labels = (*LABELS, *(f"label {i}" for i in range(150)))
    rows = [(f"text {i} \u202e{label}", label) for i, label in enumerate(labels)]
    lines = "".join(json.dumps({"text": t, "label": v}) + "\n" for t, v in rows)
    path = csv_of(tmp_path, [["text", "label"], *rows], name) if name.endswith("csv") else file_of(tmp_path, lines)
    split = read(path, Shape(("text",), "label", labels))
    assert [(r.text, r.label) for r in split.rows] == rows


@pytest.mark.parametrize(
    ("value", "labels", "found"),
    [
        (1, ("1", "2"), "1"),
        (1, ("True", "False"), None),
        (True, ("True", "False"), "True"),
        (True, ("true", "false"), "true"),
        (True, ("True", "true"), None),
        (True, ("1", "0"), None),
        (2.0, ("2",), "2"),
        (2.0, ("2.0",), "2.0"),
        (2.0, ("2", "2.0"), None),
        (0.5, ("0.5",), "0.5"),
        (None, ("None", "null"), None),
        ([], ("[]",), None),
        ("A", ("a",), None),
    ],
)
def test_json_values_as_labels(value: object, labels: tuple[str, ...], found: str | None) -> None:
    assert match_label(value, labels) == found


def test_per_label_is_a_fair_and_repeatable_sample(tmp_path: Path) -> None:
    rows = [{"text": f"t{i}", "label": "billing" if i % 3 else "delivery"} for i in range(300)]
    path = file_of(tmp_path, "".join(json.dumps(r) + "\n" for r in rows))
    one = read(path, per_label=10)
    assert sorted(r.label for r in one.rows) == ["billing"] * 10 + ["delivery"] * 10
    assert one.rows == read(path, per_label=10).rows
    assert one.rows != read(path, per_label=10, seed=1).rows
    assert [r.id for r in one.rows] == sorted((r.id for r in one.rows), key=lambda i: int(i.split("#")[1]))
    hits = sum(read(path, per_label=10, seed=s).rows[0].id == "rows.jsonl#1" for s in range(60))
    assert 1 <= hits <= 16


@settings(max_examples=60)
@given(st.lists(st.tuples(st.text(min_size=1), st.sampled_from(LABELS)), min_size=1, max_size=8, unique_by=lambda r: normal_text(r[0])))
def test_any_rows_come_back_from_jsonl(rows: list[tuple[str, str]]) -> None:
    from tempfile import TemporaryDirectory

    shape = Shape(("text",), "label", LABELS)
    with TemporaryDirectory() as folder:
        path = file_of(Path(folder), "".join(json.dumps({"text": t, "label": v}) + "\n" for t, v in rows))
        try:
            split = read(path, shape, unusable="skip")
        except SpecError as error:
            assert "no row can be used" in error.message
            return
    expected = [(t.strip(), v) for t, v in rows if any(c.isprintable() and not c.isspace() for c in t)]
    assert [(r.text, r.label) for r in split.rows] == expected
    assert all(isinstance(r, Row) for r in split.rows)
