"""Names to objects: engines, students, verifiers, embedders, trackers, kinds, plans and acquisition functions are found by name, in the package or through entry points.

A plugin registers with an entry point in the group ``synlearner.<socket>`` (for example ``synlearner.generator``) whose value is
the factory. Nothing is imported before its name is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from synlearner.errors import SpecError

Factory = Callable[..., Any]

# Built-in names. Strings, so that no engine is imported before it is used and no layer below imports one above.
BUILTIN: dict[str, dict[str, str]] = {
    "generator": {
        "pocket": "synlearner.engines.pocket:Pocket",
        "hf": "synlearner.engines.hf:HuggingFace",
        "chat_api": "synlearner.engines.chat_api:ChatApi",
        "scripted": "synlearner.testing.generator:Scripted",
        "scripted-judge": "synlearner.testing.judge:ScriptedJudge",
        "scripted-endpoint": "synlearner.testing.endpoint:ScriptedEndpoint",
    },
    "student": {
        "tfidf": "synlearner.engines.students:TfidfStudent",
        "embedding": "synlearner.engines.students:EmbeddingStudent",
        "transformer": "synlearner.engines.students:TransformerStudent",
        "causal": "synlearner.engines.causal:CausalStudent",
        "word-count": "synlearner.testing.student:WordCount",
    },
    "embedder": {
        "hashing": "synlearner.engines.embedders:Hashing",
        "sentence-transformer": "synlearner.engines.embedders:SentenceTransformerEmbedder",
        "word-hash": "synlearner.testing.embedder:WordHash",
    },
    "tracker": {
        "tensorboard": "synlearner.engines.tensorboard:TensorBoard",
        "wandb": "synlearner.engines.weights_and_biases:WeightsAndBiases",
        "mlflow": "synlearner.engines.mlflow_store:MLflow",
        "trackio": "synlearner.engines.trackio_store:Trackio",
    },
    "kind": {
        "classification": "synlearner.stream.kinds:CLASSIFICATION",
        "pair": "synlearner.stream.kinds:PAIR",
    },
    "calibration": {
        "platt": "synlearner.engines.calibration:platt",
        "isotonic": "synlearner.engines.calibration:isotonic",
    },
    "plan": {
        "balanced": "synlearner.generate.plans:balanced",
        "uniform": "synlearner.generate.plans:uniform",
        "learned": "synlearner.experience.patterns:learned",
    },
    "acquisition": {
        "loss": "synlearner.feedback.answers:loss",
        "confidence": "synlearner.feedback.answers:confidence",
        "confidence:reference": "synlearner.feedback.answers:confidence_reference",
        "entropy": "synlearner.feedback.answers:entropy",
        "gradient": "synlearner.feedback.steps:gradient",
        "gradient:reference": "synlearner.feedback.steps:gradient_reference",
        "proximity": "synlearner.feedback.spread:proximity",
        "diversity": "synlearner.feedback.spread:diversity",
        "diversity:reference": "synlearner.feedback.spread:diversity_reference",
        "answer-variance": "synlearner.feedback.answers:answer_variance",
        "answer-variance:reference": "synlearner.feedback.answers:answer_variance_reference",
        "learnability": "synlearner.feedback.answers:learnability",
        "bald": "synlearner.feedback.answers:bald",
        "badge": "synlearner.feedback.badge:badge",
        "wrong-answer": "synlearner.feedback.answers:wrong_answer",
        "influence": "synlearner.feedback.steps:influence",
        "influence:reference": "synlearner.feedback.steps:influence_reference",
        "coverage": "synlearner.feedback.spread:coverage",
        "representative": "synlearner.feedback.representative:representative",
    },
}
_added: dict[str, dict[str, Factory]] = {}


def register(socket: str, name: str) -> Callable[[Factory], Factory]:
    """Decorator: make a factory known under a name for this process."""

    def keep(factory: Factory) -> Factory:
        _added.setdefault(socket, {})[name] = factory
        return factory

    return keep


@cache
def _installed(socket: str) -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=f"synlearner.{socket}")}


def names(socket: str) -> list[str]:
    """Every known name of a socket, sorted."""
    return sorted({*BUILTIN.get(socket, {}), *_added.get(socket, {}), *_installed(socket)})


def offered(socket: str) -> list[str]:
    """Names to propose to people: all but those of the fakes for tests."""
    return [name for name in names(socket) if not BUILTIN.get(socket, {}).get(name, "").startswith("synlearner.testing.")]


def find(socket: str, name: str) -> Any:
    """The factory (or, for kinds, the object) of that name; an unknown name is an error that lists those to choose from."""
    if name in _added.get(socket, {}):
        return _added[socket][name]
    if name in _installed(socket):
        return _installed(socket)[name].load()
    if name in BUILTIN.get(socket, {}):
        module, _, attribute = BUILTIN[socket][name].partition(":")
        return getattr(import_module(module), attribute)
    near = get_close_matches(name, names(socket), n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise SpecError(f"there is no {socket} called {name!r}", f"{hint}known: {', '.join(offered(socket))}")
