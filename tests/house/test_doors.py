"""Importing is cheap, and the public names are few, sorted and known."""

import json
import subprocess
import sys

import synlearner

HEAVY = {
    "torch",
    "transformers",
    "peft",
    "trl",
    "accelerate",
    "sklearn",
    "aiohttp",
    "datasets",
    "sentence_transformers",
    "tokenizers",
    "pyarrow",
    "pandas",
    "scipy",
    "starlette",
    "uvicorn",
    "tensorboard",
    "wandb",
    "mlflow",
    "trackio",
}
NOT_AT_THE_DOOR = HEAVY | {"numpy", "pydantic", "jinja2", "rich", "typer", "sqlite3"}


def loaded(code: str) -> set[str]:
    """Top-level modules in memory after some code, in a fresh process."""
    ending = "\nimport sys, json\nprint('\\n' + json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code + ending], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy():
    assert loaded("import synlearner") & NOT_AT_THE_DOOR == set()


def test_importing_every_module_loads_no_heavy_library():
    code = "import importlib, pkgutil, synlearner\nfor m in pkgutil.walk_packages(synlearner.__path__, 'synlearner.'): importlib.import_module(m.name)"
    assert loaded(code) & HEAVY == set()


def test_help_loads_neither_models_nor_numbers():
    code = "import sys\nsys.argv = ['synlearner', '--help']\nfrom synlearner.cli import main\ntry: main()\nexcept SystemExit: pass"
    assert loaded(code) & (HEAVY | {"numpy", "sqlite3"}) == set()


def test_checking_a_stream_loads_no_model_library():
    arguments = "['synlearner', 'check', DEMO, '--set', 'generator.engine=hf', '--set', 'generator.model=name/model', '--set', 'student.engine=embedding']"
    start = "import sys\nfrom synlearner.stream.bundled import DEMO\nDEMO = str(DEMO / 'stream.toml')"
    code = f"{start}\nsys.argv = {arguments}\nfrom synlearner.cli import main\ntry: main()\nexcept SystemExit as end: assert not end.code"
    assert loaded(code) & HEAVY == set()


PUBLIC = """
Adapter Counts Draft EngineError Failure FutureAccess GeneratorSpec Interrupted Interval Kind
Ledger LedgerError Lesson Mark MissingExtra Prompt Rejection Row RunSpec Sample
Score SpecError Stream StudentSpec SynLearnerError Task TaskSpec Turn Unscored __version__
find load_stream names register run
"""


def test_public_names_are_these():
    assert synlearner.__all__ == PUBLIC.split()


def test_public_names_are_few_sorted_and_there():
    assert len(synlearner.__all__) <= 40
    assert synlearner.__all__ == sorted(synlearner.__all__)
    assert all(getattr(synlearner, name) is not None for name in synlearner.__all__)
    assert set(synlearner.__all__) <= set(dir(synlearner))


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(synlearner, "no_such_name")
