"""Run the scripted stream with a generator that kills its own process, for the resume tests: mortal.py FOLDER MOMENT [SETTING...].

MOMENT is ``unit:N`` (SIGKILL after N units of this process were handed out), ``tune:N`` (inside the N-th fine-tuning, when half of the
adapter is written), ``wait:N`` (says so after N units and waits to be killed) or ``never``.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripted import scripted

from synlearner.loop import run
from synlearner.records import Adapter, Draft, Failure, Turn
from synlearner.registry import register
from synlearner.testing import Recorder, Scripted

KIND, _, NUMBER = sys.argv[2].partition(":")
moments = iter(range(int(NUMBER or 0)))


def die_when_due(kind: str) -> None:
    if kind == KIND and next(moments, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)


def wait_when_due() -> None:
    if KIND == "wait" and next(moments, None) is None:
        print("waiting", flush=True)
        time.sleep(600)


@register("generator", "scripted")
class Mortal(Scripted):
    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[tuple[int, list[Draft | Failure]]]:
        for unit in super().write(units):
            die_when_due("unit")
            wait_when_due()
            yield unit

    def finetune(self, *args: object, folder: Path, **settings: object) -> Adapter:
        if KIND == "tune":
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "words.json").write_text('{"half')
        die_when_due("tune")
        return super().finetune(*args, folder=folder, **settings)  # type: ignore[arg-type]


run(scripted("evaluation.matrix='lower'", 'tasks=["reviews.toml", "pairs.toml"]', *sys.argv[3:]), Path(sys.argv[1]), progress=Recorder())
