"""The demo stream through an OpenAI-compatible server: `transformers serve` with the bundled model, started and stopped here.

    pip install fastapi uvicorn openai          # what `transformers serve` needs beside the package's own extras
    python bench/endpoint_stream.py
    python bench/endpoint_stream.py --rows 30 --model DIR

The server listens on a free port of the loopback interface and runs without network. It gets a copy of the model folder with two
changes: a chat template that yields the user message alone, letter by letter what the local engine reads (a correction turn as that
engine writes it), and top-k off, which `generate` would otherwise set to 50. Before the stream, the same few prompts are answered by
the server and by the local engine at temperature 0, and the bench says how many answers are equal.

An endpoint's weights cannot be touched, so the run has no exploration and no fine-tuning: what is compared with the local demo is the
way, not the score. Writes `bench/results/endpoint_stream.csv` and `.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import tomli_w

ROOT = Path(__file__).resolve().parents[1]
# So that the bench runs as a script and as a module.
sys.path.insert(0, str(ROOT))

from bench.real_stream import RESULTS, THREADS, Job, costs, lines_of, sheets, show, summary_if_any, walk, write_results  # noqa: E402
from synlearner.engines.framing import first_object  # noqa: E402
from synlearner.engines.pocket import FOLDER as POCKET  # noqa: E402
from synlearner.learn.trial import trial  # noqa: E402
from synlearner.records import Draft, Turn  # noqa: E402
from synlearner.registry import find  # noqa: E402
from synlearner.stream.bundled import DEMO  # noqa: E402
from synlearner.stream.reading import load_stream  # noqa: E402
from synlearner.stream.specs import GeneratorSpec  # noqa: E402

ALL = ("tickets", "reviews", "questions", "pairs")
NEEDED = ("fastapi", "uvicorn", "openai")
SERVE = "from transformers.cli.transformers import main; main()"
PATIENCE = 180.0
# The user message, and nothing else; a correction turn is put together as the local engine does it.
TEMPLATE = """\
{%- for message in messages -%}
{%- if message.role == 'assistant' %} {{ message.content }}
{%- elif message.role == 'user' -%}
{%- if not loop.first and loop.previtem.role == 'assistant' %}{{ '\\n' + message.content + '\\nRecord:' }}{% else %}{{ message.content }}{% endif -%}
{%- endif -%}
{%- endfor -%}
"""


def servable(model: Path, folder: Path) -> Path:
    """A copy of a model folder with our chat template and top-k off."""
    copy = folder / "pocket-chat"
    shutil.copytree(model, copy)
    (copy / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    file = copy / "generation_config.json"
    settings = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps({**settings, "do_sample": True, "top_k": 0}), encoding="utf-8")
    return copy


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(model: Path, log: Path, threads: int) -> Iterator[str]:
    """The server's base URL while it runs. Raises SystemExit when it does not come up."""
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32", "--log-level", "error"]
    environment = {**os.environ, **dict.fromkeys(THREADS, str(threads)), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen([sys.executable, "-c", SERVE, "serve", str(model), *options], env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(server, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    """Until the server says that it is well. Raises SystemExit when it dies or is too slow."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if server.poll() is not None:
            raise SystemExit(f"The server ended with code {server.returncode}:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
        with suppress(URLError, ConnectionError, TimeoutError), urlopen(health, timeout=2) as reply:
            if reply.status == 200:
                return
        time.sleep(0.25)
    raise SystemExit(f"The server was not ready after {PATIENCE:.0f} s, see {log}")


def write_stream(folder: Path, base_url: str, model: Path, args: argparse.Namespace) -> Path:
    """The run's TOML: the demo's tasks, fewer rows, the endpoint as generator."""
    run = {
        "name": "endpoint",
        "seed": args.seed,
        "tasks": [str(DEMO / f"{name}.toml") for name in args.tasks],
        "generator": {"engine": "chat_api", "base_url": base_url, "model": str(model), "concurrency": args.concurrency},
        "explore": {"enabled": False},
        "finetune": {"enabled": False},
        "synthesis": {"rows": args.rows},
        "evaluation": {"matrix": "none"},
    }
    file = folder / "stream.toml"
    file.write_text(tomli_w.dumps(run), encoding="utf-8")
    return file


def equal_answers(stream: Path, base_url: str, served_model: Path, local: Path, each: int) -> tuple[int, int]:
    """Of the first prompts of every task at temperature 0: on how many server and local engine agree, and how many there are."""
    loaded = load_stream(stream)
    turns = [Turn(prompt) for task in loaded.tasks for prompt, _, _ in trial(loaded, task.name, each, prompts_only=True)]
    greedy = {"temperature": 0.0, "top_p": 1.0}
    there = GeneratorSpec(engine="chat_api", base_url=base_url, model=str(served_model), concurrency=1, **greedy)
    here = GeneratorSpec(engine="hf", model=str(local), chat="no", device="cpu", options={"system": False, "dtype": "float32"}, **greedy)
    pairs = zip(answers(there, turns), answers(here, turns), strict=True)
    return sum(a == b for a, b in pairs), len(turns)


def answers(spec: GeneratorSpec, turns: Sequence[Turn]) -> list[str]:
    """The first object of every answer, in the order of the turns; what failed is its reason."""
    generator = find("generator", spec.engine)(spec)
    try:
        found = dict(generator.write([[turn] for turn in turns]))
    finally:
        generator.close()
    return [first_object(a.text) if isinstance(a, Draft) else a.error for i in range(len(turns)) for a in found[i]]


def notes_of(args: argparse.Namespace, same: tuple[int, int], seconds: float) -> list[str]:
    """What somebody must know to read the tables and to make them again."""
    tasks, sets = f" --tasks {' '.join(args.tasks)}" if args.tasks != list(ALL) else "", "".join(f" --set {shlex.quote(x)}" for x in args.sets)
    return [
        f"command: `python bench/endpoint_stream.py --rows {args.rows} --seed {args.seed} --concurrency {args.concurrency} --threads {args.threads}{tasks}{sets}`",
        f"made on {datetime.now(UTC):%Y-%m-%d}; {seconds:,.0f} s in all, the server's start included",
        f"server: transformers serve on the loopback interface, the bundled model in float32 with {args.threads} thread(s); it answers one request after the other",
        "several requests at a time are not repeatable: the server has one random state for all of them (use --concurrency 1)",
        f"at temperature 0 the server and the local engine gave the same record for {same[0]} of {same[1]} prompts",
        "no exploration and no fine-tuning: the weights behind an endpoint cannot be touched; the demo has no real rows, so there is no PGR",
        "intervals: bootstrap over gold rows and students of one run",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=POCKET, help="a model folder without chat template; the bundled one if not given")
    parser.add_argument("--rows", type=int, default=60, help="synthetic rows wanted per task")
    parser.add_argument("--tasks", nargs="+", default=list(ALL))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1, help="of the server")
    parser.add_argument("--compare", type=int, default=4, help="prompts per task that the local engine answers too")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE", help="a setting of the run; may be repeated")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/work/endpoint", help="work folder; every call makes a new one in it")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the tables go")
    args = parser.parse_args()
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise SystemExit(f"transformers serve needs {', '.join(missing)}: pip install {' '.join(missing)}")
    args.out.mkdir(parents=True, exist_ok=True)
    job = Job(args.seed, Path(tempfile.mkdtemp(prefix=f"{datetime.now(UTC):%m%d-%H%M%S}-", dir=args.out.resolve())))
    began = time.monotonic()
    model = servable(args.model, job.folder)
    with served(model, job.folder / "server.txt", args.threads) as base_url:
        print(f"serving {model.name} at {base_url} after {time.monotonic() - began:.0f} s", flush=True)
        stream = write_stream(job.folder, base_url, model, args)
        same = equal_answers(stream, base_url, model, args.model, args.compare)
        print(f"{same[0]} of {same[1]} answers at temperature 0 are those of the local engine", flush=True)
        walk(job, args.sets)
    summary = summary_if_any(job.run)
    lines = lines_of({job.seed: summary}) if summary else []
    if not summary or not lines:
        raise SystemExit(f"No task has scores: see {job.folder}")
    show(sheets(lines))
    print("\n".join(costs({job.seed: summary})))
    for file in write_results(args.results, "endpoint_stream", lines, {job.seed: summary}, notes_of(args, same, time.monotonic() - began)):
        print(file)
    if summary.state != "finished":
        raise SystemExit(f"Not finished: {'; '.join(summary.missing)}")


if __name__ == "__main__":
    main()
