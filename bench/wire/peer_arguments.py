"""What the scripts of all peers share: their arguments, the prompts, and the rows that they leave. Imports nothing of this project."""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def arguments() -> argparse.Namespace:
    """`url` of the server, file of `prompts`, file for rows `out`, `work` folder, `concurrency`, `timeout` of a request in seconds."""
    known = argparse.ArgumentParser()
    for name in ("--url", "--prompts", "--out", "--work"):
        known.add_argument(name, required=True)
    known.add_argument("--concurrency", type=int, default=64)
    known.add_argument("--timeout", type=float, default=60.0)
    return known.parse_args()


def prompts(file: str) -> list[dict[str, str]]:
    """One request each: `system`, `user`."""
    rows = (json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines())
    return [{"system": row["messages"][0]["content"], "user": row["messages"][1]["content"]} for row in rows]


def keep(file: str, rows: Iterable[dict[str, Any]]) -> None:
    """Rows as JSON lines: `label` and `text`, or `raw` where the peer leaves the reading to its user."""
    with Path(file).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=True) + "\n" for row in rows)
