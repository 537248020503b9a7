"""Processes under measurement: started, timed, watched from outside, and killed where that is what is measured."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost: the monotonic clock when it was started, seconds, processor seconds and peak memory (MB) of it and its
    children, its exit code (None: ran past its time and was killed), what it wrote as JSON, and the end of what else it said.
    """

    began: float
    seconds: float
    cpu: float
    peak_mb: float
    code: int | None
    told: dict[str, Any]
    said: str


@dataclass(slots=True)
class Watch:
    """Memory of a process and its children, looked at ten times a second: (seconds since the start, MB now) and the sum of peaks."""

    pid: int
    stop: threading.Event = field(default_factory=threading.Event)
    seen: list[tuple[float, float]] = field(default_factory=list)
    peaks: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        began = time.monotonic()
        while not self.stop.wait(EVERY):
            found = {pid: _memory(pid) for pid in family(self.pid)}
            self.seen.append((time.monotonic() - began, sum(now for now, _ in found.values())))
            self.peaks |= {pid: max(peak, self.peaks.get(pid, 0.0)) for pid, (_, peak) in found.items()}


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    try:
        children = " ".join(p.read_text() for p in Path(f"/proc/{pid}/task").glob("*/children")).split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def _memory(pid: int) -> tuple[float, float]:
    """Resident memory now and at its peak, in MB; zeros where the process is gone."""
    try:
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    now, peak = (float(lines.get(name, "0 kB").split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


def start(command: Sequence[str], log: Path, *, package: Path | None) -> subprocess.Popen[bytes]:
    """A process with one thread for numbers, its standard error in `log`. `package` is put before everything else that it can import."""
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": str(package) if package else ""}
    with log.open("ab") as errors:
        return subprocess.Popen(list(command), stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, env=environment, start_new_session=True)


def measured(command: Sequence[str], log: Path, *, limit: float, package: Path | None = None, watch: Watch | None = None) -> Cost:
    """Run to the end, or to `limit` seconds: then it and its children are killed."""
    began = time.monotonic()
    process = start(command, log, package=package)
    watch = watch or Watch(process.pid)
    watch.pid = process.pid
    looking = threading.Thread(target=watch.look, daemon=True)
    looking.start()
    killer = threading.Timer(limit, lambda: end(process))
    killer.start()
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    late = killer.finished.is_set() and seconds >= limit
    killer.cancel()
    watch.stop.set()
    looking.join()
    process.stdout.close()
    return Cost(began, seconds, used.ru_utime + used.ru_stime, sum(watch.peaks.values()), None if late else process.returncode, _json(out), _tail(log))


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process of ours and all that it started."""
    for pid in reversed(family(process.pid)):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            continue


def _json(out: bytes) -> dict[str, Any]:
    try:
        found = json.loads(out)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]
