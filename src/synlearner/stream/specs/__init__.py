"""What users write: a task TOML and a run TOML, as validated, frozen values.

Unknown keys are refused. Every message names file, field and the fix; `reading` adds the line of data rows. Paths are relative to
the TOML that names them.
"""

from __future__ import annotations

from synlearner.stream.specs.feedback import JUDGE, FeedbackSpec, JudgeSpec
from synlearner.stream.specs.learning import ExperienceSpec, ExploreSpec, FinetuneSpec, MemorySpec, ReinforceSpec
from synlearner.stream.specs.models import GeneratorSpec, StudentSpec
from synlearner.stream.specs.places import CA_FILE, CACHES, MODEL_PATHS, folder_of, model_folder, with_paths
from synlearner.stream.specs.run import BudgetSpec, EvaluationSpec, RunSpec
from synlearner.stream.specs.task import Data, Length, Source, TaskSpec
from synlearner.stream.specs.values import CRITIQUE, NAME, Count, CriterionName, Labels, Money, RewardName, Share, Spec, Trackers, Weight
from synlearner.stream.specs.writing import COMPARED, RoundsSpec, SynthesisSpec

__all__ = [
    "CACHES",
    "CA_FILE",
    "COMPARED",
    "CRITIQUE",
    "JUDGE",
    "MODEL_PATHS",
    "NAME",
    "BudgetSpec",
    "Count",
    "CriterionName",
    "Data",
    "EvaluationSpec",
    "ExperienceSpec",
    "ExploreSpec",
    "FeedbackSpec",
    "FinetuneSpec",
    "GeneratorSpec",
    "JudgeSpec",
    "Labels",
    "Length",
    "MemorySpec",
    "Money",
    "ReinforceSpec",
    "RewardName",
    "RoundsSpec",
    "RunSpec",
    "Share",
    "Source",
    "Spec",
    "StudentSpec",
    "SynthesisSpec",
    "TaskSpec",
    "Trackers",
    "Weight",
    "folder_of",
    "model_folder",
    "with_paths",
]
