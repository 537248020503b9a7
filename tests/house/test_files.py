"""Rules about files: names, docstrings, printing, paths of somebody's machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "synlearner"
MODULES = sorted(SOURCE.rglob("*.py"))
DRAWERS = {"utils", "util", "common", "core", "base", "helpers", "misc"}
MAY_PRINT = (SOURCE / "cli", SOURCE / "report")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_module_is_a_drawer_for_anything():
    assert [name(p) for p in MODULES if DRAWERS & {p.stem, p.parent.name}] == []


def test_every_module_says_what_it_is():
    scripts = [*(ROOT / "bench").rglob("*.py"), *(ROOT / "pocket").glob("*.py"), *(ROOT / "examples").rglob("*.py")]
    named = [p for p in [*MODULES, *scripts] if p.name != "__init__.py" or p.is_relative_to(SOURCE)]
    assert [name(p) for p in named if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))] == []


def prints(path: Path) -> bool:
    calls = (n.func for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))
    return any(isinstance(f, ast.Name) and f.id == "print" for f in calls)


def test_only_the_command_line_and_the_report_print():
    assert [name(p) for p in MODULES if prints(p) and not any(p.is_relative_to(m) for m in MAY_PRINT)] == []


def kept_files() -> list[Path]:
    """Files that belong to the project: what git knows or would add."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / f for f in listed.stdout.splitlines() if (ROOT / f).is_file()]


def test_no_file_names_a_place_on_somebody_s_machine():
    homes = re.compile("|".join("(?<![\\w.])/" + top + "/(?!somebody)[\\w.]" for top in ("home", "root", "Users", "work")))
    found = []
    for path in kept_files():
        if path.suffix in {".py", ".md", ".toml", ".txt", ".cff", ".csv", ".json", ".yaml", ""} and path.stat().st_size < 2_000_000:
            found += [f"{name(path)}: {m[0]}" for m in homes.finditer(path.read_text(encoding="utf-8", errors="replace"))]
    assert found == []
