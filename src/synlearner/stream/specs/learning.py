"""How the generator learns, and what is remembered: `[explore]`, `[finetune]`, `[reinforce]`, `[experience]` and `[memory]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from synlearner.stream.specs.values import Count, RewardName, Share, Spec, Weight


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
