"""The server as a process: `python -m synlearner.testing.server --port 8000 --latency 0.02 --faults "429=0.05,drop=0.05"`.

The first line that it writes is its base URL. Every flag is a setting of `serve`; the built-in replier answers.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress

from synlearner.errors import SpecError
from synlearner.testing.server.desk import Settings
from synlearner.testing.server.faults import FAULTS, Schedule
from synlearner.testing.server.running import run, until_closed


def parser() -> argparse.ArgumentParser:
    """The command line."""
    known = argparse.ArgumentParser(prog="python -m synlearner.testing.server", description="An OpenAI-compatible server on the loopback, with answers and faults from a script.")
    known.add_argument("--port", type=int, default=8000, help="0: a free one")
    known.add_argument("--latency", type=latency, default=0.0, metavar="SECONDS", help="before every reply; 0.01:0.05 draws one from between")
    known.add_argument("--faults", type=rates, default={}, metavar="NAME=SHARE,...", help=f"known: {', '.join(FAULTS)}")
    known.add_argument("--first", default="", metavar="NAME,...", help="faults of the first, second, ... time that any content comes")
    known.add_argument("--seed", type=int, default=0, help="of faults and latencies")
    known.add_argument("--key", default="", help="the API key that it wants")
    known.add_argument("--revoked", type=int, help="requests after which that key is refused")
    known.add_argument("--gone", type=outage, action="append", default=[], metavar="REQUESTS:SECONDS", help="goes away when so many have come; may be repeated")
    known.add_argument("--formats", choices=["ignore", "honour", "refuse"], default="ignore", help="what becomes of a response_format")
    known.add_argument("--no-usage", action="store_true", help="tell no tokens")
    known.add_argument("--with-starter", action="store_true", help="end when the standard input ends")
    return known


def latency(text: str) -> float | tuple[float, float]:
    """Seconds, or the two ends of what they are drawn from."""
    low, colon, high = text.partition(":")
    return (float(low), float(high)) if colon else float(low)


def rates(text: str) -> dict[str, float]:
    """Shares by name."""
    return {name.strip(): float(share) for name, _, share in (pair.partition("=") for pair in text.split(",") if pair)}


def outage(text: str) -> tuple[int, float]:
    """After how many requests, and for how many seconds."""
    after, _, seconds = text.partition(":")
    return int(after), float(seconds)


def main() -> None:
    """Serve until interrupted."""
    given = parser().parse_args()
    try:
        faults = Schedule(given.faults, given.seed, tuple(name.strip() for name in given.first.split(",")) if given.first else ())
    except SpecError as wrong:
        raise SystemExit(str(wrong)) from None
    settings = Settings(
        faults=faults,
        key=given.key,
        revoked=given.revoked,
        usage=not given.no_usage,
        latency=given.latency,
        seed=given.seed,
        formats=given.formats,
        gone=tuple(given.gone),
    )

    def ready(found: tuple[int, asyncio.AbstractEventLoop, asyncio.Event]) -> None:
        port, loop, stop = found
        sys.stdout.write(f"http://127.0.0.1:{port}/v1\n")
        sys.stdout.flush()
        if given.with_starter:
            until_closed(loop, stop)

    with suppress(KeyboardInterrupt):
        run(settings, port=given.port, ready=ready)


if __name__ == "__main__":
    main()
