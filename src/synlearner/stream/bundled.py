"""The stream that comes with the package: four small tasks, used by `synlearner demo` and copied by `synlearner init`."""

from __future__ import annotations

import shutil
from pathlib import Path

from synlearner.errors import SpecError, writable

DEMO = Path(__file__).resolve().parent.parent / "demo"


def copy_demo(folder: Path) -> list[Path]:
    """Copy the demo's TOMLs and rows. A folder that already holds any of these files is refused, so that nothing is overwritten."""
    sources = sorted(p for p in DEMO.iterdir() if p.suffix in (".toml", ".jsonl", ".md"))
    there = [p.name for p in sources if (folder / p.name).exists()]
    if there:
        raise SpecError(f"{folder} already holds {', '.join(there)}", "choose another folder", file=folder)
    with writable(folder, "choose another folder"):
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copyfile(p, folder / p.name)) for p in sources]
