"""The cache of replies: what was put is found, by other runs too; it is bounded, and losing it stops nobody."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import LedgerError
from synlearner.store.responses import FILE, HEEDED, LARGEST, ResponseCache, clear, contents


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=20)), max_size=80), st.booleans())
@settings(max_examples=30)
def test_the_first_reply_to_a_request_stays(tmp_path_factory: pytest.TempPathFactory, puts: list[tuple[str, bytes]], alone: bool) -> None:
    folder, wanted = tmp_path_factory.mktemp("cache"), {}
    cache = ResponseCache(folder, alone=alone)
    for key, reply in puts:
        assert cache.get(key) == wanted.get(key)
        cache.put(key, reply)
        wanted.setdefault(key, reply)
    cache.close()
    again = ResponseCache(folder, alone=alone)
    assert {key: again.get(key) for key in "abcdef"} == {key: wanted.get(key) for key in "abcdef"}
    assert (again.hits, again.misses) == (len(wanted), 6 - len(wanted))
    again.close()
    assert contents(folder).replies == len(wanted)


def test_two_that_are_open_at_once_see_what_the_other_has_written(tmp_path: Path) -> None:
    one, other = ResponseCache(tmp_path / "shared"), ResponseCache(tmp_path / "shared")
    for i in range(200):
        (one if i % 2 else other).put(str(i), b"x")
    one.close()
    other.close()
    with_all = ResponseCache(tmp_path / "shared")
    assert all(with_all.get(str(i)) == b"x" for i in range(200))
    with_all.close()


def test_it_is_bounded(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path, most=300_000)
    cache.put("huge", b"x" * (LARGEST + 1))
    for i in range(2000):
        cache.put(str(i), b"x" * 1000)
    cache.close()
    again = ResponseCache(tmp_path)
    assert again.get("huge") is None
    assert again.get("0") is None
    assert again.get("1999") == b"x" * 1000
    again.close()
    assert 50 < contents(tmp_path).replies < 400


def test_it_is_cleared_while_it_is_open(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path)
    for i in range(100):
        cache.put(str(i), b"x" * 100)
    assert clear(tmp_path).replies >= 37
    assert contents(tmp_path).replies == 0
    cache.put("new", b"y")
    cache.close()
    assert contents(tmp_path).replies > 0


def test_notes_are_replaced_and_heeded_for_a_time(tmp_path: Path) -> None:
    now = [1000.0]
    cache = ResponseCache(tmp_path, clock=lambda: now[0])
    assert cache.noted("a") == ""
    for words in ("old", "new"):
        cache.note("a", words)
        assert cache.noted("a") == words
    cache.close()
    again = ResponseCache(tmp_path, clock=lambda: now[0])
    now[0] += HEEDED - 1
    assert again.noted("a") == "new"
    assert contents(tmp_path).replies == 0
    for wrong in (HEEDED, -1.0):  # too old, and from a clock that went wrong
        now[0] = 1000.0 + wrong
        assert again.noted("a") == ""
    again.close()


def test_a_cache_of_an_earlier_version_takes_notes(tmp_path: Path) -> None:
    ResponseCache(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("DROP TABLE note")
    clear(tmp_path)
    cache = ResponseCache(tmp_path)
    cache.note("a", "words")
    cache.close()
    again = ResponseCache(tmp_path)
    assert again.noted("a") == "words"
    again.close()


def test_what_is_no_cache_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="holds no cache"):
        contents(tmp_path)
    (tmp_path / FILE).write_bytes(b"nothing that SQLite knows" * 100)
    with pytest.raises(LedgerError, match="cannot be used"):
        ResponseCache(tmp_path)


def test_a_cache_that_cannot_be_written_is_given_up_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = ResponseCache(tmp_path, patience=0)
    other = sqlite3.connect(cache.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with caplog.at_level(logging.WARNING):
        for i in range(500):
            cache.put(str(i), b"x")
    assert cache.get("499") is None
    cache.close()
    other.close()
    assert len(caplog.records) == 1
    assert "could not be written" in caplog.text
