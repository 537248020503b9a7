"""Many runs of one stream: every arm in every order with every seed, each an ordinary run in its own folder and its own process.

Comes in: a `Stream`, names of arms and orders, seeds, a folder. Goes out: `runs/<arm>-<order>-<seed>/` with a finished run each, and what they
say together. Finished runs are recognised and not repeated, killed ones continue; processes, because a run that dies takes no other with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from _thread import interrupt_main
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from synlearner.errors import EngineError, LedgerError, SpecError
from synlearner.evaluate.arms import ARMS, ORDERS, Planned, changed, design, refuse_unknown, same_as
from synlearner.protocols import Progress
from synlearner.report.comparison.reading import compare_runs
from synlearner.report.comparison.schema import Comparison
from synlearner.report.comparison.writing import write_comparison
from synlearner.report.summary import summarise
from synlearner.report.words import duration
from synlearner.store.claim import claimed, held
from synlearner.store.files import write_text
from synlearner.store.ledger import FILE, Ledger
from synlearner.stream.identity import as_toml, stream_key
from synlearner.stream.reading import load_stream
from synlearner.stream.specs import RunSpec
from synlearner.stream.tasks import Stream

# How a run's process says that it was stopped or that its budget is spent, and may continue.
STOPPED = 3
# Engines of which several fit beside each other on any machine; others may fill a GPU, or be paid by the request.
LIGHT = ("pocket", "scripted")
PATIENCE_SECONDS, LOOK_SECONDS, MOST_FAILURES = 60.0, 0.1, 3
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
COMMAND = (sys.executable, "-P", "-c", "from synlearner.experiment import end_with_parent; end_with_parent(); from synlearner.cli import main; main()", "run")


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is compared: the stream, the arms that are run, those that would repeat another, orders and seeds, and where."""

    stream: Stream
    arms: tuple[str, ...]
    orders: tuple[str, ...]
    seeds: tuple[int, ...]
    folder: Path

    @property
    def same(self) -> dict[str, str]:
        """Arms that are not run, each with the one whose settings it has."""
        return same_as(self.stream.run, self.arms)

    @property
    def runs(self) -> list[Planned]:
        """Every run in the order in which they are begun."""
        return design([arm for arm in self.arms if arm not in self.same], self.orders, self.seeds)

    def of(self, run: Planned) -> Path:
        """The run's folder."""
        return self.folder / "runs" / run.name

    def toml(self, run: Planned) -> Path:
        """The run's settings, beside its folder."""
        return self.folder / "runs" / f"{run.name}.toml"

    def log(self, run: Planned) -> Path:
        """What the run's process said."""
        return self.folder / "runs" / f"{run.name}.log"


def experiment(stream: Stream, folder: Path, *, arms: Sequence[str], orders: Sequence[str], seeds: Sequence[int]) -> Experiment:
    """A checked experiment. Raises SpecError for unknown or repeated arms, orders and seeds."""
    refuse_unknown(arms, ARMS, "arm")
    refuse_unknown(orders, ORDERS, "order")
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise SpecError("seeds must be different whole numbers from 0", "for example --seeds 0,1,2")
    return Experiment(stream, tuple(arms), tuple(orders), tuple(seeds), folder)


def compare(asked: Experiment, *, jobs: int = 0, progress: Progress) -> Comparison:
    """Run what is not finished, at most `jobs` at a time (0: as many as fit), and write what all runs say together.

    What there is is also written when Ctrl-C or an error ends it. Raises LedgerError where a folder holds another run, EngineError where
    runs failed.
    """
    with claimed(asked.folder):
        owed = _owed(asked)
        done = len(asked.runs) - len(owed)
        progress.say(f"{len(asked.runs)} runs: {len(asked.arms) - len(asked.same)} arms x {len(asked.orders)} orders x {len(asked.seeds)} seeds; {done} are finished")
        try:
            failed = _Processes(asked, jobs or fitting(asked.stream.run), progress).run(owed)
        finally:
            found = write_comparison(compare_runs(asked.folder, asked.stream.run, asked.runs, asked.same, asked.orders), asked.folder)
    if failed:
        raise EngineError(
            f"{len(failed)} runs failed, the first is {failed[0].name}: {_last_words(asked.log(failed[0]))}", f"read {asked.log(failed[0])}, then run the same command again"
        )
    return found


def fitting(run: RunSpec) -> int:
    """How many runs at a time: one per core where the generator is light, otherwise one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    engines = [run.generator.engine, *([run.teacher.engine] if run.teacher else [])]
    return max(1, cores) if all(e in LIGHT for e in engines) else 1


def _owed(asked: Experiment) -> list[Planned]:
    """Runs that are not finished. Every run's settings are written and read again first, so that nothing is begun where one is refused."""
    home = Path(asked.stream.file).parent
    tasks = tuple(str((home / t).resolve()) for t in asked.stream.run.tasks)
    base = asked.stream.run.model_copy(update={"tasks": tasks})
    texts = {run: as_toml(changed(base, run).model_dump(mode="json", exclude_none=True)) for run in asked.runs}
    owed = [run for run, text in texts.items() if not _finished(asked.of(run), _key(text, asked.folder / "runs" / "checked.toml"))]
    for run, text in texts.items():
        write_text(asked.toml(run), text)
    return owed


def _key(text: str, file: Path) -> str:
    """The key of a run, whose settings stand in a file for as long as it takes to read them."""
    try:
        return stream_key(load_stream(write_text(file, text)))
    finally:
        file.unlink(missing_ok=True)


def _finished(folder: Path, key: str) -> bool:
    if not (folder / FILE).exists():
        return False
    with Ledger.open(folder, read_only=True) as ledger:
        held = ledger.key()
    if held and held != key:
        raise LedgerError(f"{folder} holds a run with other settings or data", "compare into another -o, or remove that folder")
    return bool(held) and summarise(folder).state == "finished"


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()] if log.exists() else []
    return next((line for line in reversed(lines) if line.startswith("error:")), lines[-1] if lines else "it said nothing")


@dataclass(slots=True)
class _Processes:
    """Runs in processes of their own, `jobs` at a time."""

    asked: Experiment
    jobs: int
    progress: Progress
    running: dict[Planned, tuple[subprocess.Popen[bytes], float]] = field(default_factory=dict)
    failed: list[Planned] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    awaited: set[Planned] = field(default_factory=set)
    since: float = field(default_factory=time.monotonic)

    def run(self, owed: Sequence[Planned]) -> list[Planned]:
        """Run them all; gives back those that failed. Several failures end it, as the next ones would probably fail as well."""
        waiting = deque(owed)
        self.progress.start("runs", len(owed))
        try:
            while waiting or self.running:
                while len(self.running) < self.jobs and (ready := self._ready(waiting)):
                    waiting.remove(ready)
                    self._begin(ready)
                for run in [r for r, (process, _) in self.running.items() if process.poll() is not None]:
                    self._end(run, len(waiting))
                if len(self.failed) >= MOST_FAILURES:
                    waiting.clear()
                time.sleep(LOOK_SECONDS)
        finally:
            self._stop()
        self.progress.finish(f"{len(self.took)} finished in this session")
        return self.failed

    def _ready(self, waiting: Sequence[Planned]) -> Planned | None:
        """The next run in whose folder nobody is: a process of a comparison that was killed may still be ending. After a minute a run begins
        all the same, and says who is there.
        """
        late = time.monotonic() - self.since > PATIENCE_SECONDS
        for run in waiting:
            if late or not held(self.asked.of(run)):
                return run
            if run not in self.awaited:
                self.awaited.add(run)
                self.progress.say(f"{self._place(run)} waits until another process there has ended")
        return None

    def _begin(self, run: Planned) -> None:
        one = dict.fromkeys(THREADS, "1") if self.jobs > 1 else {}
        command = [*COMMAND, str(self.asked.toml(run)), "-o", str(self.asked.of(run)), "--plain"]
        with self.asked.log(run).open("ab") as log:
            # In a session of its own: Ctrl-C reaches this process alone, which then stops each run once. The pipe ends when this process does.
            process = subprocess.Popen(  # noqa: S603  (our own command line)
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.PIPE, env={**os.environ, **one}, start_new_session=True
            )
        self.running[run] = (process, time.monotonic())
        self.progress.say(f"{self._place(run)} begins")

    def _end(self, run: Planned, waiting: int) -> None:
        process, began = self.running.pop(run)
        _let_go(process)
        seconds = time.monotonic() - began
        self.progress.advance()
        if process.returncode == 0:
            self.took.append(seconds)
            left = (waiting + len(self.running)) * sum(self.took) / len(self.took) / self.jobs
            self.progress.say(f"{self._place(run)} finished in {duration(seconds)}; {waiting + len(self.running)} to go, about {duration(left)}")
            return
        if process.returncode != STOPPED:
            self.failed.append(run)
        what = "stopped before its end" if process.returncode == STOPPED else "failed"
        self.progress.say(f"{self._place(run)} {what}: {_last_words(self.asked.log(run))}")

    def _place(self, run: Planned) -> str:
        return f"[{self.asked.runs.index(run) + 1} of {len(self.asked.runs)}] {run.name}"

    def _stop(self) -> None:
        """End what still runs: politely, so that it leaves a report, and after a minute for good. Both can be continued."""
        for process, _ in self.running.values():
            process.terminate() if sys.platform == "win32" else process.send_signal(signal.SIGINT)
        until = time.monotonic() + PATIENCE_SECONDS
        for process, _ in self.running.values():
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _let_go(process)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close our end of an ended process's pipe."""
    if process.stdin:
        process.stdin.close()


def end_with_parent() -> None:
    """Stop this process, as Ctrl-C would, when its standard input ends: the process that began it holds that open and writes nothing, so it is gone."""
    threading.Thread(target=_stop_at_the_end_of_input, name="synlearner-parent", daemon=True).start()


def _stop_at_the_end_of_input() -> None:
    while os.read(0, 1):
        pass
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)  # also wakes what waits
    else:
        interrupt_main()


@contextmanager
def ended_by_kill() -> Iterator[None]:
    """Take a plain `kill` for a Ctrl-C, so that no run is left without the process that began it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
