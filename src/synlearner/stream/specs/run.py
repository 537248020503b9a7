"""The TOML of a run, with `[evaluation]` and `[budget]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from synlearner.stream.specs.feedback import FeedbackSpec, JudgeSpec
from synlearner.stream.specs.learning import ExperienceSpec, ExploreSpec, FinetuneSpec, MemorySpec, ReinforceSpec
from synlearner.stream.specs.models import GeneratorSpec, StudentSpec
from synlearner.stream.specs.values import NAME, Count, Money, Spec, Trackers
from synlearner.stream.specs.writing import RoundsSpec, SynthesisSpec


class EvaluationSpec(Spec):
    """`matrix`: which cells R[i, j] to measure (`lower`: j <= i; `upper-one`: also the next task before it is learnt; `full`; `none`).
    `matrix_rows` rows are written per cell (0: as many as the synthesis).
    """

    matrix: Literal["none", "lower", "upper-one", "full"] = "upper-one"
    matrix_rows: Count = 96
    bootstrap: int = Field(1000, ge=100)
    level: float = Field(0.95, gt=0.5, lt=1.0)


class BudgetSpec(Spec):
    """Hard limits over the whole run, whatever asks: writing, correcting, retries, judging; None is no limit. What is done when one is reached is
    kept and reported. `prices` is the file of a `PriceTable`. `cache` is where replies of servers are kept: with the run, in a folder that runs share,
    or nowhere.
    """

    requests: int | None = Field(None, ge=1)
    tokens: int | None = Field(None, ge=1)
    tokens_in: int | None = Field(None, ge=1)
    tokens_out: int | None = Field(None, ge=1)
    money: Money | None = Field(None, gt=0)
    currency: str = ""
    seconds: float | None = Field(None, gt=0.0)
    prices: str = ""
    cache: str = Field("run", min_length=1)


class RunSpec(Spec):
    """A run: tasks in the order in which they arrive, and how everything is done."""

    name: str = Field("run", pattern=NAME)
    seed: int = Field(0, ge=0)
    tasks: tuple[str, ...] = Field(min_length=1)
    report_to: Trackers = ()
    generator: GeneratorSpec = GeneratorSpec()
    teacher: GeneratorSpec | None = None
    student: StudentSpec = StudentSpec()
    explore: ExploreSpec = ExploreSpec()
    finetune: FinetuneSpec = FinetuneSpec()
    reinforce: ReinforceSpec = ReinforceSpec()
    experience: ExperienceSpec = ExperienceSpec()
    memory: MemorySpec = MemorySpec()
    synthesis: SynthesisSpec = SynthesisSpec()
    rounds: RoundsSpec = RoundsSpec()
    feedback: FeedbackSpec = FeedbackSpec()
    judge: JudgeSpec = JudgeSpec()
    evaluation: EvaluationSpec = EvaluationSpec()
    budget: BudgetSpec = BudgetSpec()
