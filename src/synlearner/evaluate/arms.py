"""The arms of a comparison: what a run of a stream is changed to, so that its difference from the stream says one thing.

Comes in: a `RunSpec`. Goes out: the `RunSpec` of an arm, an order and a seed. All arms have the budget of the run: the same prompts, rows and
epochs for every task; "joint" sees every task at once, and the two spoilt histories learn one more time per task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from synlearner.errors import SpecError
from synlearner.stream.specs import RunSpec

STREAM, ISOLATED = "stream", "isolated"
Change = Callable[[RunSpec], RunSpec]


@dataclass(frozen=True, slots=True)
class Arm:
    """A change of a run, what it is in a sentence, and what is asked by comparing the stream with it."""

    change: Change
    meaning: str
    asks: str


def _history(kept: str) -> Change:
    return lambda run: run.model_copy(update={"experience": run.experience.model_copy(update={"history": kept})})


def _no_learning(run: RunSpec) -> RunSpec:
    off: dict[str, dict[str, object]] = {"explore": {"enabled": False}, "finetune": {"enabled": False}, "reinforce": {"method": "off"}}
    if run.memory.enabled:
        off |= {"memory": {"enabled": False}, "synthesis": {"plan": "balanced" if run.synthesis.plan == "learned" else run.synthesis.plan}}
    return run.model_copy(update={table: getattr(run, table).model_copy(update=change) for table, change in off.items()})


def _reference(run: RunSpec) -> RunSpec:
    # Without reinforcement rewards are nothing: such a run is the stream's, and is recognised as one by its settings.
    if run.reinforce.method == "off":
        return _history("kept")(run)
    return _history("kept")(run.model_copy(update={"reinforce": run.reinforce.model_copy(update={"rewards": "reference"})}))


def _method(name: str) -> Change:
    """Reinforcement in another way, or none; where the run has none, every arm is the stream again."""

    def change(run: RunSpec) -> RunSpec:
        method = "off" if run.reinforce.method == "off" else name
        return _history("kept")(run.model_copy(update={"reinforce": run.reinforce.model_copy(update={"method": method})}))

    return change


def _rounds(by: str) -> Change:
    """Rounds with the run's other settings, all of them done, so that curves have the same length."""
    return lambda run: _history("kept")(run.model_copy(update={"rounds": run.rounds.model_copy(update={"enabled": True, "by": by, "plateau": 0})}))


# What says which rows are written around, to be compared among themselves at the same number of rows.
CHANCE = "rounds-random"
CHOICES: Mapping[str, Arm] = {
    CHANCE: Arm(_rounds("random"), "rounds around rows that chance chooses", ""),
    "static": Arm(_rounds("static"), "everything written at once", ""),
    "rounds-all": Arm(_rounds("all"), "rounds around every row in turn", ""),
    "rounds-loss": Arm(_rounds("loss"), "rounds around the rows with the highest loss of the student", ""),
    "rounds-wrong-answer": Arm(_rounds("wrong-answer"), "rounds around the rows that the student gets wrong (LLM2LLM)", ""),
    "rounds-confidence": Arm(_rounds("confidence"), "rounds around the rows that the student is least sure of", ""),
    "rounds-badge": Arm(_rounds("badge"), "rounds around rows with long and different gradients (BADGE)", ""),
    "rounds-coverage": Arm(_rounds("coverage"), "rounds around rows that stand for many, whatever the student says", ""),
    "rounds-representative": Arm(_rounds("representative"), "rounds around rows that stand for many that the student doubts", ""),
}
ARMS: Mapping[str, Arm] = {
    STREAM: Arm(_history("kept"), "the tasks one after another, as the run says", ""),
    ISOLATED: Arm(_history("none"), "every task learnt alone: no warm start, no replay, no texts of earlier tasks", "whether history helps at all"),
    "format-only": Arm(_history("format-only"), "history teaches the JSON contract and not its texts", "whether history is more than practice in the format"),
    "shuffled-experience": Arm(
        _history("shuffled"), "history has the right format and language, and texts that have changed places", "whether it matters that what is remembered is right"
    ),
    "no-learning": Arm(_no_learning, "the generator as it is before the stream", "whether learning helps at all"),
    "joint": Arm(_history("joint"), "all tasks explored first and learnt at once", "what knowing every task in advance would give"),
    "eft-alone": Arm(_method("off"), "fine-tuning without reinforcement", "whether learning from rewards adds to imitation"),
    "best-of-k": Arm(_method("best_of"), "fine-tuning on the best of as many drafts as reinforcement writes", "whether reinforcement is more than choosing drafts"),
    "reference": Arm(_reference, "reinforcement with the published reward", "what our rewards are worth beside it"),
    **CHOICES,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One run of a comparison."""

    arm: str
    order: str
    seed: int

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.arm}-{self.order}-{self.seed}"


ORDERS: Mapping[str, Callable[[Sequence[str]], tuple[str, ...]]] = {"given": tuple, "reverse": lambda tasks: tuple(reversed(tasks))}


def changed(run: RunSpec, planned: Planned) -> RunSpec:
    """The run of an arm with its tasks in an order and with a seed. Raises SpecError for an unknown arm or order."""
    refuse_unknown([planned.arm], ARMS, "arm")
    refuse_unknown([planned.order], ORDERS, "order")
    return ARMS[planned.arm].change(run).model_copy(update={"tasks": ORDERS[planned.order](run.tasks), "seed": planned.seed})


def design(arms: Sequence[str], orders: Sequence[str], seeds: Sequence[int]) -> list[Planned]:
    """Every arm in every order with every seed, seed by seed, so that what is there when somebody stops can be compared."""
    return [Planned(arm, order, seed) for seed in seeds for order in orders for arm in arms]


def same_as(run: RunSpec, arms: Sequence[str]) -> dict[str, str]:
    """Arms whose settings are those of an earlier one, with its name: running them would measure the same thing twice."""
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for arm in sorted(arms, key=list(ARMS).index):
        settings = ARMS[arm].change(run).model_dump_json()
        if settings in first:
            found[arm] = first[settings]
        first.setdefault(settings, arm)
    return found


def refuse_unknown(names: Sequence[str], known: Mapping[str, object], what: str) -> None:
    """Raise SpecError for a name that is unknown or given twice, and for no name at all."""
    for name in names:
        if name not in known:
            raise SpecError(f"there is no {what} called {name!r}", f"known: {', '.join(known)}")
        if list(names).count(name) > 1:
            raise SpecError(f"the {what} {name!r} is given twice", "name each one once")
    if not names:
        raise SpecError(f"no {what} is given", f"name at least one of {', '.join(known)}")
