"""The data set that a task ends with: its rows on disk with their story, and how diverse they are beside seeds and real rows."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synlearner.feedback.diversity import attribute_coverage, describe
from synlearner.learn.desk import Desk, once
from synlearner.learn.later import recheck
from synlearner.learn.recalling import fingerprint_of
from synlearner.learn.writing import Dataset
from synlearner.records import Adapter, Row, Sample, Score
from synlearner.seeding import rng
from synlearner.store.files import replacing
from synlearner.stream.tasks import Exam, Task


def keep(desk: Desk, task: Task, exam: Exam, data: Dataset, adapter: Adapter | None) -> dict[str, Any]:
    """Write `data/<task>.jsonl` and record what it is. The file is replaced as a whole; a killed run never leaves half of one."""
    file = desk.folder / "data" / f"{task.name}.jsonl"
    write_lines(file, (story(task, s, data, desk.generator.identity) for s in data.samples))
    relative = Path(adapter.path).relative_to(desk.folder).as_posix() if adapter else None
    inputs = {"steps": list(data.steps), "rows": data.wanted, "embedder": desk.embedder.identity}
    recheck(desk, task, data)
    fingerprint_of(desk, task)
    return once(desk, task.name, "dataset", inputs, lambda: {**_summary(desk, task, exam, data), "file": f"data/{task.name}.jsonl", "adapter": relative})


def _summary(desk: Desk, task: Task, exam: Exam, data: Dataset) -> dict[str, Any]:
    rows = [s.row for s in data.samples]
    per_label = Counter(r.label for r in rows)
    return {
        "rows": len(rows),
        "wanted": data.wanted,
        "complete": len(rows) >= data.wanted,
        "per_label": {label: per_label[label] for label in task.labels},
        "short": dict(data.short),
        "diversity": diversity(desk, task, data.samples, exam),
    }


def diversity(desk: Desk, task: Task, samples: Sequence[Sample], exam: Exam) -> dict[str, Any]:
    """The metrics of the synthetic rows, of the seeds, and of an equally large draw of real rows (None without real rows)."""
    synthetic = [s.row.text for s in samples]
    real = sample_rows(exam.real, len(synthetic), seed=desk.run.seed)
    sets: dict[str, list[str]] = {"synthetic": synthetic, "seeds": [r.text for r in task.seeds], "real": [r.text for r in real]}
    found: dict[str, Any] = {name: describe(texts, desk.embedder.embed(texts), seed=desk.run.seed) if len(texts) > 1 else None for name, texts in sets.items()}
    if found["synthetic"]:
        found["synthetic"]["attribute_coverage"] = attribute_coverage(samples, task)
    return found


def sample_rows(rows: Sequence[Row], n: int, *, seed: int) -> list[Row]:
    """At most n rows, drawn without replacement."""
    return rng(seed, "real rows").sample(list(rows), min(n, len(rows)))


def story(task: Task, sample: Sample, data: Dataset, model: str) -> dict[str, Any]:
    """A row as it is written: the record, then under `_meta` where it comes from."""
    prompt = data.prompts[sample.prompt_id]
    meta = {
        "prompt_id": sample.prompt_id,
        "step": prompt.step,
        "attributes": dict(sample.attributes),
        "examples": list(prompt.examples),
        **({"hints": list(prompt.hints)} if prompt.hints else {}),
        "scores": {m.name: m.value if isinstance(m, Score) else None for m in data.scores.get(sample.prompt_id, [])},
        "marks": [{"filter": m.filter, "reason": m.reason, "detail": m.detail} for m in data.marks.get(sample.prompt_id, [])],
        "model": model,
        "origin": "synthetic",
    }
    return {"id": sample.row.id, **task.record(sample.row), "_meta": meta}


def write_lines(file: Path, rows: Any) -> None:
    """JSONL, written as a whole and to the disk."""
    with replacing(file) as partial, partial.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
        out.flush()
        os.fsync(out.fileno())


def texts_of(rows: Mapping[str, Sequence[Row]]) -> list[str]:
    """All texts of several tasks' rows."""
    return [r.text for some in rows.values() for r in some]
