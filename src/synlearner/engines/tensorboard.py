"""TensorBoard: an event file for every finished step, named by its number and key, which appears whole or not at all. So nothing can be told twice.

`tensorboard --logdir runs` shows all runs beside each other. Nothing leaves the machine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from synlearner.errors import boundary
from synlearner.records import Milestone, Tracked

_NAME = re.compile(r"events\.out\.tfevents\.(\d+)\.\w+")


class TensorBoard:
    """Writes event files into a folder."""

    def __init__(self, folder: Path) -> None:
        with boundary("tensorboard", extra="tensorboard"):
            import tensorboard.compat.proto.event_pb2 as _  # noqa: F401  (shows that the library is there)

        self._folder, self.place = folder, f"tensorboard --logdir {folder}"

    def begin(self, run: Tracked) -> Collection[int]:
        """Write the settings down; numbers of the steps whose files are there."""
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb

        self._folder.mkdir(parents=True, exist_ok=True)
        self._write("events.out.tfevents.00000000.settings", 0.0, [hparams_pb(dict(run.settings), trial_id=run.id)])
        return {int(found[1]) for path in self._folder.iterdir() if (found := _NAME.fullmatch(path.name)) and int(found[1])}

    def log(self, milestone: Milestone) -> None:
        """Write the file of a step."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        found = [(p.step, Summary(value=[Summary.Value(tag=p.name, simple_value=p.value)])) for p in milestone.points]
        self._write(f"events.out.tfevents.{milestone.number:08}.{milestone.key}", milestone.at.timestamp(), [s for _, s in found], [k for k, _ in found])

    def close(self) -> None:
        """Nothing waits."""

    def _write(self, name: str, at: float, summaries: Sequence[Any], steps: Sequence[int] = ()) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        # TensorBoard reads no file whose name lacks "tfevents".
        partial = self._folder / f"{name.replace('tfevents', 'part')}"
        events = [Event(wall_time=at, file_version="brain.Event:2")]
        events += [Event(wall_time=at, step=k, summary=s) for k, s in zip(steps or [0] * len(summaries), summaries, strict=True)]
        with partial.open("wb") as file:
            writer = RecordWriter(file)
            for event in events:
                writer.write(event.SerializeToString())
        partial.replace(self._folder / name)
