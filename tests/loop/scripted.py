"""A small scripted stream for the loop's tests: no torch, done in a second, and a learner whose rows get better."""

from pathlib import Path

from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_stream
from synlearner.stream.tasks import Stream

SETTINGS = (
    'generator.engine="scripted"',
    "generator.batch=8",
    "generator.options={invalid_json=0.05, wrong_label=0.05, duplicate=0.1, failure=0.03, chatter=0.1}",
    'student.engine="word-count"',
    'feedback.verifier_engine="word-count"',
    'feedback.embedder="word-hash"',
    "explore.prompts=24",
    "reinforce.method='off'",
    "synthesis.rows=30",
    "evaluation.matrix_rows=12",
    "evaluation.bootstrap=100",
)


def scripted(*more: str, seed: int = 3, file: Path = DEMO / "stream.toml") -> Stream:
    return load_stream(file, (*SETTINGS, *more), seed)
