"""One stream run through the package's own door, with the clock on its steps.

    python bench/wire/ours.py stream.toml RUN_FOLDER --set generator.concurrency=64

Prompts, requests, ledger, filters and the data set are those of `synlearner run`; only the progress is another one, which notes when each
step began and ended and the processor time until then. Writes that as JSON to the standard output.
"""

import argparse
import json
import sys
import time
from itertools import pairwise
from pathlib import Path

from synlearner import Interrupted, load_stream, run


class Timed:
    """A `Progress` that notes moments: what, the system's monotonic clock, and this process's processor time."""

    def __init__(self) -> None:
        self.moments: list[tuple[str, str, float, float]] = []

    def start(self, step: str, total: int) -> None:  # noqa: ARG002
        self._note("start", step)

    def advance(self, count: int = 1) -> None:
        """Nothing to note."""

    def finish(self, note: str = "") -> None:
        self._note("finish", note)

    def say(self, text: str) -> None:
        self._note("say", text)

    def _note(self, what: str, text: str) -> None:
        self.moments.append((what, text, time.monotonic(), time.process_time()))


def asking(moments: list[tuple[str, str, float, float]]) -> dict[str, float]:
    """Seconds and processor time between the begin and the end of the steps that ask for rows."""
    pairs = [(a, b) for a, b in pairwise(moments) if a[0] == "start" and "synthesis" in a[1] and b[0] == "finish"]
    return {"asking_seconds": sum(b[2] - a[2] for a, b in pairs), "asking_cpu": sum(b[3] - a[3] for a, b in pairs)}


def main() -> None:
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known.add_argument("stream", type=Path)
    known.add_argument("folder", type=Path)
    known.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    given = known.parse_args()
    progress, ended = Timed(), ""
    try:
        run(load_stream(given.stream, given.sets), given.folder, progress=progress)
    except Interrupted as interrupted:
        ended = str(interrupted)
    said = [text for what, text, _, _ in progress.moments if what == "finish" and "planned" in text]
    json.dump({**asking(progress.moments), "counts": said, "ended": ended}, sys.stdout)


if __name__ == "__main__":
    main()
