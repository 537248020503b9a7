"""The schema of `summary.json`. Its version is raised when a field changes its meaning or goes away; new fields may come at any time.

What was not measured is null, never 0. Scores are accuracies of fresh students on gold rows, in 0..1; gains are differences of them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 1
SETS = ("seeds_only", "synthetic", "synthetic_and_seeds", "real")


class Part(BaseModel):
    """A frozen piece of the summary."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Interval(Part):
    """A mean with its bootstrap interval."""

    mean: float
    """Mean over students and gold rows."""
    low: float
    """Lower limit."""
    high: float
    """Upper limit."""
    level: float
    """Share of the bootstrap within the limits, for example 0.95."""
    n: int
    """Gold rows."""


class Score(Interval):
    """An accuracy with its interval."""

    macro_f1: float | None = None
    """F1 averaged over the labels and students."""


class Scores(Part):
    """Scores of the same student on four sets of rows; null where there was no such set."""

    seeds_only: Score | None
    """Trained on the seed rows."""
    synthetic: Score | None
    """Trained on the synthetic rows."""
    synthetic_and_seeds: Score | None
    """Trained on both."""
    real: Score | None
    """Trained on as many human-made rows as there are synthetic ones."""


class Counts(Part):
    """What became of the prompts of one or more finished writing steps: planned = kept + sum(rejected) + failed."""

    steps: int
    """Finished steps that were added up."""
    planned: int
    """Prompts."""
    kept: int
    """Rows that passed everything."""
    rejected: dict[str, int]
    """Rows that did not, by reason, the most frequent first."""
    failed: int
    """Prompts that got no answer."""
    unscored: dict[str, int]
    """By measurement: rows for which it could not be made."""
    corrected: int
    """Kept or filtered rows that needed a second answer."""
    tokens_in: int
    """Known tokens read."""
    tokens_out: int
    """Known tokens written."""
    seconds: float
    """Time of the steps."""
    pair_coverage: float | None
    """Share of pairs of attribute values that the first step's plan covers."""

    @property
    def dropped(self) -> int:
        """All rejected rows."""
        return sum(self.rejected.values())


class Finetune(Part):
    """What the generator learnt from the task."""

    skipped: str
    """Why nothing was learnt; empty where something was."""
    adapter: str | None
    """Folder of the adapter inside the run folder."""
    lessons: int
    """Examples of this task."""
    replayed: int
    """Examples of earlier tasks."""
    loss_first: float | None
    """Training loss at the beginning."""
    loss_last: float | None
    """Training loss at the end."""
    seconds: float
    """Time of the step."""


class Candidate(Part):
    """A way to start a task. Numbers are null where it was not probed."""

    name: str
    """`fresh`, `latest`, `nearest` or `merged`."""
    task: str
    """The earlier task that ended with the adapter; empty for none or several."""
    adapter: str | None
    """Folder of the adapter inside the run folder; null for the base model."""
    similarity: float | None
    """Cosine of the fingerprints of that task and the new one."""
    mean: float | None
    """Mean worth, in 0..1, of what it wrote for the probe's prompts."""
    n: int | None
    """Prompts of that mean."""
    difference: float | None
    """Mean of the paired differences to `fresh`."""
    error: float | None
    """Standard error of that mean."""
    pairs: int | None
    """Prompts for which both were measured."""


class WarmStart(Part):
    """What the task started from, and why."""

    setting: str
    """`experience.warm_start`."""
    chosen: str
    """Name of the candidate."""
    adapter: str | None
    """Its adapter; null for the base model."""
    why: str
    """The reason, in words."""
    candidates: list[Candidate]
    """What there was to choose from."""


class Resemblance(Part):
    """A row of a data set that resembles a gold row which joined the stream later."""

    row: str
    """Id of the row."""
    gold_task: str
    """Task of the gold row."""
    gold_row: str
    """Its id."""
    resembles: str
    """In what, in words."""


class Recheck(Part):
    """A data set that is older than some tasks of the stream, compared with their gold rows. Its rows stay as they are."""

    rows: int
    """Rows compared."""
    matches: list[Resemblance]
    """Those that resemble a gold row."""


class Reinforce(Part):
    """What the generator learnt from rewards on its own drafts."""

    method: str
    """`hro` (GRPO), `best_of` or `dpo`."""
    steps: int
    """Training steps, or judged batches of drafts."""
    ended: str
    """Why it ended."""
    alarm: bool
    """Whether that was a collapse."""
    curve: list[dict[str, float]]
    """Per step: `valid`, `total` and `level/` (mean rewards), `mean/`, `spread/`, `flat/`, `weight/`, `unscored/` of each reward; of GRPO `loss`, `kl`, `entropy`."""
    tokens_out: int
    """Tokens of the drafts."""
    seconds: float
    """Time of the training."""
    before: float | None = None
    """Mean worth of a draft on the probe before; null where nothing was learnt, or nothing could be compared."""
    after: float | None = None
    """The same after it."""
    difference: float | None = None
    """Mean paired difference on the same prompts."""
    standard_error: float | None = None
    """Of that difference."""
    adopted: bool | None = None
    """Whether the generator went on with what it had learnt; null where nothing was learnt."""
    why: str = ""
    """Why, in words."""
    rewards: dict[str, dict[str, float]] = Field(default_factory=dict)
    """`before` and `after`: the mean of every reward on the probe."""


class Dataset(Part):
    """The data set that the task ended with."""

    rows: int
    """Rows in the file."""
    wanted: int
    """Rows that were asked for."""
    complete: bool
    """Whether there are as many as were asked for."""
    file: str
    """The file inside the run folder."""
    per_label: dict[str, int]
    """Rows by label."""
    short: dict[str, int] = Field(default_factory=dict)
    """Rows that are missing, by label; empty in runs that did not record it."""
    diversity: dict[str, dict[str, float | None] | None]
    """By set (`synthetic`, `seeds`, `real`): diversity metrics by name; null where the set is too small or not there."""


class ChosenRow(Part):
    """A row that a round was written around, and why."""

    rank: int
    """Place in the order of choice, from 1."""
    row: str
    """Its id."""
    label: str
    """Its label, which is the one that was asked for; empty for a row of a pool that has none."""
    asked_for: str = ""
    """What was asked for around a row that has no label: the one that the student found likeliest."""
    origin: str
    """`seed`, `pool`, or `synthetic` for a row of an earlier round."""
    criterion: str
    """What chose it: an acquisition function, `all`, or `random` where chance decided."""
    score: float | None
    """Its score, or for sets what it added; null where it has none."""
    how: str
    """`top`, `proportional`, `set` or `random`."""


class RoundChoice(Part):
    """What a round chose from which candidates."""

    round: int
    """The round, from 1."""
    candidates: int
    """Rows that could be chosen."""
    scored: int
    """Those that have a score."""
    unscored: dict[str, int]
    """The others by reason."""
    rows: list[ChosenRow]
    """The chosen rows in the order of choice."""


class RoundPoint(Part):
    """A point of the learning curve: before the first round, and after each."""

    round: int | None
    """The round; null where everything was written at once, and the point is a part of it."""
    rows: int
    """Accepted rows so far."""
    dev: float | None
    """The development score, a cross-validation on the seed rows; null where there is none."""
    dev_rows: int | None
    """Rows of that score."""
    gold: Score | None
    """Score on gold of the student trained on seeds and rows so far; it decided nothing. Null where it was not measured."""
    tokens_in: int | None
    """Known tokens read for these rows; null where a point is a part of what was written at once."""
    tokens_out: int | None
    """Known tokens written for them."""
    seconds: float | None
    """Time of writing them."""
    money: Decimal | None = None
    """What was paid for requests since the rounds began; null where nothing was asked of a server, a price is unknown, or the run did not record it."""


class Rounds(Part):
    """Rounds in which the student said which rows it needs."""

    by: str
    """How rows were chosen, `rounds.by`."""
    done: int
    """Rounds that are done."""
    ended: str
    """Why there was no further one; empty where they have not ended."""
    best: int | None
    """The round whose rows are the data set."""
    why: str
    """Why that one, in words."""
    points: list[RoundPoint]
    """The learning curve."""
    currency: str = ""
    """Of the money; empty where none is known."""
    choices: list[RoundChoice]
    """What was chosen, round by round."""


class Verifier(Part):
    """The classifier that checked labels without seeing them."""

    accuracy: float | None
    """Its accuracy on held-out seed rows."""
    trusted: bool | None
    """Whether its verdicts were used."""
    reason: str
    """Why not, where they were not."""


class Believed(Part):
    """How a judge does on rows that somebody knows about; definitions in `synlearner.evaluate.judges`. Numbers are null where there were too few such rows."""

    rows: int
    """Known rows that it scored."""
    good: int
    """Those of them that are good."""
    accuracy: Interval | None
    """Share that it tells rightly from a calibrated probability of one half on."""
    chance: float | None
    """Share that always saying the more frequent tells rightly."""
    error: float | None
    """Expected calibration error."""
    rank: float | None
    """Spearman's correlation of its score and goodness."""
    order: float | None
    """Share of pairs of a good and a bad row in which the good one scores higher."""
    reason: str
    """Why it is not believed; empty where it is."""


class JudgeUse(Part):
    """One judge on one task."""

    name: str
    """Engine and model."""
    asked: dict[str, int]
    """Questions by purpose: `calibration`, `rows`, `critique` (lessons), `difficulty` (rounds), `compare`."""
    silent: dict[str, int]
    """Answers that gave nothing, by reason."""
    tokens_in: int
    """Known tokens that it read."""
    tokens_out: int
    """Known tokens that it wrote."""
    seconds: float
    """Time of its answers."""
    known: Believed | None
    """How it did before it read the first row of the task; null where it was not measured."""


class Judging(Part):
    """What judges did on a task. What they cost in money stands with the other models in `spending`."""

    source: str
    """Who knows about the rows that judges were measured on: `people`, `seeds` (seed rows beside seed rows with another label), or `nobody`."""
    judges: list[JudgeUse]
    """Every judge."""
    rows: int
    """Rows that were read, in writing and in learning."""
    answered: dict[str, int]
    """Rows by the number of judges that scored them."""
    agreement: float | None
    """Krippendorff's alpha of the calibrated scores of several judges; null with one."""
    people: Believed | None = None
    """The judges together on rows of this task that people judged since; null where there are none."""


class TaskSummary(Part):
    """One task of the stream."""

    name: str
    """The task's name."""
    kind: str
    """The task's kind."""
    student: str = ""
    """The student that was examined; empty in runs that did not record it."""
    state: Literal["waiting", "unfinished", "finished"]
    """`waiting`: not begun; `finished`: data set and scores are there."""
    labels: list[str]
    """Labels in their declared order."""
    seeds: int
    """Seed rows."""
    gold: int
    """Gold rows."""
    real: int
    """Human-made training rows to compare with."""
    pool: int = 0
    """Rows of its pool, around which rounds may write."""
    language: str
    """As declared by the task; may be empty."""
    licence: str
    """As declared by the task; may be empty."""
    warm_start: WarmStart | None = None
    """What the task started from; null where nothing is carried, and in runs that did not record it."""
    probe: Counts | None = None
    """The writing of the probe for the warm start; null where there was none."""
    explore: Counts | None
    """The exploration before the generator learns."""
    finetune: Finetune | None
    """The learning."""
    reinforce: Reinforce | None = None
    """The learning from rewards; null where it was off."""
    synthesis: Counts | None
    """The writing of the data set, all rounds together."""
    rounds: Rounds | None = None
    """The rounds in which it was written; null where there were none."""
    dataset: Dataset | None
    """The data set."""
    recheck: Recheck | None = None
    """The data set and the gold rows of tasks that joined the stream later; null where none did."""
    scores: Scores | None
    """Student scores."""
    gain: Interval | None
    """Paired difference `synthetic_and_seeds` - `seeds_only`."""
    pgr: float | None
    """Performance gap recovered, in percent: 100 (synthetic - seeds only) / (real - seeds only)."""
    pgr_interval: Interval | None = None
    """Interval of `pgr`, in percent; null where real rows are not clearly better than the seeds, and in runs that did not record it."""
    verifier: Verifier | None
    """The label check, where the run recorded one."""
    judging: Judging | None = None
    """What judges did; null where nobody judged."""
    notes: list[str]
    """What the evaluation had to leave out, and why."""
    seconds: float
    """Time of the task's finished steps, matrix apart."""


class MatrixRow(Part):
    """Scores on every task at one point of the stream."""

    after: str
    """`before`, or `after <task>`."""
    i: int
    """Position of that task; -1 is before the stream."""
    cells: list[Score | None]
    """One score per task of the stream; null where it was not measured."""


class Matrix(Part):
    """R: what a student learns from rows that the generator, at each point of the stream, writes for each task."""

    tasks: list[str]
    """The columns, in the order of the stream."""
    rows: list[MatrixRow]
    """`before` and one row per task. Empty where the run measures no matrix."""
    counts: Counts | None
    """The writing of the cells' rows."""


class Quantity(Part):
    """A number that follows from the matrix, or the reason why it does not."""

    value: float | None
    """The number."""
    reason: str
    """Why there is none; empty where there is one."""
    interval: Interval | None = None
    """Paired bootstrap over the gold rows and students of each task, `n` being the gold rows of all tasks in it; null without a value or without recorded answers."""
    remark: str = ""
    """Why a value has no interval; empty where it has one or is null."""


class Transfer(Part):
    """What the matrix says about transfer and forgetting; definitions in `synlearner.evaluate.continual`."""

    average: Quantity
    """Mean final score over all tasks."""
    backward_transfer: Quantity
    """Mean change of the earlier tasks since each was learnt."""
    forgetting: Quantity
    """Mean drop of the earlier tasks from their best score."""
    zero_shot_forward: Quantity
    """Mean score just before learning a task, minus the score before the stream."""


class FeedbackSlice(Part):
    """What people say of the rows of a task, or of one of its labels, beside our own score of them (0 to 1)."""

    task: str
    """The task."""
    label: str
    """The label; empty for the whole task."""
    rows: int
    """Kept rows of the task's writing."""
    judged: int
    """Those of them that people judged, drawn for review."""
    unscored: int
    """Rows without a score of ours."""
    score: float | None
    """Mean of our score over the judged rows."""
    people: float | None
    """Share of the judged rows that people accept."""
    difference: Interval | None
    """Our score minus the people's, on rows that have both, `n` of them."""
    rank: float | None
    """Spearman's correlation of the two; null where one of them does not vary."""
    rho2: float | None
    """Share of the verdicts that our score saves; null with fewer than ten."""
    saved: float | None
    """Further verdicts that the same interval would take without our score."""
    quality: Interval | None
    """Share of all rows that people would accept, from the verdicts and the scores of all rows; `n` are the judged ones."""


class Falling(Part):
    """How our score goes with the verdicts on a task, beside the tasks before it."""

    task: str
    """The task."""
    before: float
    """rho^2 on the tasks before it."""
    now: float
    """rho^2 on this task."""
    alarm: bool
    """The correlation fell by more than chance explains."""


class FeedbackGroup(Part):
    """Judged rows of a task with one label, or one value of an attribute, beside the task's other judged rows."""

    task: str
    """The task."""
    attribute: str
    """Name of the attribute; empty for a label."""
    value: str
    """The label, or the attribute's value."""
    judged: int
    """Judged rows of the group that have a score of ours."""
    others: int
    """Those of the task outside it."""
    difference: float
    """Our score minus the people's, mean over the group."""
    beyond: float
    """By how much that is above the others'."""
    adjusted: float
    """Chance of so much if the group were drawn without regard to what it is, corrected by Holm for all groups of the run."""
    odd: bool
    """`adjusted` is at most 0.05."""


class Feedback(Part):
    """Feedback bias: our score against people's verdicts; definitions in `synlearner.evaluate.bias`."""

    reason: str
    """Why there is nothing to tell; empty where there is."""
    verdicts: int
    """Verdicts that count, those on rows that somebody looked for among them."""
    slices: list[FeedbackSlice] = Field(default_factory=list)
    """Every task and behind it its labels."""
    difference: Interval | None = None
    """Our score minus the people's: the mean over the judged tasks."""
    drift: Interval | None = None
    """By how much that difference grows from one task to the next; null with fewer than two judged tasks."""
    falling: list[Falling] = Field(default_factory=list)
    """Tasks that can be compared with the ones before them."""
    groups: list[FeedbackGroup] = Field(default_factory=list)
    """Labels and attribute values with at least ten judged rows inside and outside, in the order of the tasks."""


class Belief(Part):
    """What a task was told of an attribute value: how likely a row that asks for it is accepted, by earlier tasks."""

    attribute: str
    """Name of the attribute."""
    value: str
    """Its value."""
    prompts: float
    """Prompts of earlier tasks that asked for it, each counting as far as its task is similar."""
    mean: float
    """Mean of the posterior of acceptance, over all labels."""
    low: float
    """Lower limit of its central 95 %."""
    high: float
    """Upper limit."""


class Shown(Part):
    """A lesson that some prompts of a task showed, and how these did beside the others."""

    lesson: str
    """Its id."""
    text: str
    """What it says."""
    prompts: int | None
    """Prompts that showed it; null where too few did or did not to compare, or the task is not finished."""
    accepted: int | None
    """Accepted rows among them."""
    others: int | None
    """Prompts that did not show it."""
    others_accepted: int | None
    """Accepted rows among these."""
    better: bool | None
    """Prompts that showed it did better by more than a standard error."""


class Recalled(Part):
    """What the memory told a task."""

    task: str
    """The task."""
    episodes: int
    """Episodes that the memory had."""
    lessons: int
    """Lessons that it had."""
    quarantined: int
    """Those of them that were kept back."""
    similar: dict[str, float]
    """Earlier tasks by name, with their similarity."""
    usual: float | None
    """Mean of the posterior of acceptance over all values; null where nothing was known."""
    beliefs: list[Belief]
    """Attribute values by what was known of them."""
    shown: list[Shown]
    """Lessons that its prompts showed."""


class Standing(Part):
    """A lesson as the run's own events have it, whether it was shown or only said."""

    lesson: str
    """Its id."""
    text: str
    """What it says, in the latest words."""
    tasks: list[str]
    """Tasks of the run that said it."""
    counts: dict[str, int]
    """Events of the run about it: `add`, `agree`, `edit`, `remove`, and `used` for tasks in which it was compared."""
    better: int
    """Uses in which prompts that showed it did better."""
    quarantine: str
    """Why no prompt may show it; empty where one may."""


class Remembered(Part):
    """What a memory told the tasks of the run, and what the run added to it."""

    reason: str
    """Why there is nothing to tell; empty where there is."""
    place: str
    """Where the memory lies: `run folder`, a file's name, or a server without user and password."""
    tasks: list[Recalled] = Field(default_factory=list)
    """What each task was told."""
    lessons: list[Standing] = Field(default_factory=list)
    """Lessons that the run said or showed."""
    kept_back: list[Standing] = Field(default_factory=list)
    """Quarantined lessons that lie in the memory's file now, without counts; empty where it lies on a server."""


class Cost(Part):
    """What the run took, over all its sessions."""

    tokens_in: int
    """Known tokens read."""
    tokens_out: int
    """Known tokens written."""
    requests: int
    """Answers and failures."""
    requests_without_tokens: int
    """Answers whose tokens the engine did not tell; they are not in the sums."""
    generation_seconds: float
    """Time of the finished units of generation."""
    seconds: float | None
    """Time of the sessions that ended in an orderly way."""
    peak_memory_mb: float | None
    """Largest resident memory of such a session."""
    sessions: int
    """Starts of the run."""
    sessions_measured: int
    """Sessions that recorded time and memory; a killed one records none."""


class Paid(Part):
    """Requests of one model at one price. Money is exact: a decimal number as a text."""

    model: str
    """Name that was sent to the server."""
    requests: int
    """Requests that left, retries and corrections among them."""
    outcomes: dict[str, int]
    """How they ended, in one word each; `lost`: the process died before; `open`: still under way."""
    tokens_in: int
    """Tokens read that the server told."""
    tokens_out: int
    """Tokens written that the server told."""
    untold: int
    """Requests for which the server did not tell both."""
    price_in: Decimal | None
    """Price of a million tokens read; null where it is in no table."""
    price_out: Decimal | None
    """The same of tokens written."""
    currency: str
    """Currency of the price; empty without one."""
    prices: str
    """Version of the price table."""
    money: Decimal | None
    """What they cost; null where a price or a number of tokens is unknown."""
    at_most: Decimal | None
    """What they cost if the untold ones took all that was set aside for them; null without a price."""
    reason: str
    """Why `money` is null; empty where it is not."""


class CacheUse(Part):
    """The cache of replies, over the sessions that ended in an orderly way."""

    hits: int
    """Requests that were not sent, as the reply was there."""
    misses: int
    """Requests whose reply was not there."""
    stored: int
    """Replies that were kept."""


class Worth(Part):
    """What one of something cost."""

    count: float | None
    """How many there are; null where that is unknown."""
    money: Decimal | None
    """Money for each."""
    at_most: Decimal | None
    """The same if untold requests took all that was set aside for them."""
    tokens: float | None
    """Tokens for each, read and written, also of local models."""
    reason: str
    """Why numbers are null; empty where none is."""


class Spending(Part):
    """What was spent on requests and on tokens of local models, over all sessions."""

    requests: int
    """Requests that left."""
    tokens_in: int
    """Tokens read that are known."""
    tokens_out: int
    """Tokens written that are known."""
    local_in: int
    """Tokens of local models among those read."""
    local_out: int
    """Tokens of local models among those written."""
    untold: int
    """Requests for which the server did not tell its tokens; they are not in the sums."""
    money: Decimal | None
    """What the requests cost, exactly; null where that is unknown."""
    at_most: Decimal | None
    """What they cost at most; null where a price is unknown."""
    currency: str
    """Currency of both; empty without a price."""
    reason: str
    """Why `money` is null; empty where it is not."""
    models: list[Paid]
    """The same by model and price."""
    cache: CacheUse | None
    """The cache of replies; null where none was used."""
    per_row: Worth
    """For each row of the finished data sets."""
    per_point: Worth
    """For each percentage point of gain, summed over the tasks that have one."""


class OpenStep(Part):
    """A step that has begun and not ended."""

    task: str
    """Its task."""
    name: str
    """Its name."""
    prompts: int
    """Prompts planned."""
    answered: int
    """Prompts that have an answer."""


class Session(Part):
    """One start of the run."""

    started: str
    """When, in UTC."""
    mode: str
    """`new`, `resumed`, or `extended` by further tasks."""
    versions: dict[str, str]
    """Installed versions, Python's and the machine's kind among them."""


class Summary(Part):
    """The whole of `summary.json`."""

    version: int = VERSION
    """Version of this schema."""
    name: str
    """The run's name."""
    seed: int | None
    """The run's seed."""
    state: Literal["finished", "unfinished"]
    """`finished`: every task has its data set and scores, and every planned cell of the matrix is measured."""
    missing: list[str]
    """What an unfinished run still owes, in words."""
    open_steps: list[OpenStep]
    """Steps that have begun and not ended."""
    budget: str
    """Which budget ended the last session, or empty."""
    tasks: list[TaskSummary]
    """Tasks in the order of the stream."""
    matrix: Matrix
    """Scores over the stream."""
    transfer: Transfer
    """Transfer and forgetting."""
    feedback: Feedback
    """Feedback bias."""
    memory: Remembered | None = None
    """What was remembered; null in summaries of older versions."""
    cost: Cost
    """Tokens, time and memory."""
    spending: Spending | None = None
    """Requests and money, and what a row and a point of gain cost; null in summaries of older versions."""
    sessions: list[Session]
    """Every start of the run."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The resolved run TOML."""
