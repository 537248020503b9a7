"""An OpenAI-compatible server on the loopback, for tests and measurements of whatever talks to one: real sockets, a script instead of a model.

    with serve(lambda body: "hello") as base_url:
        ...

In come requests, out go answers or, by a schedule that every machine repeats, faults as servers and networks have them. Chat completions,
completions and models over HTTP/1.1 with kept connections; standard library only.

    faults       faults as values, their catalogue, schedules
    answers      what it writes
    desk         what each request gets, and the counts
    connection   HTTP
    running      as a thread or as a process (also: python -m synlearner.testing.server --help)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from ssl import SSLContext

from synlearner.testing.server.desk import Formats, Reply, Settings
from synlearner.testing.server.faults import FAULTS, Fault, Schedule
from synlearner.testing.server.running import in_process, in_thread, stats

__all__ = ["FAULTS", "Fault", "Reply", "Schedule", "Settings", "serve", "serve_apart", "stats"]


def serve(
    reply: Reply | None = None,
    *,
    faults: Schedule | Sequence[Fault | None] = (),
    key: str = "",
    revoked: int | None = None,
    together: int = 1,
    usage: bool = True,
    latency: float | tuple[float, float] = 0.0,
    seed: int = 0,
    formats: Formats = "ignore",
    gone: Sequence[tuple[int, float]] = (),
    tls: SSLContext | None = None,
) -> AbstractContextManager[str]:
    """A running server in a thread of this process; yields its base URL, which ends in /v1, and closes everything at the end.

    `Settings` says what each argument does. `Schedule`s go by content; of a sequence, the n-th request meets `faults[n]`, where that is
    not None. Without `reply`, the built-in replier writes a valid record for every prompt of this package, and a sentence for others.
    """
    return in_thread(Settings(reply, faults, key, revoked, together, usage, latency, seed, formats, tuple(gone), tls))


def serve_apart(
    *,
    faults: Mapping[str, float] | None = None,
    first: Sequence[str] = (),
    key: str = "",
    revoked: int | None = None,
    usage: bool = True,
    latency: float | tuple[float, float] = 0.0,
    seed: int = 0,
    formats: Formats = "ignore",
    gone: Sequence[tuple[int, float]] = (),
) -> AbstractContextManager[str]:
    """A running server as a process of its own, for measurements: it shares no interpreter with the client, and ends with it.

    Arguments as for `serve`; `faults` and `first` are those of a `Schedule`. Only the built-in replier answers.
    """
    Schedule(faults or {}, seed, tuple(first))
    low_high = ":".join(map(str, latency)) if isinstance(latency, tuple) else str(latency)
    flags = ["--latency", low_high, "--seed", str(seed), "--key", key, "--formats", formats]
    flags += ["--faults", ",".join(f"{name}={share}" for name, share in (faults or {}).items()), "--first", ",".join(first)]
    flags += [*([] if usage else ["--no-usage"]), *([] if revoked is None else ["--revoked", str(revoked)])]
    return in_process([*flags, *(word for after, seconds in gone for word in ("--gone", f"{after}:{seconds}"))])
