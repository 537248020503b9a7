"""A comparison that is done in seconds: two tasks, scripted generator, students that count words."""

from pathlib import Path

from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_stream
from synlearner.stream.tasks import Stream

SETTINGS = (
    'tasks=["reviews.toml", "pairs.toml"]',
    'generator.engine="scripted"',
    "generator.batch=8",
    "generator.guidance=0",
    'student.engine="word-count"',
    'feedback.verifier_engine="word-count"',
    "feedback.verifier_crossfit=0",
    'feedback.embedder="word-hash"',
    "explore.prompts=16",
    "reinforce.method='off'",
    "synthesis.rows=20",
    "evaluation.matrix='lower'",
    "evaluation.matrix_rows=8",
    "evaluation.bootstrap=100",
)


def small(*more: str, file: Path = DEMO / "stream.toml") -> Stream:
    return load_stream(file, (*SETTINGS, *more))
