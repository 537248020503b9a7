"""What users write: a task TOML and a run TOML, as validated, frozen values.

Unknown keys are refused. Every message names file, field and the fix; `reading` adds the line of data rows. Paths are relative to
the TOML that names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

# Names of runs and tasks, which become names of files.
NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Weight = Annotated[float, Field(ge=0.0)]


def _no_critique(name: str) -> str:
    if name == CRITIQUE:
        raise PydanticCustomError("criterion_taken", "another name", {"found": name})
    return name


# What a judge scores becomes a key of its answer, beside that of its critique.
CRITIQUE = "critique"
CriterionName = Annotated[str, Field(pattern=NAME), AfterValidator(_no_critique)]
RewardName = Literal["gate", "faithfulness", "attributes", "quality", "distinctiveness", "novelty", "set_gain", "utility", "judge"]


def _as_written(value: object) -> object:
    """0.1 in a TOML is a tenth, and not the binary number next to it."""
    return Decimal(repr(value)) if isinstance(value, float) else value


# An exact amount.
Money = Annotated[Decimal, BeforeValidator(_as_written), WithJsonSchema({"type": "number"})]


def _listed(value: object) -> object:
    """Labels without definitions may be written as a list."""
    if not isinstance(value, list):
        return value
    for label in value:
        if not isinstance(label, str):
            raise PydanticCustomError("text_wanted", "a list of texts", {"found": label})
        if value.count(label) > 1:
            raise PydanticCustomError("text_twice", "each label once", {"found": label})
    return dict.fromkeys(value, "")


def _alone(value: object) -> object:
    """One name may be written without brackets."""
    return [value] if isinstance(value, str) else value


Trackers = Annotated[tuple[str, ...], BeforeValidator(_alone)]
Labels = Annotated[Mapping[str, str], BeforeValidator(_listed)]


class Spec(BaseModel):
    """Frozen, strict about unknown keys; `true` is no number and numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise PydanticCustomError("not_a_switch", "a value other than true or false")
        return value


class Length(Spec):
    """Allowed words in the text fields together."""

    min_words: int = Field(1, ge=0)
    max_words: int = Field(400, ge=1)


class Source(Spec):
    """Where rows come from: a JSONL, CSV or Parquet file, or ``hf://name[/config]?split=train``.

    `columns` maps record fields to column names of the source. `per_label` keeps at most so many rows of each label, chosen with the
    run's seed. `unusable = "skip"` leaves out empty, duplicate, contradicting and undeclared rows, counted in a warning, where the
    default refuses them: for public data sets that nobody can edit.
    """

    path: str = Field(min_length=1)
    columns: Mapping[str, str] = Field(default_factory=dict)
    per_label: int | None = Field(None, ge=1)
    unusable: Literal["refuse", "skip"] = "refuse"


class Data(Spec):
    """Seeds are shown to the generator; gold is read by evaluation alone; `real` is an optional human-made training set for the performance gap recovered; `pool` are
    rows, with labels or without, that rounds may write around and that nothing learns from.
    """

    seeds: Source | None = None
    gold: Source
    real: Source | None = None
    pool: Source | None = None


class TaskSpec(Spec):
    """One labelling task. `labels` maps each label to its definition (may be empty; a list has none); `attributes` are shared dimensions,
    `label_attributes` dimensions of single labels. `rubric` maps what a judge scores to a sentence that says what is good; empty, it is made from the rest.
    `leak = "forbid"` rejects texts that contain their label.
    """

    name: str = Field(pattern=NAME)
    kind: str
    instruction: str = Field(min_length=1)
    fields: tuple[str, ...] = ()
    target: str = ""
    labels: Labels = Field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    label_attributes: Mapping[str, Mapping[str, tuple[str, ...]]] = Field(default_factory=dict)
    rubric: Mapping[CriterionName, str] = Field(default_factory=dict)
    leak: Literal["allow", "forbid"] = "allow"
    length: Length = Length()
    language: str = ""
    licence: str = ""
    data: Data


class GeneratorSpec(Spec):
    """Which engine writes, and how. Keys that an engine does not know are refused by the engine."""

    engine: str = "pocket"
    model: str = ""
    adapter: str = ""
    chat: Literal["auto", "yes", "no"] = "auto"
    device: str = "auto"
    batch: int = Field(64, ge=1)
    temperature: float = Field(1.0, ge=0.0)
    top_p: float = Field(0.95, gt=0.0, le=1.0)
    top_k: Count = 0
    max_new_tokens: int = Field(160, ge=1)
    constrain: bool = False
    guidance: float = Field(0.0, ge=0.0, le=10.0)
    base_url: str = ""
    api_key_env: str = ""
    concurrency: int = Field(16, ge=1)
    retries: Count = 4
    timeout: float = Field(120.0, gt=0.0)
    options: Mapping[str, object] = Field(default_factory=dict)


class StudentSpec(Spec):
    """The student that proves the data: `repeats` fresh students with different seeds on every set."""

    engine: str = "tfidf"
    model: str = ""
    repeats: int = Field(3, ge=1)
    epochs: int = Field(3, ge=1)
    learning_rate: float = Field(5e-5, gt=0.0)
    batch: int = Field(32, ge=1)
    max_tokens: int = Field(128, ge=8)


class ExploreSpec(Spec):
    """DAI: the exploration before the generator learns. `from_teacher` lets the teacher write it."""

    enabled: bool = True
    prompts: int = Field(160, ge=1)
    plan: str = "balanced"
    few_shot: Count = 4
    few_shot_own: Share = 0.5
    from_teacher: bool = False


class FinetuneSpec(Spec):
    """EFT: LoRA fine-tuning on what proved good. `best_of` drafts per prompt are explored and the best one is learnt; each seed row
    makes `seed_passes` more lessons. `orthogonal` above 0 is the weight with which a new adapter beside the earlier one keeps out of its directions.
    """

    enabled: bool = True
    seed_passes: Count = 0
    best_of: int = Field(1, ge=1)
    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: Share = 0.0
    learning_rate: float = Field(5e-4, gt=0.0)
    epochs: float = Field(1.0, gt=0.0)
    batch: int = Field(16, ge=1)
    replay: Share = 0.25
    orthogonal: Weight = 0.0

    @property
    def key(self) -> dict[str, object]:
        """The settings as part of the key of what was learnt with them. Those that came later count where they are used, so that older keys stay."""
        return self.model_dump(mode="json", exclude=set() if self.orthogonal else {"orthogonal"})


class ReinforceSpec(Spec):
    """HRO: reinforcement after fine-tuning, `prompts` × `completions` drafts in each of `steps` steps. `method`: GRPO under the reward
    hierarchy (`hro`), or with the same drafts fine-tuning on the best draft of each prompt (`best_of`), or DPO on the best and the worst
    one (`dpo`). `weights` are those of the rewards, `base` those at the beginning, `warm_up` the share of the steps in which they move
    from `base` to `weights`; `wave` swings them. `rewards = "reference"` takes the published reward instead, for comparison. `patience` is a
    number of steps without a better mean reward after which training ends (0: never). `utility` names an acquisition function that rewards drafts
    by what they are worth to a student, which learns again from all accepted drafts every `refresh` steps.
    """

    method: Literal["off", "hro", "best_of", "dpo"] = "off"
    rewards: Literal["hierarchy", "reference"] = "hierarchy"
    objective: Literal["grpo", "dr_grpo", "dapo", "gspo"] = "dr_grpo"
    steps: int = Field(20, ge=1)
    prompts: int = Field(8, ge=1)
    completions: int = Field(8, ge=2)
    learning_rate: float = Field(1e-3, gt=0.0)
    beta: float = Field(0.0, ge=0.0)
    temperature: float = Field(1.0, gt=0.0)
    weights: Mapping[RewardName, Weight] = Field({"faithfulness": 1.0, "attributes": 0.3, "quality": 0.3, "distinctiveness": 0.3, "novelty": 0.3})
    base: Mapping[RewardName, Weight] = Field(default_factory=dict)
    warm_up: Share = 0.0
    wave: Share = 0.0
    patience: Count = 0
    utility: str = ""
    refresh: int = Field(5, ge=1)

    @property
    def key(self) -> dict[str, object]:
        """The settings as part of the key of what was learnt with them. Those that came later count where they are used, so that older keys stay."""
        return self.model_dump(mode="json", exclude=set() if self.utility else {"utility", "refresh"})


class ExperienceSpec(Spec):
    """What a task starts from. `warm_start`: the adapter of the task before (`latest`), of the most similar task (`nearest`), the mean of the
    earlier ones (`merged`, with the base model as `merge_base` of it), none (`fresh`), or whichever of these does best on `probe_prompts` prompts
    (`probe`). `replay_by` shares replayed lessons among earlier tasks equally, or more to those that are unlike the new one. `history` is for control experiments: "none" learns
    every task alone, "joint" all tasks at once, "format-only" and "shuffled" spoil what is remembered.
    """

    warm_start: Literal["latest", "nearest", "merged", "fresh", "probe"] = "latest"
    merge_base: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    probe_prompts: int = Field(24, ge=1)
    replay_by: Literal["equal", "dissimilarity"] = "equal"
    history: Literal["kept", "none", "joint", "format-only", "shuffled"] = "kept"


class MemorySpec(Spec):
    """What is remembered in words and numbers, for every generator, also one whose weights nobody can touch. With `synthesis.plan = "learned"` attribute values
    that paid off are asked for more often, but for the share `explore`; `lessons` are shown in prompts. `path`: a file, a folder, or `postgresql://…` that runs
    share; with the run where it is empty. `critic` names who draws lessons from drafts besides the statistics of what was accepted.
    """

    enabled: bool = False
    lessons: bool = True
    explore: Share = 0.2
    path: str = ""
    critic: str = ""


class SynthesisSpec(Spec):
    """The data set itself: `rows` accepted rows are wanted, equally many of each label; at most `attempts` × rows prompts are spent on them."""

    rows: int = Field(240, ge=1)
    attempts: float = Field(2.0, ge=1.0)
    plan: str = "balanced"
    few_shot: Count = 4
    few_shot_own: Share = 0.5
    correct: bool = True


# The judges of `[judge]`, where something is named that they may do.
JUDGE = "judge"
# What `rounds.by` may be besides an acquisition function: things to compare with.
COMPARED = ("random", "all", "static")


class RoundsSpec(Spec):
    """Closed rounds, in which the student says what it needs: score the rows, choose `around` of them, write around these, train, and again.

    `by` is an acquisition function, `judge` (the judges compare the student's answer with the row's own), or something to compare with: `random` (chance chooses), `all`
    (every row in turn), `static` (no rounds: all is written at once). `pick`: the highest scores (`top`), chance in proportion to them, what rows add as a `set`, or
    whichever suits the function (`best`: a set where it can choose one); the share `random` is left to chance. `candidates`: the seed rows, those of the task's pool, or
    `all`: both, and what was written so far. `balanced`: equally many rows of every label, whatever the scores. At most `rounds` rounds of `rows` rows (0: equal parts of
    `synthesis.rows`, which is the most they write together). The development score is a cross-validation on the seed rows in `folds`; after `plateau` rounds without a
    better one (0: never) the rounds end, and so they do when their own `tokens` or `seconds` are spent. `tune`: between rounds the generator is fine-tuned on what was kept.
    """

    enabled: bool = False
    by: str = "representative"
    pick: Literal["best", "top", "proportional", "set"] = "best"
    random: Share = 0.2
    candidates: Literal["seeds", "pool", "all"] = "all"
    balanced: bool = True
    rounds: int = Field(5, ge=1)
    rows: Count = 0
    around: int = Field(16, ge=1)
    folds: int = Field(5, ge=2, le=50)
    plateau: Count = 2
    tokens: int | None = Field(None, ge=1)
    seconds: float | None = Field(None, gt=0.0)
    tune: bool = False


class FeedbackSpec(Spec):
    """Filters. Each one is `annotate` (say, keep), `drop` or `off`."""

    verifier: Literal["annotate", "drop", "off"] = "drop"
    verifier_engine: str = "tfidf"
    verifier_margin: Share = 0.2
    verifier_crossfit: Literal[0] | Annotated[int, Field(ge=2, le=50)] = 0
    attributes: Literal["annotate", "drop", "off"] = "annotate"
    quality: Literal["annotate", "drop", "off"] = "drop"
    duplicates: Literal["annotate", "drop", "off"] = "drop"
    near_duplicate: Share = 0.8
    contamination: Literal["annotate", "drop"] = "drop"
    embedder: str = "hashing"
    embedder_model: str = ""


def _as_judges(value: object) -> object:
    """One table or a list of them. A judge is to say the same thing twice, and has room for a critique before its scores."""
    listed = [value] if isinstance(value, Mapping) else value
    return [{"temperature": 0.0, "max_new_tokens": 400, **one} if isinstance(one, Mapping) else one for one in listed] if isinstance(listed, list) else listed


class JudgeSpec(Spec):
    """Judges that read rows: `by` is one engine or several, with the settings of `[generator]`; none, and nobody judges. Each criticises a row and then scores it from 1 to
    `points` on every criterion of the task's rubric. What it says is calibrated on at most `rows` rows that people judged, in this run or in the run folder `people`,
    and without such rows on seed rows beside seed rows with another label. `believe`: only judges that are better than chance on these rows, or always. A row whose
    calibrated score lies below `threshold` is marked (`annotate`) or left out (`drop`); `off` reads no rows, for judges that only reward or criticise.
    """

    by: Annotated[tuple[GeneratorSpec, ...], BeforeValidator(_as_judges)] = ()
    use: Literal["annotate", "drop", "off"] = "annotate"
    threshold: Share = 0.5
    points: int = Field(5, ge=2, le=100)
    rows: int = Field(100, ge=1)
    people: str = ""
    calibration: Literal["platt", "isotonic", "off"] = "platt"
    believe: Literal["measured", "always"] = "measured"


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


# Settings that may be a folder of this machine or a name: (table, key).
MODEL_PATHS = (("generator", "model"), ("generator", "adapter"), ("teacher", "model"), ("teacher", "adapter"), ("student", "model"), ("feedback", "embedder_model"))

# Values of `budget.cache` that are no folders.
CACHES = ("off", "run")


def with_paths(run: RunSpec, folder: Path) -> RunSpec:
    """The run with the folders of its models, its price table, its cache, its memory and the run whose people its judges are measured on as absolute paths, looked for
    from `folder`. Names of a hub or server stay.
    """
    for table, key in MODEL_PATHS:
        settings = getattr(run, table)
        # Behind an address the name is the server's, whatever lies here.
        if settings is None or (isinstance(settings, GeneratorSpec) and settings.base_url):
            continue
        found = settings.model_copy(update={key: _absolute(getattr(settings, key), folder)})
        run = run.model_copy(update={table: found}) if found != settings else run
    judges = tuple(j if j.base_url else j.model_copy(update={"model": _absolute(j.model, folder), "adapter": _absolute(j.adapter, folder)}) for j in run.judge.by)
    people = run.judge.people and str(_beside(folder, run.judge.people))
    run = run.model_copy(update={"judge": run.judge.model_copy(update={"by": judges, "people": people})})
    budget = {"prices": run.budget.prices and str(_beside(folder, run.budget.prices)), "cache": run.budget.cache}
    if budget["cache"] not in CACHES:
        budget["cache"] = str(_beside(folder, run.budget.cache))
    memory = run.memory.path
    if memory and "://" not in memory:
        memory = str(_beside(folder, memory))
    return run.model_copy(update={"budget": run.budget.model_copy(update=budget), "memory": run.memory.model_copy(update={"path": memory})})


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
