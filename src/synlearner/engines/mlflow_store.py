"""MLflow: a database beside the run, or the server that MLFLOW_TRACKING_URI names, if the user has set it.

A metric of the same name, step, time and value is one row of MLflow's database, and times are those of the ledger. So a step that was half told when the
process died is told again as a whole, and nothing is there twice.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from synlearner.errors import boundary
from synlearner.records import Milestone, Tracked

TAG, MARK = "synlearner.run", "finished"
# What MLflow takes at a time.
METRICS, PARAMETERS, LONGEST = 500, 100, 500
_REFUSED = re.compile(r"[^\w\-. /]")


class MLflow:
    """Logs to an MLflow run."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        with boundary("mlflow", extra="mlflow"):
            from mlflow.tracking import MlflowClient

        self._make, self._folder, self._run = MlflowClient, folder, ""
        self._address = os.environ.get("MLFLOW_TRACKING_URI", "") or f"sqlite:///{(folder / 'mlflow.db').resolve()}"
        self.place = f"mlflow ui --backend-store-uri {self._address}"
        self._client: Any = None

    def begin(self, run: Tracked) -> Collection[int]:
        """Find the run by its id, or begin it; numbers of the steps that it was told as a whole."""
        from mlflow.entities import Param

        self._folder.mkdir(parents=True, exist_ok=True)
        with boundary("sqlalchemy", extra="mlflow"):
            self._client = self._make(tracking_uri=self._address)
        experiment = self._experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "") or run.project)
        found = self._client.search_runs([experiment], f"tags.`{TAG}` = '{run.id}'", max_results=1)
        self._run = found[0].info.run_id if found else self._client.create_run(experiment, tags={TAG: run.id}, run_name=run.name).info.run_id
        self._client.update_run(self._run, status="RUNNING")
        known = found[0].data.params if found else {}
        new = [Param(_named(k), str(v)[:LONGEST]) for k, v in run.settings.items() if _named(k) not in known]
        for at in range(0, len(new), PARAMETERS):
            self._client.log_batch(self._run, params=new[at : at + PARAMETERS])
        return {m.step for m in self._client.get_metric_history(self._run, MARK)} if found else ()

    def log(self, milestone: Milestone) -> None:
        """Log a step's points, and at last that it is told."""
        from mlflow.entities import Metric

        at = int(milestone.at.timestamp() * 1000)
        metrics = [*(Metric(_named(p.name), p.value, at, p.step) for p in milestone.points), Metric(MARK, float(milestone.number), at, milestone.number)]
        for first in range(0, len(metrics), METRICS):
            self._client.log_batch(self._run, metrics=metrics[first : first + METRICS])

    def close(self) -> None:
        """Say that this session has ended."""
        if self._run:
            self._client.set_terminated(self._run)

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))


def _named(name: str) -> str:
    """A name that MLflow takes."""
    return _REFUSED.sub("_", name)
