"""The documentation does what it says: code runs, commands end well, generated parts are those of the code, links lead somewhere.

How a page is read: blocks run in their order in one empty folder per page, each Python block in its own process.

- ```` ```python ```` is run;
- ```` ```toml file=NAME ```` (any language) is written to NAME first, for later blocks of the page;
- ```` ```console run ```` is a session whose `$ synlearner ...` lines must exit with 0; a plain `console` block is only shown.
"""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from docs import build

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "PYTHONWARNINGS": "error", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Block:
    language: str
    options: tuple[str, ...]
    text: str
    place: str

    @property
    def file(self) -> str:
        return next((o.removeprefix("file=") for o in self.options if o.startswith("file=")), "")


def blocks(page: Path) -> list[Block]:
    found = [t for t in MarkdownIt().parse(page.read_text(encoding="utf-8")) if t.type == "fence"]
    words = [(t.info.split() or [""]) for t in found]
    return [Block(w[0], tuple(w[1:]), t.content, f"{page.relative_to(ROOT)}:{t.map[0] + 1}") for t, w in zip(found, words, strict=True)]


def commands(block: Block) -> list[list[str]]:
    lines = block.text.replace("\\\n", " ").splitlines()
    return [shlex.split(line.removeprefix("$ "), comments=True) for line in lines if line.startswith("$ synlearner")]


def does_something(block: Block) -> bool:
    return block.language == "python" or bool(block.file) or (block.language == "console" and "run" in block.options)


def execute(block: Block, folder: Path) -> None:
    if block.file:
        (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
        (folder / block.file).write_text(block.text, encoding="utf-8")
    elif block.language == "python":
        finish([sys.executable, "-c", block.text], block, folder)
    else:
        for words in commands(block):
            finish([sys.executable, "-c", "from synlearner.cli import main; main()", *words[1:]], block, folder)


def finish(command: list[str], block: Block, folder: Path) -> None:
    environment = {**os.environ, **OFFLINE, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{block.place} ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"


@pytest.mark.parametrize("page", [p for p in PAGES if any(map(does_something, blocks(p)))], ids=lambda p: p.stem)
def test_every_example_of_a_page_runs(page, tmp_path):
    for block in blocks(page):
        if does_something(block):
            execute(block, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_shown_command_is_one_that_exists(page):
    from typer.main import get_command

    from synlearner.cli import app

    known = get_command(app).commands
    for block in blocks(page):
        for words in commands(block) if block.language == "console" and "[OPTIONS]" not in block.text else []:
            verb = next((w for w in words[1:] if not w.startswith("-")), None)
            assert verb is None or verb in known, f"{block.place}: there is no command {verb!r}"


def test_toml_blocks_are_toml():
    import tomllib

    for block in (b for p in PAGES for b in blocks(p) if b.language == "toml"):
        assert tomllib.loads(block.text), f"{block.place} is empty"


@pytest.mark.parametrize("page", build.pages(), ids=lambda p: p.stem)
def test_generated_parts_are_those_of_the_code(page):
    assert page.read_text(encoding="utf-8") == build.pages()[page], f"run `make docs`: {page.name} is out of date"


def test_every_key_has_a_meaning():
    for page in PAGES:
        for part in build.TABLE.finditer(page.read_text(encoding="utf-8")):
            empty = [m["key"] for m in build.ROW.finditer(part[3]) if not m["meaning"].strip()]
            assert not empty, f"{page.name}, {part[2]}: no meaning for {empty}"


def test_every_specification_has_its_table():
    from synlearner.stream import specs

    models = {n for n, m in vars(specs).items() if isinstance(m, type) and issubclass(m, specs.Spec) and m is not specs.Spec}
    assert {part[2] for page in PAGES for part in build.TABLE.finditer(page.read_text(encoding="utf-8"))} == models


def test_every_option_of_an_engine_is_explained():
    from synlearner.engines import chat_api, local
    from synlearner.testing.generator import FAULTS, NUMBERS

    page = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    assert [o for o in (*local.OPTIONS, *chat_api.OPTIONS) if f"| `{o}` |" not in page] == []
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    assert [o for o in (*FAULTS, *NUMBERS) if f"`{o}`" not in page] == []


def test_every_registered_name_is_explained():
    from synlearner.registry import BUILTIN

    pages = {
        "generator": "engines", "student": "engines", "embedder": "engines", "tracker": "track", "kind": "stream", "plan": "generate", "acquisition": "acquisition",
        "calibration": "judges",
    }  # fmt: skip
    assert set(pages) == set(BUILTIN)
    for socket, page in pages.items():
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        assert [n for n in BUILTIN[socket] if f"| `{n}` |" not in text] == []


def test_every_reason_of_a_rejection_is_explained():
    from synlearner.generate.parsing import REASONS

    page = (ROOT / "docs" / "generate.md").read_text(encoding="utf-8")
    assert [r for r in REASONS if f"`{r}`" not in page] == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "HOUSE.md", ROOT / "CONTRIBUTING.md"], ids=lambda p: p.stem)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_every_room_has_its_page_and_its_tests():
    rooms = [p.parent.name for p in (ROOT / "src/synlearner").glob("*/__init__.py")]
    assert [r for r in rooms if not (ROOT / "docs" / f"{r}.md").exists()] == []
    assert [r for r in rooms if not list((ROOT / "tests" / r).glob("test_*.py"))] == []
