"""Trackio: its database on this machine, where `trackio show` looks for it (TRACKIO_DIR, if the user has set that).

Every row has an id made of the run's and the step's, and Trackio keeps one row of an id. `trackio sync` sends a project to a Space, which is the user's to
decide; from here nothing leaves the machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

from synlearner.errors import boundary
from synlearner.records import Milestone, Tracked

MARK = "finished"


class Trackio:
    """Logs to Trackio's database."""

    def __init__(self, folder: Path) -> None:
        del folder
        with boundary("trackio", extra="trackio"):
            from trackio.sqlite_storage import SQLiteStorage

        self._store: Any = SQLiteStorage
        self._run = Tracked("", "", "", {})
        self.place = "trackio show"

    def begin(self, run: Tracked) -> Collection[int]:
        """Remember the run; numbers of the steps that it has."""
        self._run, self.place = run, f"trackio show --project {run.project}"
        return {int(row[MARK]) for row in self._store.get_logs(run.project, run.name, run_id=run.id) if MARK in row}

    def log(self, milestone: Milestone) -> None:
        """Keep the rows of a step, one for each place, all or none of them."""
        rows: dict[int, dict[str, float]] = defaultdict(dict)
        for p in milestone.points:
            rows[p.step][p.name] = p.value
        rows[milestone.number][MARK] = milestone.number
        self._store.bulk_log(
            self._run.project,
            self._run.name,
            list(rows.values()),
            steps=list(rows),
            timestamps=[milestone.at.isoformat()] * len(rows),
            config=dict(self._run.settings),
            log_ids=[f"{self._run.id}-{milestone.key}-{step}" for step in rows],
            run_id=self._run.id,
        )

    def close(self) -> None:
        """Nothing waits."""
