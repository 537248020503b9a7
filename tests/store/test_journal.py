"""When rows are on the disk: those that wait go with the next transaction, in order, and a transaction that fails takes none of them away."""

import sqlite3
from pathlib import Path

import pytest

from synlearner.errors import LedgerError
from synlearner.records import Draft
from synlearner.store.journal import COMPANY
from synlearner.store.ledger import FILE, Ledger


def seen(folder: Path) -> int:
    """Answers that somebody else sees."""
    with Ledger.open(folder, read_only=True) as other:
        return len(other.answers("s", 0))


def keep(ledger: Ledger, number: int) -> None:
    ledger.keep_unit("s", 0, number, [Draft(str(number), 0, "x", 1, 2)], seconds=0.5, local=True)


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(tmp_path) as ledger:
        ledger.open_step("s", task="t", name="n", inputs={})
        yield ledger


def test_rows_wait_for_company_and_are_read_as_if_they_did_not(ledger: Ledger, tmp_path: Path) -> None:
    for i in range(COMPANY):
        keep(ledger, i)
    assert 0 < seen(tmp_path) <= COMPANY  # a full group, or by the clock a part of it
    keep(ledger, COMPANY)
    assert ledger.units("s", 0) == set(range(COMPANY + 1))
    assert seen(tmp_path) == COMPANY + 1
    assert (ledger.spending().local_in, ledger.spending().local_out) == (COMPANY + 1, 2 * (COMPANY + 1))
    assert ledger.spent()["seconds"] == (COMPANY + 1) / 2


def test_every_transaction_takes_along_what_waits(ledger: Ledger, tmp_path: Path) -> None:
    keep(ledger, 1)
    ledger.event("note")
    assert seen(tmp_path) == 1
    keep(ledger, 2)
    ledger.close()
    assert seen(tmp_path) == 2


def test_a_transaction_that_fails_loses_nothing_that_waited(ledger: Ledger, tmp_path: Path) -> None:
    keep(ledger, 1)
    with pytest.raises(RuntimeError), ledger.journal.transaction():
        raise RuntimeError
    keep(ledger, 2)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger.journal.db.execute("PRAGMA busy_timeout = 0")
    with pytest.raises(LedgerError, match="could not be written"):
        ledger.event("note")
    other.close()
    assert ledger.units("s", 0) == {1, 2}


def test_a_unit_that_is_kept_twice_is_there_once(ledger: Ledger) -> None:
    for _ in range(2):
        keep(ledger, 1)
        ledger.journal.flush()
    assert ledger.spent()["requests"] == 1
    assert ledger.spending().local_out == 2
