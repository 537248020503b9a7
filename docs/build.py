"""What is generated in the documentation: the command-line page and the key tables of specifications.

    python -m docs.build

Comes in: the command line, the specification models, and the pages as they are. Goes out: `docs/cli.md`, and in every page the table
between `<!-- keys: Model -->` and `<!-- end keys -->`. Keys, values and defaults come from the model; the meaning is written by hand in
the page and kept. A key without a meaning gets an empty cell, which the documentation tests refuse.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

PAGES = Path(__file__).parent
TABLE = re.compile(r"(<!-- keys: (\w+) -->\n)(.*?)(<!-- end keys -->)", re.DOTALL)
ROW = re.compile(r"^\| `(?P<key>\w+)` \|.*\| (?P<meaning>[^|]*) \|$", re.MULTILINE)
HEAD = "| key | value | default | meaning |\n|---|---|---|---|\n"
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true`, `false`", "array": "list of texts", "object": "table"}


def with_tables(text: str) -> str:
    """A page with every key table written anew."""
    return TABLE.sub(lambda m: m[1] + table(_model(m[2]), _meanings(m[3])) + m[4], text)


def _model(name: str) -> type[BaseModel]:
    from synlearner.stream import specs

    model: type[BaseModel] = getattr(specs, name)
    return model


def _meanings(rows: str) -> dict[str, str]:
    return {m["key"]: m["meaning"] for m in ROW.finditer(rows)}


def table(model: type[BaseModel], meanings: dict[str, str]) -> str:
    """One line per key: its values and default as the model has them, its meaning as the page has it."""
    schema = model.model_json_schema()
    lines = [f"| `{key}` | {value(p)} | {default(p, required=key in schema.get('required', ()))} | {meanings.get(key, '')} |\n" for key, p in schema["properties"].items()]
    return HEAD + "".join(lines)


def value(schema: dict[str, Any]) -> str:
    """What may be written, in words."""
    schema = next((s for s in schema.get("anyOf", ()) if s.get("type") != "null"), schema)
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(v)}`" for v in schema["enum"])
    if schema.get("type") == "array" and schema.get("items", {}).get("type") != "string":
        return "table or list of tables"
    limits = " ".join(f"{sign} {schema[name]:g}" for name, sign in BOUNDS.items() if name in schema)
    return f"{TYPES[schema.get('type', 'object')]} {limits}".strip()


def default(schema: dict[str, Any], *, required: bool) -> str:
    """The default as TOML writes it; tables have their own section."""
    if required:
        return "required"
    found = schema.get("default")
    return "none" if found is None else "" if isinstance(found, (dict, list)) else f"`{json.dumps(found)}`"


def cli_page() -> str:
    """Every command with its arguments and options, from the command line itself."""
    from typer import Context
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from synlearner.cli import app

    command = get_command(app)
    text: str = get_docs_for_click(obj=command, ctx=Context(command, info_name="synlearner"), name="synlearner")
    for name, sub in command.commands.items():  # type: ignore[attr-defined]
        # The list of commands holds shortened sentences; whole ones are easier to read.
        text = re.sub(rf"^\* `{name}`: .*$", lambda _, s=sub: f"* `{s.name}`: {s.help}", text, count=1, flags=re.MULTILINE)
    return text.strip() + "\n"


def pages() -> dict[Path, str]:
    """Every page that holds something generated, as it should be."""
    built = {p: with_tables(text) for p in sorted(PAGES.glob("*.md")) if TABLE.search(text := p.read_text(encoding="utf-8"))}
    return built | {PAGES / "cli.md": cli_page()}


def main() -> None:
    """Write what has changed."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
