"""Who is measured: the package, the bare loop, and peers in environments of their own, all with the same prompts on the same server."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from synlearner.learn.trial import trial
from synlearner.records import Turn
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_stream

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "src"
TASK = "reviews"
LABELS = ("negative", "mixed", "positive")
PEERS = {"distilabel": "distilabel", "curator": "bespokelabs-curator", "data-designer": "data-designer"}


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one contender: where it works, what it asks, and how. `prompts` is a file for those who do not write their own."""

    folder: Path
    url: str
    rows: int
    prompts: Path | None = None
    concurrency: int = 64
    timeout: float = 60.0
    ideal: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    sets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Contender:
    """A name, how it is started, and the rows that it left. `python` is the interpreter of a peer's own environment."""

    name: str
    python: str = sys.executable

    def command(self, job: Job) -> list[str]:
        """How it is started. Makes what it needs in the job's folder."""
        job.folder.mkdir(parents=True, exist_ok=True)
        if self.name == "synlearner":
            return [sys.executable, str(HERE / "ours.py"), str(stream_of(job)), str(job.folder / "run"), *(w for one in job.sets for w in ("--set", one))]
        script = "bare" if self.name == "bare loop" else f"peer_{self.name.replace('-', '_')}"
        known = {"--url": job.url, "--prompts": job.prompts, "--out": job.folder / "rows.jsonl", "--work": job.folder, "--concurrency": job.concurrency, "--timeout": job.timeout}
        ideal = ["--ideal"] if job.ideal and self.name == "bare loop" else []
        return [self.python, str(HERE / f"{script}.py"), *(str(word) for pair in known.items() for word in pair), *ideal]

    @property
    def package(self) -> Path | None:
        """What it may import of ours."""
        return PACKAGE if self.name == "synlearner" else None

    def rows(self, job: Job) -> list[dict[str, Any]]:
        """The rows that it left; none where it left no file."""
        file = job.folder / "run" / "data" / f"{TASK}.jsonl" if self.name == "synlearner" else job.folder / "rows.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []

    @property
    def version(self) -> str:
        """Of the package that is measured, "not installed" where its environment has none."""
        name = {"synlearner": "synlearner", "bare loop": "aiohttp"}.get(self.name) or PEERS[self.name]
        code = f"from importlib.metadata import version; print(version({name!r}))"
        try:
            done = subprocess.run([self.python, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        except OSError:
            return "not installed"
        return done.stdout.strip() or "not installed"


def stream_of(job: Job) -> Path:
    """The run's TOML: one task, no learning, and of the filters those that need no model. Anything in `settings` wins."""
    spec: dict[str, dict[str, Any]] = {
        "generator": {"engine": "chat_api", "base_url": job.url, "model": "m", "concurrency": job.concurrency, "timeout": job.timeout, "top_p": 0.95},
        "explore": {"enabled": False},
        "finetune": {"enabled": False},
        "synthesis": {"rows": job.rows, "few_shot": 2, "attempts": 4.0},
        "feedback": {"verifier": "off", "verifier_engine": "word-count", "attributes": "off", "quality": "off", "duplicates": "off", "embedder": "word-hash"},
        "student": {"engine": "word-count", "repeats": 1},
        "evaluation": {"matrix": "none", "bootstrap": 100},
    }
    for table, values in job.settings.items():
        spec[table] = {**spec.get(table, {}), **values}
    file = job.folder / "stream.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(tomli_w.dumps({"name": "endpoint", "seed": 7, "tasks": [str(DEMO / f"{TASK}.toml")], **spec}), encoding="utf-8")
    return file


def write_prompts(folder: Path, many: int) -> Path:
    """The prompts of such a run as JSON lines, for those who are not the package: messages, seed, wanted label."""
    file = folder / f"prompts-{many}.jsonl"
    stream = load_stream(stream_of(Job(folder, "http://127.0.0.1:9/v1", many)))
    with file.open("w", encoding="utf-8") as out:
        for prompt, _, _ in trial(stream, TASK, many, prompts_only=True):
            out.write(json.dumps({"messages": Turn(prompt).messages, "seed": prompt.seed % 2**31, "label": prompt.label}) + "\n")
    return file
