"""The folders and files that a run's settings name, as absolute paths."""

from __future__ import annotations

from pathlib import Path

from synlearner.stream.specs.models import GeneratorSpec
from synlearner.stream.specs.run import RunSpec

# Settings that may be a folder of this machine or a name: (table, key).
MODEL_PATHS = (("generator", "model"), ("generator", "adapter"), ("teacher", "model"), ("teacher", "adapter"), ("student", "model"), ("feedback", "embedder_model"))

# The option of an engine that is a file.
CA_FILE = "ca_file"

# Values of `budget.cache` that are no folders.
CACHES = ("off", "run")


def with_paths(run: RunSpec, folder: Path) -> RunSpec:
    """The run with the folders of its models, its certificates, its price table, its cache, its memory and the run whose people its judges are measured on as absolute
    paths, looked for from `folder`. Names of a hub or server stay.
    """
    for table, key in MODEL_PATHS:
        settings = getattr(run, table)
        # Behind an address the name is the server's, whatever lies here.
        if settings is None or (isinstance(settings, GeneratorSpec) and settings.base_url):
            continue
        found = settings.model_copy(update={key: _absolute(getattr(settings, key), folder)})
        run = run.model_copy(update={table: found}) if found != settings else run
    judges = tuple(j if j.base_url else j.model_copy(update={"model": _absolute(j.model, folder), "adapter": _absolute(j.adapter, folder)}) for j in run.judge.by)
    judges = tuple(_certified(j, folder) for j in judges)
    run = run.model_copy(update={"generator": _certified(run.generator, folder), "teacher": run.teacher and _certified(run.teacher, folder)})
    people = run.judge.people and str(_beside(folder, run.judge.people))
    run = run.model_copy(update={"judge": run.judge.model_copy(update={"by": judges, "people": people})})
    budget = {"prices": run.budget.prices and str(_beside(folder, run.budget.prices)), "cache": run.budget.cache}
    if budget["cache"] not in CACHES:
        budget["cache"] = str(_beside(folder, run.budget.cache))
    memory = run.memory.path
    if memory and "://" not in memory:
        memory = str(_beside(folder, memory))
    return run.model_copy(update={"budget": run.budget.model_copy(update=budget), "memory": run.memory.model_copy(update={"path": memory})})


def _certified(spec: GeneratorSpec, folder: Path) -> GeneratorSpec:
    """A specification whose file of certificates, if it names one, has an absolute path."""
    name = spec.options.get(CA_FILE)
    return spec.model_copy(update={"options": {**spec.options, CA_FILE: str(_beside(folder, name))}}) if isinstance(name, str) and name else spec


def _beside(folder: Path, name: str) -> Path:
    return (folder / Path(name).expanduser()).resolve()


def model_folder(name: str, start: Path = Path()) -> Path | None:
    """The folder that a model's name means, looked for from `start`; None where there is none."""
    try:
        place = start / Path(name).expanduser()
        return place if name and place.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # no name of a file, or of nobody's home
        return None


def _absolute(name: str, start: Path) -> str:
    if folder := model_folder(name, start):
        return str(folder.resolve())
    return str((start / name).resolve()) if name.startswith(("./", "../")) else name


def folder_of(toml: str | Path) -> Path:
    """The folder against which a TOML's paths are resolved."""
    return Path(toml).resolve().parent
