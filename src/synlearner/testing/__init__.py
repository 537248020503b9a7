"""Deterministic fakes for every socket: for the project's tests and for yours. No models, no network but the loopback, no waiting.

Scripted (generator, tuner)   fills records from the prompt; faults by share; a skill that rises with fine-tuning
ScriptedEndpoint              the same, asked like a server: a purse, a cache, requests in flight, faults on the wire
ScriptedJudge (generator)     answers what judges are asked, by words that belong to labels; faults of judges by share
serve, Fault, stats           an OpenAI-compatible server on the loopback, with a schedule of faults
WordCount (student)           naive Bayes on words
WordHash (embedder)           words hashed into unit vectors
ScriptedVerifier              probabilities that you write down
Recorder (progress)           remembers what it was told
"""

from synlearner.testing.embedder import WordHash
from synlearner.testing.endpoint import ScriptedEndpoint
from synlearner.testing.generator import Scripted
from synlearner.testing.judge import ScriptedJudge
from synlearner.testing.progress import Recorder
from synlearner.testing.server import FAULTS, Fault, Schedule, serve, serve_apart, stats
from synlearner.testing.student import WordCount
from synlearner.testing.verifier import ScriptedVerifier

__all__ = ["FAULTS", "Fault", "Recorder", "Schedule", "Scripted", "ScriptedEndpoint", "ScriptedJudge", "ScriptedVerifier", "WordCount", "WordHash", "serve", "serve_apart", "stats"]
