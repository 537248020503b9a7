"""Rows as people look for them: pages are the rows that the filter leaves, stories are what the ledger says, old ledgers are taken up."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import LedgerError
from synlearner.feedback.filters import sample_score
from synlearner.records import Failure, Rejection, Sample
from synlearner.store.ledger import FILE, Ledger
from synlearner.store.reading import FACETS, Filter, Line, Reading
from synlearner.store.schema import MIGRATIONS
from synlearner.store.verdicts import Verdicts, now
from tests.report.fabricated import HOSTILE, fabricate
from tests.store.test_verdicts import verdict


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = fabricate(tmp_path_factory.mktemp("reading"))
    with Verdicts.open(folder) as pen:
        pen.add(verdict(folder, 3))
        pen.add(verdict(folder, 4, "reject"))
    return folder


@pytest.fixture(scope="module")
def reading(run):
    with Reading.open(run) as opened:
        yield opened


@pytest.fixture(scope="module")
def everything(reading) -> list[Line]:
    return reading.lines(reading.find(Filter({})))


VALUES = {
    "task": ["tickets", "pairs", "none such"],
    "purpose": ["synthesis", "cell"],
    "state": ["kept", "rejected", "failed"],
    "reason": ["", "verifier", "broken json"],
    "label": ["billing", "neutral"],
}
FILTERS = st.builds(
    Filter,
    st.fixed_dictionaries({}, optional={name: st.sampled_from(VALUES[name]) for name in FACETS}),
    st.sampled_from(["", "coffee", "COFFEE", "%", "_", "\\", "'"]),
    st.sampled_from(["", "accept"]),
)


def is_wanted(line: Line, wanted: Filter) -> bool:
    values = all(getattr(line, name) == value for name, value in wanted.values.items())
    return values and wanted.text.lower() in line.text.lower() and (not wanted.judged or wanted.judged in line.judgements.values())


@settings(max_examples=60)
@given(FILTERS, st.integers(1, 60))
def test_pages_are_what_the_filter_leaves_each_row_once_in_order(reading, everything, wanted, size):
    expected = [line.id for line in everything if is_wanted(line, wanted)]
    assert reading.find(wanted) == expected
    pages = [reading.page(wanted, number, size) for number in range(1, len(expected) // size + 3)]
    assert [line.id for page in pages for line in page] == expected
    assert all(len(page) <= size for page in pages)


def test_every_prompt_of_a_finished_step_has_its_line(run, reading, everything):
    with Ledger.open(run, read_only=True) as ledger:
        outcomes = [o for step in ledger.steps() for o in ledger.outcomes(step.key)]
    assert len(everything) == len(outcomes)
    kinds = {line.id: reading.story(line.id).outcome for line in everything}
    for line in everything:
        story, outcome = reading.story(line.id), kinds[line.id]
        dropped = [m.reason for m in story.marks if m.drop]
        assert line.state == ("failed" if isinstance(outcome, Failure) else "rejected" if isinstance(outcome, Rejection) or dropped else "kept")
        assert line.reason == ((outcome.reason if isinstance(outcome, Rejection) else dropped[0]) if line.state == "rejected" else "")
        assert line.score == (pytest.approx(found) if (found := sample_score(story.measured)) is not None else None)
        assert line.label == story.prompt.label
        assert not isinstance(outcome, Sample) or line.text == outcome.row.text


def test_counts_by_facets_are_those_of_the_rows(reading, everything):
    for name in FACETS:
        for value in {getattr(line, name) for line in everything}:
            assert sum(n for values, n in reading.crossed() if values[name] == value) == sum(getattr(line, name) == value for line in everything)


def test_the_population_is_what_data_sets_are_made_of(reading, everything):
    found = reading.population()
    assert list(dict.fromkeys(task for task, _ in found)) == ["tickets", "reviews", "questions", "pairs"]
    assert sorted(i for rows in found.values() for i, _ in rows) == [x.id for x in everything if x.purpose == "synthesis" and x.state == "kept"]
    scores = {key: [s for _, s in rows if s is not None] for key, rows in found.items()}
    assert reading.wholes() == {key: (len(found[key]), len(s), pytest.approx(sum(s))) for key, s in scores.items()}


def test_an_open_step_is_told_and_its_rows_are_not_there_yet(tmp_path):
    with Reading.open(fabricate(tmp_path, "first")) as reading:
        assert reading.find(Filter({})) == []
        assert [(w.name, w.prompts, w.answered) for w in reading.working()] == [("cell.-1.0.0", 12, 6)]
        assert reading.last_sign() > "2026"
        assert reading.population() == {}


def test_a_ledger_of_before_is_taken_up_with_the_same_lines(tmp_path):
    with Reading.open(fabricate(tmp_path / "now", "hostile")) as reading:
        found = reading.lines(reading.find(Filter({})))
    assert any(HOSTILE in line.text for line in found)
    (tmp_path / "before").mkdir()
    as_before(tmp_path / "now" / FILE, tmp_path / "before" / FILE)
    with Reading.open(tmp_path / "before") as reading:
        assert reading.lines(reading.find(Filter({}))) == found


def as_before(file: Path, older: Path) -> None:
    """A copy of a ledger in the schema that came before the lines of this room."""
    number = next(i for i, text in enumerate(MIGRATIONS) if "CREATE TABLE reading" in text)
    db = sqlite3.connect(older)
    db.executescript("".join(MIGRATIONS[:number]) + f"PRAGMA user_version = {number};")
    db.execute("ATTACH ? AS new", (str(file),))
    for (table,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
        columns = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
        db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
    db.commit()
    db.close()


def test_halves_of_characters_do_not_stop_the_reader(tmp_path):
    from synlearner.records import Draft, Prompt, Row

    with Ledger.open(tmp_path) as ledger:
        ledger.begin("k", {}, resume="never", versions={})
        ledger.open_step("s", task="t", name="synthesis", inputs={})
        ledger.add_prompts("s", [Prompt("p", "t", "s", 0, "x", {}, (), "", "", 1)])
        ledger.add_unit("s", 0, 0, [Draft("p", 0, "\ud800", 1, 1)], seconds=0.1)
        ledger.add_verdicts("s", [Sample("p", Row("p", {"text": "half \ud800 of it"}, "x", "synthetic"), {})], [], {})
        ledger.close_step("s", {}, seconds=0.1)
    with Reading.open(tmp_path) as reading:
        assert "half" in reading.lines([1])[0].text
        assert reading.story(1).line.state == "kept"
        assert reading.story(2) is None


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(LedgerError, match="holds no run"):
        Reading.open(tmp_path / "nowhere")
    assert now() > "2026"
