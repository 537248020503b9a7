"""The archive of a memory: a set of events in SQLite and in PostgreSQL, the same in both; merged in any order, exported without loss, forgotten for good."""

import sqlite3
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.errors import LedgerError, SpecError
from synlearner.store.memory import FORGET, Event, MemoryStore, export_events, forgetting, import_events
from tests.store.postgres import programs, server

values = st.text(max_size=8) | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.booleans()
plain = st.builds(Event, st.sampled_from(["add", "episode", "task"]), st.dictionaries(st.text(max_size=4), values | st.lists(values, max_size=2), max_size=3))
SOME = [Event("add", {"text": f"lesson {i} \u2028 \x00 \U0001f600"}) for i in range(5)]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL (initdb, postgres) is not installed, so the memory is not tested on it")
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed (extra postgres), so the memory is not tested on PostgreSQL")
    with server(found) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "memory.db")
    address = request.getfixturevalue("address")
    import psycopg

    with psycopg.connect(address, autocommit=True) as db:
        db.execute("DROP SCHEMA public CASCADE")
        db.execute("CREATE SCHEMA public")
    return str(address)


def test_events_are_kept_once_and_come_back_as_they_were(place: str) -> None:
    with MemoryStore.open(place) as memory:
        assert memory.add(SOME) == 5
        assert memory.add(SOME[:3]) == 0
    with MemoryStore.open(place, new=False) as memory:
        assert memory.events() == sorted(SOME, key=lambda e: e.id)
        assert memory.events("task") == []


def test_what_is_forgotten_is_gone_and_stays_gone(place: str) -> None:
    with MemoryStore.open(place) as memory:
        memory.add(SOME)
        memory.add([forgetting(SOME[0].id)])
        assert SOME[0] not in memory.events()
        assert memory.add(SOME) == 0
        assert memory.add([forgetting(SOME[0].id)]) == 0
        assert len(memory.events(FORGET)) == 1


def test_nothing_is_half_written(place: str) -> None:
    with MemoryStore.open(place) as memory, pytest.raises(TypeError):
        memory.add([SOME[0], Event("add", {"text": object()})])
    with MemoryStore.open(place) as memory:
        assert memory.count() == 0


def test_two_may_use_one_memory(place: str) -> None:
    with MemoryStore.open(place) as one, MemoryStore.open(place) as other:
        before = other.state()
        one.add(SOME)
        assert other.state() != before
        assert other.events() == one.events()


def test_the_database_itself_refuses_changes_on_sqlite(tmp_path: Path) -> None:
    with MemoryStore.open(tmp_path / "memory.db") as memory:
        memory.add(SOME)
    db = sqlite3.connect(tmp_path / "memory.db")
    for statement in ("UPDATE memory_event SET kind = 'x'", "DELETE FROM memory_event", "UPDATE memory_forgotten SET id = 'x'"):
        if "forgotten" in statement:
            db.execute("INSERT INTO memory_forgotten VALUES ('y')")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(statement)
    db.close()


def test_the_database_itself_refuses_changes_on_postgres(address: str) -> None:
    import psycopg

    with MemoryStore.open(address) as memory:
        memory.add(SOME)
    with psycopg.connect(address, autocommit=True) as db:
        for statement in ("UPDATE memory_event SET kind = 'x'", "DELETE FROM memory_event"):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                db.execute(statement)


def test_memories_move_between_the_databases_without_loss(address: str, tmp_path: Path) -> None:
    with MemoryStore.open(tmp_path) as here, MemoryStore.open(address) as there:
        here.add(SOME)
        there.add(here.events())
        export_events(here.events(), tmp_path / "one.jsonl")
        export_events([e for e in there.events() if e.id in {s.id for s in SOME}], tmp_path / "other.jsonl")
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "other.jsonl").read_bytes()


def gathered(folder: Path, *parts: list[Event]) -> list[Event]:
    """What a memory holds after these additions, one after another."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.db").unlink(missing_ok=True)
    with MemoryStore.open(folder) as memory:
        for part in parts:
            memory.add(part)
        return memory.events()


@given(st.lists(plain, max_size=6), st.lists(plain, max_size=6), st.lists(plain, max_size=6), st.sets(st.integers(0, 17), max_size=4))
def test_merging_is_associative_commutative_and_idempotent(a: list[Event], b: list[Event], c: list[Event], gone: set[int]) -> None:
    everything = [*a, *b, *c]
    c = [*c, *(forgetting(everything[i].id) for i in gone if i < len(everything))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = gathered(folder / "1", a, b, c)
        assert gathered(folder / "2", c, b, a) == one
        assert gathered(folder / "3", a, gathered(folder / "4", b, c)) == one
        assert gathered(folder / "5", one, one, a, c) == one


@given(st.lists(plain, max_size=8))
def test_export_and_import_lose_nothing(events: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as name:
        file, again = Path(name) / "m.jsonl", Path(name) / "again.jsonl"
        export_events(events, file)
        back = import_events(file)
        assert {(e.id, e.kind) for e in back} == {(e.id, e.kind) for e in events}
        export_events(back, again)
        assert again.read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[1:], "does not say that this is a memory"),
        (lambda lines: [lines[0], lines[1].replace("lesson", "Lesson"), *lines[2:]], "not what its id says"),
        (lambda lines: [*lines[:2], "{", *lines[2:]], "is no event"),
    ],
)
def test_a_file_that_was_changed_is_refused_with_its_line(tmp_path: Path, change: object, said: str) -> None:
    file = tmp_path / "m.jsonl"
    export_events([Event("add", {"text": "lesson"})], file)
    file.write_text("\n".join(change(file.read_text().split("\n"))))  # type: ignore[operator]
    with pytest.raises(SpecError, match=said) as raised:
        import_events(file)
    assert raised.value.file == str(file)
    assert raised.value.line


def test_a_memory_that_is_not_there_or_is_none_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="holds no memory"):
        MemoryStore.open(tmp_path, new=False)
    (tmp_path / "memory.db").write_text("no database, but long enough to be taken for one by somebody who does not look")
    with pytest.raises(LedgerError, match="cannot be used"):
        MemoryStore.open(tmp_path)
