"""Replies that were paid for once, by the hash of their request: one SQLite file that several runs and processes share.

Comes in: the hash of everything that was sent (never headers, so never a key) and the reply's bytes, which whoever puts them has cleaned of
secrets. Goes out: the same bytes. Beside them stand notes on how servers want to be asked, which are heeded for a week. Losing the file costs
money and nothing else: one that cannot be written is no longer written, and the run goes on. Replies beyond `LARGEST`
are not kept, and where the file passes `most` bytes the oldest replies go.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from synlearner.errors import LedgerError

FILE = "responses.db"
LARGEST, MOST = 1 << 20, 4 << 30
# Replies wait for company: so many, or so many seconds.
COMPANY, PATIENCE = 64, 0.05
# Seconds after which a note is out of date: servers learn too.
HEEDED = 7 * 86_400.0
_CREATE = (
    "CREATE TABLE IF NOT EXISTS reply (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, words TEXT NOT NULL, at REAL NOT NULL)",
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a cache: replies, and bytes of the file."""

    file: Path
    replies: int
    size: int


class ResponseCache:
    """A `Responses` in a folder, which is `Noting`. `hits` and `misses` count what was looked for, `stored` what was put; other processes that write are
    waited for `patience` seconds. Where nobody else writes (`alone`) a key that was never put is known without a look into the file.
    `clock` tells the seconds since 1970 that notes are dated with.
    """

    def __init__(self, folder: str | Path, *, most: int = MOST, patience: float = 30.0, alone: bool = False, clock: Callable[[], float] = time.time) -> None:
        self.file = Path(folder) / FILE
        self.hits = self.misses = self.stored = 0
        self._most = most
        self._lock = Lock()
        self._waiting: dict[str, bytes] = {}
        self._notes: dict[str, tuple[str, float]] = {}
        self._clock = clock
        self._since = time.monotonic()
        self._full = ""
        with _understood(self.file):
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(self.file, timeout=patience, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA auto_vacuum = FULL")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            for table in _CREATE:
                self._db.execute(table)
            self._known = {hash(key) for (key,) in self._db.execute("SELECT key FROM reply")} if alone else None

    def get(self, key: str) -> bytes | None:
        """The reply to a request; None where nobody put one."""
        with self._lock, _understood(self.file):
            if self._known is not None and hash(key) not in self._known:
                self.misses += 1
                return None
            row = self._db.execute("SELECT body FROM reply WHERE key = ?", (key,)).fetchone()
            found = bytes(row[0]) if row else self._waiting.get(key)
            self.hits += found is not None
            self.misses += found is None
        return found

    def put(self, key: str, reply: bytes) -> None:
        """Keep a reply; the first one for a key stays."""
        with self._lock:
            if len(reply) > LARGEST or self._full:
                return
            self.stored += 1
            self._waiting.setdefault(key, reply)
            if self._known is not None:
                self._known.add(hash(key))
            if len(self._waiting) >= COMPANY or time.monotonic() - self._since >= PATIENCE:
                self._write()

    def noted(self, key: str) -> str:
        """The last note under a key that is not out of date; "" where there is none."""
        with self._lock, _understood(self.file):
            words, at = self._notes.get(key) or self._db.execute("SELECT words, at FROM note WHERE key = ?", (key,)).fetchone() or ("", 0.0)
        return str(words) if 0.0 <= self._clock() - at < HEEDED else ""

    def note(self, key: str, words: str) -> None:
        """Remember something of a server, in place of what was noted before; it is written with the next replies."""
        with self._lock:
            self._notes[key] = words, self._clock()

    def close(self) -> None:
        """Write what waits, and release the file."""
        with self._lock:
            self._write()
            self._db.close()

    def _write(self) -> None:
        if self._full or not (self._waiting or self._notes):
            return
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT INTO reply (key, body) VALUES (?, ?) ON CONFLICT (key) DO NOTHING", list(self._waiting.items()))
            self._db.executemany("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", [(key, *note) for key, note in self._notes.items()])
            if self._size() > self._most:
                self._db.execute("DELETE FROM reply WHERE id <= (SELECT MIN(id) + MAX(1, (MAX(id) - MIN(id)) / 4) FROM reply)")
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._full = str(error)
            logger.warning("%s could not be written (%s); replies of this session are not cached", self.file, error)
        self._waiting.clear()
        self._notes.clear()
        self._since = time.monotonic()

    def _size(self) -> int:
        pages, free, size = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
        return int((pages - free) * size)


def contents(folder: str | Path) -> Contents:
    """What a folder's cache holds. Raises LedgerError where there is none."""
    file = _there(folder)
    with _understood(file), _connected(file) as db:
        (replies,) = db.execute("SELECT COUNT(*) FROM reply").fetchone()
    return Contents(file, replies, sum(f.stat().st_size for f in _files(file)))


def clear(folder: str | Path) -> Contents:
    """Empty a folder's cache, also while runs use it, and say what was in it."""
    before = contents(folder)
    with _understood(before.file), _connected(before.file) as db:
        for table in _CREATE:
            db.execute(table)
        db.execute("DELETE FROM reply")
        db.execute("DELETE FROM note")
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return before


def _there(folder: str | Path) -> Path:
    file = Path(folder) / FILE
    if not file.exists():
        raise LedgerError(f"{folder} holds no cache (no {FILE})", "name a run folder, or the folder that budget.cache names")
    return file


def _files(file: Path) -> list[Path]:
    return [f for f in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))) if f.exists()]


@contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(file, timeout=30.0, isolation_level=None)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def _understood(file: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise LedgerError(f"the cache {file} cannot be used: {error}", f"remove {file}, or name another folder in budget.cache") from error
