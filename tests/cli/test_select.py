"""Choosing rows from the command line: a real process, files of every format, and one clear message for everything that can be wrong."""

import csv
import json
import random

import pytest
from typer.testing import CliRunner

from synlearner.cli import app
from synlearner.errors import SynLearnerError
from synlearner.stream.pool import read_pool

WORDS = {"good": ("lovely", "great", "perfect"), "bad": ("broken", "awful", "useless")}
THINGS = ["kettle", "lamp", "chair", "radio", "tent"]


def rows(count, seed, labels=("good", "bad")):
    draw = random.Random(seed)
    return [{"id": f"{seed}-{i}", "text": f"{draw.choice(WORDS[labels[i % 2]])} {draw.choice(THINGS)} number {i}", "label": labels[i % 2], "stars": i % 5} for i in range(count)]


def jsonl(path, some):
    path.write_text("".join(json.dumps(r) + "\n" for r in some), encoding="utf-8")
    return str(path)


@pytest.fixture
def files(tmp_path):
    return {"pool": jsonl(tmp_path / "pool.jsonl", rows(60, 1)), "seeds": jsonl(tmp_path / "seeds.jsonl", rows(16, 2)), "out": tmp_path / "chosen.jsonl", "folder": tmp_path}


def select(pool, *options):
    return CliRunner().invoke(app, ["select", str(pool), *map(str, options)])


def refused(pool, *options):
    done = select(pool, *options)
    assert isinstance(done.exception, SynLearnerError), done.output
    assert "Fix:" in str(done.exception)
    return str(done.exception)


def test_rows_come_back_whole_with_rank_score_and_reason(files):
    done = select(files["pool"], "--by", "loss", "-n", 10, "-o", files["out"], "--seeds", files["seeds"], "--random", 0.2, "--seed", 7)
    assert done.exit_code == 0, done.output
    chosen = [json.loads(line) for line in files["out"].read_text(encoding="utf-8").splitlines()]
    assert [c["_selected"]["rank"] for c in chosen] == list(range(1, 11))
    assert [c["_selected"]["how"] for c in chosen] == ["top"] * 8 + ["random"] * 2
    assert [c["_selected"]["by"] for c in chosen] == ["loss"] * 8 + ["random"] * 2
    pool = rows(60, 1)
    assert all({k: v for k, v in c.items() if k != "_selected"} == pool[c["_selected"]["line"] - 1] for c in chosen)
    scores = [c["_selected"]["score"] for c in chosen[:8]]
    assert scores == sorted(scores, reverse=True)
    assert "10 of 60 rows chosen (8 top, 2 random)" in done.output
    assert "60 rows were measured, 0 were not" in done.output
    again = files["folder"] / "again.jsonl"
    select(files["pool"], "--by", "loss", "-n", 10, "-o", again, "--seeds", files["seeds"], "--random", 0.2, "--seed", 7)
    assert again.read_bytes() == files["out"].read_bytes()


@pytest.mark.parametrize("by", ["badge", "coverage", "diversity", "gradient", "bald", "influence", "proximity"])
def test_functions_choose(files, by):
    done = select(files["pool"], "--by", by, "-n", 6, "-o", files["out"], "--seeds", files["seeds"])
    assert done.exit_code == 0, done.output
    assert len(files["out"].read_text(encoding="utf-8").splitlines()) == 6


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_in_and_out(files, suffix):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pool = files["folder"] / f"pool{suffix}"
    if suffix == ".csv":
        with pool.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["id", "text", "label", "stars"])
            writer.writeheader()
            writer.writerows([{**r, "text": f"={r['text']}"} for r in rows(30, 1)])
    else:
        pq.write_table(pa.Table.from_pylist(rows(30, 1)), pool)
    out = files["folder"] / f"chosen{suffix}"
    done = select(pool, "--by", "entropy", "-n", 5, "-o", out, "--seeds", files["seeds"], "--pick", "proportional")
    assert done.exit_code == 0, done.output
    found = read_pool(str(out), texts=("text", "_selected_how"))
    assert len(found.rows) == 5
    assert all(r.fields["_selected_how"] == "proportional" for r in found.rows)
    if suffix == ".csv":
        assert all(r.fields["text"].startswith("=") for r in found.rows)


def test_saved_data_sets_and_rows_without_text_or_label(files):
    from datasets import Dataset

    some = [*rows(10, 1), {"id": "e", "text": "  ", "label": "good", "stars": 1}, {"id": "n", "text": "a great tent", "label": None, "stars": 1}]
    some.append({"id": "o", "text": "an odd lamp [red]", "label": "odd", "stars": 0})
    Dataset.from_list(some).save_to_disk(str(files["folder"] / "saved"))
    done = select(files["folder"] / "saved", "--by", "loss", "-n", 20, "-o", files["out"], "--seeds", files["seeds"])
    assert done.exit_code == 0, done.output
    assert "10 of 12 rows chosen" in done.output
    assert "20 were asked for" in done.output
    assert "10 rows were measured, 2 were not" in done.output
    assert "1 × the row has no label" in done.output
    assert "1 × the student has never seen the label 'odd'" in done.output
    assert "1 × no text in 'text'" in done.output


def test_pairs_and_other_columns(files):
    pool = jsonl(files["folder"] / "pairs.jsonl", [{"a": r["text"], "b": f"{r['text']} indeed", "gold": r["stars"] % 2} for r in rows(20, 3)])
    done = select(pool, "--by", "confidence", "-n", 4, "-o", files["out"], "--seeds", pool, "--text", "a", "--text", "b", "--label", "gold")
    assert done.exit_code == 0, done.output
    assert len(files["out"].read_text(encoding="utf-8").splitlines()) == 4


def test_texts_need_no_student(files):
    bare = jsonl(files["folder"] / "bare.jsonl", [{"text": r["text"]} for r in rows(20, 1)])
    done = select(bare, "--by", "coverage", "-n", 3, "-o", files["out"])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--by", "los"), ("no acquisition called 'los'", "did you mean 'loss'")),
        (("--by", "loss"), ("there is no student", "--seeds FILE")),
        (("--pick", "best"), ("no way to choose", "top, proportional, set")),
        (("--by", "loss", "--pick", "set", "--seeds", "SEEDS"), ("chooses no sets",)),
        (("-n", "0"), ("at least one",)),
        (("--random", "2", "--by", "coverage"), ("is no share",)),
        (("--text", "body"), ("no column 'body'", "--text", "text, label, stars")),
        (("--label", "lable"), ("no column 'lable'", "did you mean 'label'")),
        (("-o", "x.xlsx"), ("cannot be written to .xlsx", ".parquet")),
        (("-o", "POOL"), ("would replace",)),
        (("--seeds", "nowhere.jsonl"), ("nowhere.jsonl",)),
        (("--seeds", "UNLABELLED"), ("has no label", "line")),
        (("--seeds", "ONE"), ("all seeds have the label 'good'",)),
        (("--student", "tfidf", "--model", "x", "--seeds", "SEEDS"), ("takes no model",)),
        (("--student", "tree", "--seeds", "SEEDS"), ("no student called 'tree'",)),
        (("--answers", "--seeds", "SEEDS"), ("gives no answers",)),
        (("--embedder", "none"), ("no embedder called",)),
        (("--by", "proximity"), ("needs seeds",)),
        (("--by", "loss", "--seeds", "OTHER"), ("never seen the label", "--label")),
        (("--by", "badge", "--student", "word-count", "--seeds", "SEEDS"), ("does not show its last layer",)),
    ],
)
def test_whatever_is_wrong_is_one_clear_error(files, options, words):
    made = {
        "SEEDS": files["seeds"],
        "POOL": files["pool"],
        "UNLABELLED": jsonl(files["folder"] / "u.jsonl", [{"text": "a", "label": "good"}, {"text": "b", "label": None}]),
        "ONE": jsonl(files["folder"] / "one.jsonl", [{"text": "a", "label": "good"}, {"text": "b", "label": "good"}]),
        "OTHER": jsonl(files["folder"] / "other.jsonl", rows(8, 3, ("good", "bad")) and [{"text": f"t{i}", "label": "xy"[i % 2]} for i in range(6)]),
    }
    told = refused(files["pool"], "-o", files["out"], *[made.get(o, o) for o in options])
    assert all(w in told or w == "line" for w in words), told
    assert not files["out"].exists()


@pytest.mark.parametrize(("text", "words"), [("", "no rows"), ('{"text": ""}\n', "no row has a text"), ("{oops\n", "invalid JSON"), ("[1]\n", "list")])
def test_pools_that_cannot_be_read(files, text, words):
    broken = files["folder"] / "broken.jsonl"
    broken.write_text(text, encoding="utf-8")
    assert words in refused(broken, "-o", files["out"], "--by", "coverage")
    assert "nothing.jsonl" in refused(files["folder"] / "nothing.jsonl", "-o", files["out"])
