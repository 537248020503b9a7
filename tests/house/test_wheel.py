"""What people install: the wheel holds the bundled model, the demo and the type marker, and nothing of the workshop."""

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    """Files of the wheel with their unpacked sizes."""
    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"]))
    with zipfile.ZipFile(wheel) as archive:
        return {i.filename: i.file_size for i in archive.infolist()}


def test_the_wheel_holds_the_package_and_nothing_else(sizes):
    assert {f.split("/")[0].partition("-")[0] for f in sizes} == {"synlearner"}
    assert "synlearner/py.typed" in sizes


def test_the_wheel_holds_the_bundled_model_within_twelve_megabytes(sizes):
    model = {f: n for f, n in sizes.items() if "/pocket_model/" in f}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {Path(f).name for f in model}
    assert sum(model.values()) <= 12_000_000


def test_the_wheel_holds_the_demo_stream(sizes):
    demo = {Path(f).name for f in sizes if f.startswith("synlearner/demo/")}
    assert {f"{task}.{part}.jsonl" for task in ("tickets", "reviews", "questions", "pairs") for part in ("seeds", "gold")} <= demo
    assert any(f.endswith(".toml") for f in demo)
