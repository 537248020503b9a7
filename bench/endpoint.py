"""What asking an endpoint costs, and what becomes of the rows when it misbehaves: the package, a bare loop and peers on one server.

    python bench/endpoint.py throughput --prompts 10000 --repeats 3
    python bench/endpoint.py memory --prompts 10000 100000
    python bench/endpoint.py faults --rows 1000 --faults ten --timeout 2
    python bench/endpoint.py kill --rows 2000 --at 0.1 0.5 0.9
    python bench/endpoint.py soak --seconds 240

    --peers curator=ENV/bin/python distilabel=ENV/bin/python data-designer=ENV/bin/python      adds peers, each in an environment of its own
    --set generator.KEY=VALUE                                                                   a setting of our run; may be repeated

The server is `synlearner.testing`'s as a process of its own, a new one for every measurement; contenders are processes too, one at a
time, interleaved, with the prompts of the demo's task `reviews`. Ours is a whole `synlearner run` without learning: prompts, requests,
ledger, parsing, data set, a student of word counts. The server's clock gives requests/s (from the first request to the last answer) and
the time from a process's start to its first request; the system gives processor time and memory of a process with all its children.

Writes `bench/results/endpoint_<what>.csv` and `.md`.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# So that the bench runs as a script and as a module.
sys.path.insert(0, str(ROOT))

from bench.wire.contenders import LABELS, PEERS, Contender, Job, write_prompts  # noqa: E402
from bench.wire.processes import Cost, Watch, end, measured, start  # noqa: E402
from bench.wire.tables import markdown, medians, write  # noqa: E402
from bench.wire.truth import VERDICTS, judged  # noqa: E402
from synlearner.testing import FAULTS, serve_apart, stats  # noqa: E402

OURS, BARE = Contender("synlearner"), Contender("bare loop")
# What no client can mend by asking again: tested, not measured.
FINAL = ("401", "403", "404", "redirect away")
TEN = ("429", "500", "drop", "truncate", "not json", "invalid utf-8", "empty", "chatter", "wrong label", "duplicate")
NUMBERS = ("requests_per_s", "cpu_ms_per_request", "asking_cpu_ms_per_request", "first_request_s", "seconds", "peak_mb")
# Filters that the rows of a run with faults need, and tries that a schedule of half bad answers needs.
CAREFUL = {"feedback": {"duplicates": "drop"}, "synthesis": {"attempts": 6.0}, "generator": {"retries": 8, "options": {"backoff": 0.05}}}


class Bench:
    """What all measurements share: arguments, a work folder, and lines as they come."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.lines: list[dict[str, Any]] = []
        given.work.mkdir(parents=True, exist_ok=True)
        self.work = Path(tempfile.mkdtemp(dir=given.work.resolve()))
        self.number = 0
        self.peers = [Contender(name, python) for name, python in given.peers.items()]
        self.files: dict[int, Path] = {}

    def prompts(self, many: int) -> Path:
        if many not in self.files:
            self.files[many] = write_prompts(self.work, many)
        return self.files[many]

    def job(self, url: str, rows: int, **more: Any) -> Job:
        self.number += 1
        options = {"concurrency": self.given.concurrency, "timeout": self.given.timeout, "sets": self.given.sets} | more
        return Job(self.work / f"job-{self.number}", url, rows, **options)

    def command(self, who: Contender, job: Job) -> list[str]:
        return who.command(job if who == OURS else replace(job, prompts=self.prompts(job.rows)))

    def run(self, who: Contender, job: Job, watch: Watch | None = None) -> Cost:
        return measured(self.command(who, job), job.folder / "log.txt", limit=self.given.limit, package=who.package, watch=watch)

    def note(self, line: dict[str, Any]) -> None:
        self.lines.append(line)
        print(" ".join(f"{k}={v:.3f}" if isinstance(v, float) else f"{k}={v}" for k, v in line.items()), flush=True)

    def present(self, who: Contender) -> bool:
        """Whether a contender is there; a line says so where it is not."""
        version = who.version
        if version == "not installed":
            self.note({"who": who.name, "version": version})
        return version != "not installed"

    def finish(self, name: str, page: list[str], notes: list[str]) -> None:
        versions = ", ".join(f"{who.name} {who.version}" for who in (OURS, BARE, *self.peers))
        command = f"command: `python bench/endpoint.py {shlex.join(map(without_place, sys.argv[1:]))}`"
        peers = [f"peers in environments of their own: {', '.join(who.name for who in self.peers)}"] if self.peers else []
        for file in write(self.given.results, f"endpoint_{name}", self.lines, page, [command, f"versions: {versions} (the bare loop's is aiohttp's)", *peers, *notes]):
            print(file)
        shutil.rmtree(self.work, ignore_errors=True)


def ratios(rows: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Each line with its requests/s and processor time as a share of the bare loop's in the same conditions."""
    bare = {row[by]: row for row in rows if row["who"] == BARE.name}
    for row in rows:
        other = bare.get(row[by], {})
        for name, key in (("requests_vs_bare", "requests_per_s"), ("cpu_vs_bare", "cpu_ms_per_request"), ("asking_cpu_vs_bare", "asking_cpu_ms_per_request")):
            row[name] = row[key] / other[key] if row.get(key) and other.get(key) else None
    return rows


def cost_line(who: Contender, cost: Cost, told: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """What one run cost, per request that the server answered."""
    answered = told["answered"] or None
    span = (told["last_at"] or 0) - (told["first_at"] or 0)
    asking = cost.told.get("asking_cpu")
    return {
        "who": who.name,
        **more,
        "answered": told["answered"],
        "requests_per_s": answered / span if answered and span > 0 else None,
        "cpu_ms_per_request": cost.cpu / answered * 1000 if answered else None,
        "asking_cpu_ms_per_request": asking / answered * 1000 if answered and asking else None,
        "first_request_s": told["first_at"] - cost.began if told["first_at"] else None,
        "seconds": cost.seconds,
        "peak_mb": cost.peak_mb,
        "server_cpu_share": told["cpu_seconds"] / cost.seconds,
        "ended": "killed" if cost.code is None else cost.code,
        "said": cost.said if cost.code else "",
    }


def throughput(bench: Bench) -> None:
    """Requests/s, processor time, first request and memory at several latencies, interleaved."""
    given = bench.given
    contenders = [who for who in (OURS, BARE, *bench.peers) if bench.present(who)]
    for repeat in range(given.repeats):
        for latency in given.latency:
            for who in contenders:
                many = given.prompts[0] if who in {OURS, BARE} else given.peer_prompts or given.prompts[0]
                with serve_apart(latency=latency, formats="honour") as url:
                    job = bench.job(url, many)
                    bench.note(cost_line(who, bench.run(who, job), stats(url), latency=latency, prompts=many, repeat=repeat))
                    shutil.rmtree(job.folder, ignore_errors=True)
    table = ratios(medians([line for line in bench.lines if "latency" in line], ["latency", "who", "prompts"], NUMBERS), "latency")
    absent = [line for line in bench.lines if "latency" not in line]
    bench.finish(
        "throughput", markdown([*sorted(table, key=lambda row: row["latency"]), *absent]), [f"concurrency {given.concurrency}; medians of {given.repeats} interleaved repeats"]
    )


def memory(bench: Bench) -> None:
    """Peak memory of our run by its number of prompts."""
    for repeat in range(bench.given.repeats):
        for many in bench.given.prompts:
            with serve_apart() as url:
                job = bench.job(url, many)
                bench.note(cost_line(OURS, bench.run(OURS, job), stats(url), prompts=many, repeat=repeat))
                shutil.rmtree(job.folder, ignore_errors=True)
    bench.finish("memory", markdown(medians(bench.lines, ["who", "prompts"], NUMBERS)), [f"no latency, concurrency {bench.given.concurrency}; medians of {bench.given.repeats}"])


def schedule(text: str) -> dict[str, float]:
    """`ten`: ten kinds at 5 % each; `every`: all kinds that asking again can mend, 50 % together; or NAME=SHARE,..."""
    if text == "ten":
        return dict.fromkeys(TEN, 0.05)
    if text == "every":
        kinds = [name for name in FAULTS if name not in FINAL]
        return dict.fromkeys(kinds, 0.5 / len(kinds))
    return {name: float(share) for name, _, share in (pair.partition("=") for pair in text.split(","))}


def faults(bench: Bench) -> None:
    """What becomes of the wanted rows, and how long it takes against a bare loop that always knows best."""
    given = bench.given
    rates = {name: share for name, share in schedule(given.faults).items() if name not in given.without}
    contenders = [who for who in (OURS, BARE, *bench.peers) if bench.present(who)]
    for repeat in range(given.repeats):
        for who in contenders:
            with serve_apart(latency=given.latency[0], faults=rates, seed=repeat, formats="honour") as url:
                job = bench.job(url, given.rows, ideal=True, settings=CAREFUL)
                cost = bench.run(who, job)
                told, rows = stats(url), judged(who.rows(job), LABELS)
            verdicts = {name: rows[name] for name in VERDICTS} | {"missing": max(0, given.rows - rows.total())}
            bench.note(
                {
                    "who": who.name,
                    "repeat": repeat,
                    **verdicts,
                    "seconds": cost.seconds,
                    "requests": told["requests"],
                    "ended": _ended(cost),
                    "said": cost.said if cost.code else "",
                }
            )
    numbers = (*VERDICTS, "missing", "seconds", "requests")
    table = medians([line for line in bench.lines if "repeat" in line], ["who"], numbers)
    bare = next((row["seconds"] for row in table if row["who"] == BARE.name), None)
    for row in table:
        row["seconds_vs_bare"] = row["seconds"] / bare if bare else None
    page = markdown([*table, *(line for line in bench.lines if "repeat" not in line)])
    shares = ", ".join(f"{name} {share:.3g}" for name, share in rates.items())
    notes = [
        f"{given.rows:,} rows wanted; shares of faults: {shares}",
        f"the bare loop retries ideally; timeout {given.timeout:g} s for everybody, latency {given.latency[0]:g} s; medians of {given.repeats}",
    ]
    bench.finish(f"faults_{given.faults if given.faults in {'ten', 'every'} else 'chosen'}", page, notes)


def _ended(cost: Cost) -> str:
    return "killed" if cost.code is None else str(cost.code)


def kill(bench: Bench) -> None:
    """Kill at a share of the answers, start again, and count what is lost, doubled and asked twice."""
    given = bench.given
    for who in (OURS, *bench.peers):
        for share in given.at if bench.present(who) else ():
            with serve_apart(latency=given.latency[0], formats="honour") as url:
                job = bench.job(url, given.rows)
                under_way = _killed(bench, who, job, url, share)
                cost = bench.run(who, job)
                told, rows = stats(url, contents=True), judged(who.rows(job), LABELS)
            asked = Counter(asked for asked, _ in told["by_content"].values())
            bench.note(
                {
                    "who": who.name,
                    "killed_at": share,
                    "waiting_at_kill": under_way,
                    "asked_again": sum(times - 1 for times in asked.elements()),
                    "answered_again": told["answered_again"],
                    "rows": rows["right"],
                    "lost": max(0, given.rows - rows["right"]),
                    "doubled": rows["duplicate"],
                    "seconds_to_finish": cost.seconds,
                    "ended": _ended(cost),
                    "said": cost.said if cost.code else "",
                }
            )
    notes = [f"{given.rows:,} rows wanted, latency {given.latency[0]:g} s, concurrency {given.concurrency}; SIGKILL to the process and all its children"]
    bench.finish(
        "kill",
        markdown(bench.lines),
        [*notes, "waiting_at_kill: requests that the server had not answered, to which those come whose answers were on their way; answered_again: paid for twice"],
    )


def _killed(bench: Bench, who: Contender, job: Job, url: str, share: float) -> int:
    """Start, kill at that share of the answers, and wait until the server has noticed; returns the number of unanswered requests then."""
    process = start(bench.command(who, job), job.folder / "log.txt", package=who.package)
    until = time.monotonic() + bench.given.limit
    while stats(url)["answered"] < share * job.rows and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    before = stats(url)
    end(process)
    process.communicate()
    while stats(url)["waiting"]:
        time.sleep(0.01)
    return max(before["waiting"], stats(url)["unsent"])


def soak(bench: Bench) -> None:
    """Steady asking with every kind of fault for a long time: memory, stalls, and whether the counts add up."""
    given = bench.given
    kinds = [name for name in FAULTS if name not in {*FINAL, *given.without}]
    rates = dict.fromkeys(kinds, 0.2 / len(kinds))
    latency, rows = given.concurrency / given.rate, round(given.rate * given.seconds * 0.7)
    with serve_apart(latency=latency, faults=rates, gone=[(rows // 2, 5.0)], formats="honour") as url:
        job, watch, seen = bench.job(url, rows, settings=CAREFUL), Watch(0), list[int]()
        with every_second(url, seen):
            cost = bench.run(OURS, job, watch)
        told, verdicts = stats(url), judged(OURS.rows(job), LABELS)
    asked_until = told["last_at"] - cost.began
    later = [(at, mb) for at, mb in watch.seen if cost.seconds * 0.2 < at < asked_until]
    ended = told["answered"] + told["refused"] + told["unsent"] + told["waiting"] + sum(told["faults"].values())
    bench.note(
        {
            "who": OURS.name,
            "rows_wanted": rows,
            **{name: verdicts[name] for name in VERDICTS},
            "requests": told["requests"],
            "requests_accounted": ended,
            "faults": sum(told["faults"].values()),
            "seconds": cost.seconds,
            "mb_per_minute": slope(later) * 60,
            "peak_mb": cost.peak_mb,
            "longest_stall_s": longest_stall(seen),
            "ended": _ended(cost),
            "counts": "; ".join(cost.told.get("counts", [])),
        }
    )
    transposed = [{"what": key, "value": value} for key, value in bench.lines[0].items()]
    notes = [
        f"about {given.rate} requests/s for {given.seconds:,} s wanted; the server is gone for 5 s half-way",
        f"every kind of fault but {', '.join([*FINAL, *given.without])}, 20 % together",
    ]
    notes += ["memory slope: least squares from a fifth of the time to the last answer; a stall: no answer for so long, the outage included"]
    bench.finish("soak", markdown(transposed), notes)


@contextmanager
def every_second(url: str, seen: list[int]) -> Iterator[None]:
    """Append the number of answers once a second; while the server is away it is the last one."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.wait(1.0):
            try:
                seen.append(stats(url)["answered"])
            except OSError:
                seen.append(seen[-1] if seen else 0)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def slope(points: list[tuple[float, float]]) -> float:
    """Least squares of memory over time, in MB a second; 0 for fewer than two moments."""
    if len(points) < 2:
        return 0.0
    x, y = sum(a for a, _ in points) / len(points), sum(b for _, b in points) / len(points)
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def longest_stall(seen: list[int]) -> int:
    """Seconds without an answer, between the first one and the last."""
    longest = here = 0
    for before, after in pairwise(seen):
        here = here + 1 if before == after and 0 < after < seen[-1] else 0
        longest = max(longest, here)
    return longest


def without_place(word: str) -> str:
    """A word of the command line; where a peer's interpreter is does not matter to others."""
    name = word.partition("=")[0]
    return f"{name}=PYTHON" if name in PEERS else word


def peer(text: str) -> tuple[str, str]:
    name, _, python = text.partition("=")
    if name not in PEERS or not python:
        raise argparse.ArgumentTypeError(f"give NAME=PYTHON, with one of the names {', '.join(PEERS)}")
    return name, python


def main() -> None:
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = {"throughput": throughput, "memory": memory, "faults": faults, "kill": kill, "soak": soak}
    known.add_argument("what", choices=list(what))
    known.add_argument("--prompts", type=int, nargs="+", default=[10_000])
    known.add_argument("--peer-prompts", type=int, help="prompts for peers where those of all are too many")
    known.add_argument("--latency", type=float, nargs="+", help="seconds; default: 0, 0.02 and 0.2 for throughput, else 0.02")
    known.add_argument("--repeats", type=int, default=3)
    known.add_argument("--rows", type=int, default=1000)
    known.add_argument("--faults", default="ten", help=(schedule.__doc__ or "").replace("%", "%%"))
    known.add_argument("--without", nargs="*", default=[], metavar="NAME", help="faults to leave out")
    known.add_argument("--at", type=float, nargs="+", default=[0.1, 0.5, 0.9])
    known.add_argument("--seconds", type=int, default=240)
    known.add_argument("--rate", type=int, default=50, help="requests/s of the soak")
    known.add_argument("--concurrency", type=int, default=64)
    known.add_argument("--timeout", type=float, default=60.0, help="of a request, in seconds")
    known.add_argument("--limit", type=float, default=900.0, help="of a whole run, in seconds")
    known.add_argument("--peers", type=peer, nargs="*", default=[], metavar="NAME=PYTHON")
    known.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    known.add_argument("--work", type=Path, default=ROOT / "bench/work/endpoint")
    known.add_argument("--results", type=Path, default=ROOT / "bench/results")
    given = known.parse_args()
    given.peers = dict(given.peers)
    given.latency = given.latency or ([0.0, 0.02, 0.2] if given.what == "throughput" else [0.02])
    what[given.what](Bench(given))


if __name__ == "__main__":
    main()
