"""Data sets of a run in the formats that trainers and people read.

Comes in: a run folder with finished data sets. Goes out: one file per task, or for `hf` a folder that `datasets.load_dataset` and the
Hub read. Rows are those of `data/<task>.jsonl`; prompts come from the ledger. Every file is written as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from synlearner.errors import LedgerError, SpecError, boundary
from synlearner.records import Prompt, Turn
from synlearner.report.card import card
from synlearner.report.files import csv_text
from synlearner.report.schema import Summary
from synlearner.report.summary import summary_of
from synlearner.store.files import replacing, write_text
from synlearner.store.ledger import Ledger
from synlearner.stream.specs import NAME

Format = Literal["jsonl", "parquet", "hf", "messages", "prompt-completion", "csv"]
META = "_meta"


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished data set: the task as the run describes it, its rows, and on demand the prompts. `bare`: its engine read no system line."""

    task: str
    target: str
    fields: tuple[str, ...]
    rows: Sequence[dict[str, Any]]
    prompts: Callable[[], dict[str, Prompt]]
    bare: bool

    def record(self, row: dict[str, Any]) -> dict[str, str]:
        """A row as the generator was asked to write it: the target first."""
        return {self.target: row[self.target], **{f: row[f] for f in self.fields}}


def export(folder: str | Path, *, to: Format | str, out: str | Path, tasks: Sequence[str] | None = None, guard: bool = True) -> list[Path]:
    """Write the finished data sets (of `tasks`, or all) to `out` and return the files.

    `guard` concerns `csv` alone: texts that a spreadsheet would take for a formula get a leading apostrophe; switch it off where the
    file is read by programs only. Raises SpecError for an unknown format or task, LedgerError where a data set is not finished.
    """
    writers: dict[str, Callable[[Finished, Path], Path]] = {
        "jsonl": _jsonl,
        "parquet": _parquet,
        "messages": _messages,
        "prompt-completion": _prompt_completion,
        "csv": lambda data, target: _csv(data, target, guard=guard),
    }
    if to not in {*writers, "hf"}:
        raise SpecError(f"there is no export format {to!r}", f"known: {', '.join([*writers, 'hf'])}")
    with Ledger.open(folder, read_only=True) as ledger:
        summary = summary_of(ledger)
        found = [_finished(ledger, name) for name in _chosen(summary, tasks)]
        if to == "hf":
            return _hub_folder(found, summary, Path(out))
        return [writers[to](data, Path(out)) for data in found]


# ── what there is ───────────────────────────────────────────────────────


def _chosen(summary: Summary, tasks: Sequence[str] | None) -> list[str]:
    known = [t.name for t in summary.tasks]
    for name in known:
        # A ledger from elsewhere may hold anything, and files are named after tasks.
        if not re.fullmatch(NAME, name):
            raise LedgerError(f"the run has a task of the name {name!r}, which no file can have", "export runs that `synlearner run` has written")
    done = [t.name for t in summary.tasks if t.dataset]
    for name in tasks or ():
        if name not in known:
            raise SpecError(f"the run has no task {name!r}", f"known: {', '.join(known)}")
        if name not in done:
            raise LedgerError(f"the data set of {name!r} is not finished", f"continue the run, or export one of: {', '.join(done) or 'none yet'}")
    if not done:
        raise LedgerError("no data set of the run is finished", "continue the run by the same command")
    return [n for n in done if not tasks or n in tasks]


def _finished(ledger: Ledger, name: str) -> Finished:
    spec = ledger.spec() or {}
    task = next(t for t in spec["tasks"] if t["name"] == name)
    rows = list(_read(ledger.folder / "data" / f"{name}.jsonl"))
    return Finished(name, task["target"], tuple(task["fields"]), rows, lambda: _prompts(ledger.folder, name), _bare(spec["run"].get("generator", {})))


def _read(file: Path) -> Iterator[dict[str, Any]]:
    if not file.exists():
        raise LedgerError(f"{file.name} is missing from the run folder", "run the same command again: it writes the file anew from the ledger")
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise SpecError(f"not JSON: {error.msg}", "run the same command again: it writes the file anew", file=file, line=number) from error


def _bare(generator: Mapping[str, Any]) -> bool:
    """Whether the engine read user messages alone: the bundled model does, others when told so."""
    return generator.get("engine") == "pocket" or generator.get("options", {}).get("system") is False


def _prompts(folder: Path, task: str) -> dict[str, Prompt]:
    with Ledger.open(folder, read_only=True) as ledger:
        return {p.id: p for s in ledger.steps() if s.task == task and s.name.startswith("synthesis") for p in ledger.prompts(s.key)}


# ── formats ─────────────────────────────────────────────────────────────


def _lines(file: Path, rows: Iterator[dict[str, Any]]) -> Path:
    return write_text(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _jsonl(data: Finished, out: Path) -> Path:
    return _lines(out / f"{data.task}.jsonl", iter(data.rows))


def _messages(data: Finished, out: Path) -> Path:
    """TRL's conversational format: system and user message as they were used, the accepted record as the assistant's answer."""
    rows = ({"messages": [*_asked(prompt), {"role": "assistant", "content": answer}]} for prompt, answer in _lessons(data))
    return _lines(out / f"{data.task}.messages.jsonl", rows)


def _prompt_completion(data: Finished, out: Path) -> Path:
    """TRL's plain format: the prompt as an engine without chat template reads it, and a space and the record, as it is fine-tuned on."""
    rows = ({"prompt": prompt.user if data.bare else "\n\n".join(m["content"] for m in _asked(prompt)), "completion": f" {answer}"} for prompt, answer in _lessons(data))
    return _lines(out / f"{data.task}.prompt-completion.jsonl", rows)


def _lessons(data: Finished) -> Iterator[tuple[Prompt, str]]:
    """Each row's prompt and its record in the contract."""
    prompts = data.prompts()
    for row in data.rows:
        yield prompts[row[META]["prompt_id"]], json.dumps(data.record(row), ensure_ascii=False)


def _asked(prompt: Prompt) -> list[dict[str, str]]:
    return [m for m in Turn(prompt).messages if m["content"]]


def _csv(data: Finished, out: Path, *, guard: bool) -> Path:
    columns = (*data.fields, data.target)
    return write_text(out / f"{data.task}.csv", csv_text(columns, [[row[c] for c in columns] for row in data.rows], guard=guard))


def _parquet(data: Finished, out: Path) -> Path:
    return _parquet_file(data, out / f"{data.task}.parquet")


def _parquet_file(data: Finished, file: Path) -> Path:
    """All columns are texts, so that labels such as `1` or `True` stay what they are; `_meta` is JSON, as its keys differ by label."""
    with boundary("pyarrow", extra="data"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    columns = ("id", data.target, *data.fields)
    values = {c: pa.array([str(row[c]) for row in data.rows], pa.string()) for c in columns}
    values[META] = pa.array([json.dumps(row[META], ensure_ascii=False) for row in data.rows], pa.string())
    with replacing(file) as partial:
        pq.write_table(pa.table(values), partial, compression="zstd")
    return file


def _hub_folder(found: Sequence[Finished], summary: Summary, out: Path) -> list[Path]:
    files = [_parquet_file(data, out / "data" / f"{data.task}.parquet") for data in found]
    return [write_text(out / "README.md", card(summary, [d.task for d in found], folder=out.resolve().name)), *files]
