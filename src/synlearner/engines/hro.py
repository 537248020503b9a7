"""HRO: GRPO with TRL under rewards that see the whole batch; in come a model and prompts as tokens, out goes an adapter's folder.

One thin subclass of TRL's trainer. It differs in four things: drafts come from our batched sampler through TRL's rollout hook; what all
processes wrote is gathered, judged once and handed back, because the worth of a set cannot be seen from a slice of it; the divergence from
the generator before the stream is logged also where it costs nothing; and a training that collapses is stopped. The judge's advantages
are already normalised (`feedback.hierarchy`), so TRL takes them as they are.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from synlearner.engines import lora
from synlearner.engines.packing import can_pack, packed_log_probs
from synlearner.engines.sampling import Sampling, fast_products
from synlearner.engines.watching import STEPS, Watch, last_checkpoint, read_steps, spent_before, step_of
from synlearner.errors import EngineError, boundary
from synlearner.protocols import Judge
from synlearner.records import Adapter
from synlearner.seeding import content_hash, derive
from synlearner.stream.specs import ReinforceSpec

# TRL's name for the adapter that a penalty refers to; without one it is the bare model.
REFERENCE = "ref"
SAVE_EVERY = 5
# Rows of a batch on which the divergence is read where it is not part of the loss.
READ_FOR_KL = 8
Write = Callable[[Any, Sequence[int], Sequence[int], Sampling], list[list[int]]]
Say = Callable[[int, Sequence[int]], str]
Record = Callable[[int, Sequence[tuple[int, str, int, int]], float], None]


@dataclass(frozen=True, slots=True)
class Task:
    """What the trainer needs of a generator: prompt tokens by place, how to sample, how to turn tokens into an answer's text, who judges.

    `judge(places, texts, progress)` gives an advantage for each text, not-a-number where nothing was measured, and numbers to log.
    `record(step, drafts, seconds)` is told what was written: place, text, tokens read, tokens written. `skipped` says by prompt why
    others are not there.
    """

    prompts: Mapping[int, Sequence[int]]
    write: Write
    say: Say
    judge: Judge
    record: Record
    sampling: Sampling
    batch: int
    skipped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that, with the prompts, decides the adapter. `reference`: what the generator wore before the stream; None for the bare model."""

    plan: lora.Plan
    spec: ReinforceSpec
    reference: Adapter | None = None

    def id(self, prompts: Sequence[Sequence[int]], judge: str) -> str:
        towards = [self.reference.id] if self.reference and self.spec.beta else []
        return content_hash([self.plan.id([]), self.spec.key, judge, [list(p) for p in prompts], *towards])


def reinforce(model: Any, tokenizer: Any, task: Task, recipe: Recipe, folder: Path, *, judge: str) -> Adapter:
    """Train an adapter of `model` (which is spent) and save it as `folder`; `judge` names the judge.

    A killed training goes on from its last checkpoint and ends with the same adapter. Raises `EngineError` where the loss is no number.
    """
    lora.warmed().join()
    with boundary("trl", "train"), boundary("peft", "train"):
        import peft  # noqa: F401
        import trl  # noqa: F401
    began = time.perf_counter()
    name = recipe.id([*task.prompts.values()], judge)
    partial = folder.with_name(f".{folder.name}.{name[:12]}.part")
    partial.mkdir(parents=True, exist_ok=True)
    trainer, checkpoint = _trainer(model, tokenizer, task, recipe, partial), last_checkpoint(partial)
    trainer.remember(step_of(checkpoint))
    with lora.tolerant(), fast_products(trainer.args.device):
        if checkpoint and (trainer.ended or step_of(checkpoint) >= recipe.spec.steps):
            _load(trainer.model, checkpoint)
        else:
            trainer.train(resume_from_checkpoint=checkpoint)
    # What a killed session logged behind the checkpoint from which this one goes on was trained again, or is void.
    steps = [entry for entry in read_steps(partial) if entry["step"] <= max(trainer.state.global_step, step_of(checkpoint))]
    if not steps or not all(math.isfinite(s["loss"]) for s in steps):
        raise EngineError("reinforcement diverged: a loss is no number", "lower reinforce.learning_rate")
    if not trainer.accelerator.is_main_process:
        return Adapter(name, str(folder), recipe.plan.task, recipe.plan.start.id if recipe.plan.start else None)
    without_reference(trainer.model)
    manifest = {
        **lora.described(recipe.plan, trainer.model, name=name, seconds=trainer.spent + time.perf_counter() - began),
        "reinforce": recipe.spec.model_dump(mode="json"),
        "steps": len(steps),
        "ended": trainer.ended or "all steps done",
        "alarm": trainer.alarm,
        "skipped": dict(task.skipped),
        "curve": steps,
    }
    return lora.finish(trainer.model, partial, folder, manifest)


def _load(model: Any, checkpoint: str) -> None:
    """Put a checkpoint's adapter into the model: there is nothing left to train."""
    from peft import load_peft_weights, set_peft_model_state_dict

    set_peft_model_state_dict(model, load_peft_weights(checkpoint, device=str(model.device)))


def quiet(*, cpu: bool) -> dict[str, Any]:
    return {
        "lr_scheduler_type": "linear",
        "logging_strategy": "steps",
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": not cpu,
        lora.checkpointing_key(): False,
    }


def _trainer(model: Any, tokenizer: Any, task: Task, recipe: Recipe, folder: Path) -> Any:
    from datasets import Dataset
    from trl import GRPOConfig

    spec, plan, cpu = recipe.spec, recipe.plan, model.device.type == "cpu"
    world = int(os.environ.get("WORLD_SIZE", "1"))
    here = spec.prompts * spec.completions // world
    micro = next(n for n in range(min(here, max(1, task.batch)), 0, -1) if here % n == 0)
    loss, level = ("grpo", "sequence") if spec.objective == "gspo" else (spec.objective, "token")
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    config = GRPOConfig(
        output_dir=str(folder / lora.CHECKPOINTS),
        max_steps=spec.steps,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=here // micro,
        steps_per_generation=here // micro,
        num_generations=spec.completions,
        max_completion_length=task.sampling.max_new_tokens,
        learning_rate=spec.learning_rate,
        temperature=spec.temperature,
        loss_type=loss,
        importance_sampling_level=level,
        beta=spec.beta,
        scale_rewards="none",
        shuffle_dataset=False,
        seed=plan.seed % 2**32,
        use_cpu=cpu,
        bf16=not cpu,
        logging_steps=1,
        save_strategy="steps",
        save_steps=SAVE_EVERY,
        save_total_limit=1,
        warmup_steps=round(lora.WARM_UP * spec.steps),
        remove_unused_columns=False,
        **quiet(cpu=cpu),
    )
    # TRL hands a rollout its prompts and nothing else: a prompt's place stands for it.
    rows = Dataset.from_dict({"prompt": [str(place) for place in task.prompts]})
    with lora.tolerant():
        return lora.unheard(_trainer_class()(lora.trainable(model, plan), task, recipe, folder, args=config, train_dataset=rows, processing_class=tokenizer))


def without_reference(model: Any) -> None:
    """Forget the adapter that TRL takes for the reference, where there is one."""
    if REFERENCE in model.peft_config:
        model.delete_adapter(REFERENCE)


def _refer(model: Any, reference: Adapter | None) -> None:
    """Let TRL compare with what the generator was before the stream, and not with the copy of the starting adapter that it makes."""
    without_reference(model)
    if reference is not None:
        with lora.tolerant(), lora.fitting(reference):
            model.load_adapter(reference.path, adapter_name=REFERENCE, is_trainable=False, torch_device=str(model.device))


@contextmanager
def merged(model: Any) -> Iterator[Any]:
    """The model with its adapter folded into the weights while it writes, which saves two small products a layer and token.

    The weights are put back as they were, to the bit. Only in float32: in half precision folding would round the adapter away.
    """
    import torch

    if next(model.parameters()).dtype != torch.float32:
        yield model
        return
    layers = [m for m in model.modules() if hasattr(m, "merge") and hasattr(m, "get_base_layer")]
    before = [m.get_base_layer().weight.data for m in layers]
    for layer, weight in zip(layers, before, strict=True):
        layer.get_base_layer().weight.data = weight.clone()
        layer.merge()
    try:
        yield model
    finally:
        for layer, weight in zip(layers, before, strict=True):
            if layer.merged:  # the reference may have layers of its own
                layer.unmerge()
            layer.get_base_layer().weight.data = weight


@cache
def _trainer_class() -> Any:
    """The subclass, made when it is first needed: TRL takes seconds to import."""
    import torch
    from accelerate.utils import broadcast_object_list, gather_object
    from trl import GRPOTrainer
    from trl.trainer.utils import use_adapter

    class SetGRPOTrainer(GRPOTrainer):  # type: ignore[misc]
        def __init__(self, model: Any, task: Task, recipe: Recipe, folder: Path, **settings: Any) -> None:
            self.task, self.recipe, self.folder = task, recipe, folder
            self.watch, self.ended, self.alarm, self.read = Watch(recipe.spec.patience), "", False, 0.0
            self.began, self.spent = time.perf_counter(), spent_before(folder)
            super().__init__(model, reward_funcs=[advantage], rollout_func=self.roll_out, **settings)
            _refer(self.model, recipe.reference)

        def remember(self, step: int) -> None:
            """Look again at what an earlier session logged up to a step, which may already have been a reason to end there."""
            for entry in read_steps(self.folder):
                if entry["step"] <= step:
                    self.ended, self.alarm = self.watch.look(entry)

        def roll_out(self, prompts: Sequence[str], _: Any) -> dict[str, Any]:
            """Draft every prompt of this process. A draft depends on its step and its place in the whole batch, not on the process."""
            began, places, first = time.perf_counter(), [int(p) for p in prompts], self.accelerator.process_index * len(prompts)
            seeds = [derive(self.recipe.plan.seed, "hro", self.state.global_step, first + i) for i in range(len(places))]
            model = self.accelerator.unwrap_model(self.model)
            model.eval()
            with merged(model):
                ids = self.task.write(model, places, seeds, self.task.sampling)
            model.train()
            self.read = time.perf_counter() - began
            return {"prompt_ids": [list(self.task.prompts[p]) for p in places], "completion_ids": ids, "logprobs": None}

        def _calculate_rewards(self, inputs: Any, prompts: Sequence[str], completions: Any, completion_ids_list: Sequence[Sequence[int]]) -> Any:  # noqa: ARG002  (TRL's door)
            """The advantages of the whole batch, the same in every process; shape (drafts of all processes, 1)."""
            mine = [(int(p), self.task.say(int(p), ids), len(ids)) for p, ids in zip(prompts, completion_ids_list, strict=True)]
            drafts = gather_object(mine)
            told: list[Any] = [None]
            if self.accelerator.is_main_process:
                began = time.perf_counter()
                advantages, numbers = self.task.judge([d[0] for d in drafts], [d[1] for d in drafts], self.state.global_step / max(1, self.args.max_steps))
                told = [(advantages, {**numbers, "seconds_judging": time.perf_counter() - began, "seconds_writing": self.read})]
                self.task.record(self.state.global_step, [(p, text, len(self.task.prompts[p]), n) for p, text, n in drafts], self.read)
            advantages, numbers = broadcast_object_list(told)[0]
            for name, value in numbers.items():
                self._metrics["train"][name].append(value)
            return torch.tensor(advantages, dtype=torch.float32, device=self.accelerator.device)[:, None]

        def _get_per_token_logps_and_entropies(self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, *given: Any, **settings: Any) -> Any:
            """As TRL does it, or with each prompt read once where one process trains and the model allows it."""
            drafts = input_ids[:, -logits_to_keep:]
            if self.accelerator.num_processes > 1 or not can_pack(model, drafts):
                return super()._get_per_token_logps_and_entropies(model, input_ids, attention_mask, logits_to_keep, *given, **settings)
            prompts, mask = input_ids[:, :-logits_to_keep], attention_mask[:, :-logits_to_keep]
            found, entropies = packed_log_probs(model, prompts, mask, drafts, attention_mask[:, -logits_to_keep:], self.temperature)
            return found, entropies, None

        def _generate_and_score_completions(self, inputs: Any) -> Any:
            batch = super()._generate_and_score_completions(inputs)
            if not self.beta:
                self._metrics["train"]["kl"].append(self.divergence(batch))
            return batch

        def divergence(self, batch: Any) -> float:
            """KL from the generator before the stream, per token, on the first rows: the mean of exp(d) − d − 1, d = log p_before − log p."""
            part = {k: batch[k][:READ_FOR_KL] for k in ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask")}
            ids, mask = torch.cat([part["prompt_ids"], part["completion_ids"]], 1), torch.cat([part["prompt_mask"], part["completion_mask"]], 1)
            width = part["completion_ids"].size(1)
            with torch.no_grad():
                now = self._get_per_token_logps_and_entropies(self.model, ids, mask, width, compute_entropy=False)[0]
                worn = self.accelerator.unwrap_model(self.model)
                with use_adapter(worn, REFERENCE if REFERENCE in worn.peft_config else None):
                    before = self._get_per_token_logps_and_entropies(self.model, ids, mask, width, compute_entropy=False)[0]
            d, there = before - now, part["completion_mask"]
            return float((((d.exp() - d - 1) * there).sum() / there.sum()).item())

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            """Also keep every step's numbers in the folder, and end what collapses or stands still."""
            super().log(logs, start_time)
            if "loss" not in logs:
                return
            entry = {"step": self.state.global_step, **{name: logs[name] for name in KEPT if logs.get(name) is not None}}
            entry |= {name: value for name, value in logs.items() if name.startswith(("mean/", "spread/", "flat/", "weight/", "unscored/", "level/"))}
            entry["seconds_so_far"] = round(self.spent + time.perf_counter() - self.began, 3)
            why, alarm = self.watch.look(entry)
            if why:
                self.ended, self.alarm, self.control.should_training_stop = why, alarm, True
            if self.accelerator.is_main_process:
                with (self.folder / STEPS).open("a", encoding="utf-8") as file:
                    file.write(json.dumps(entry) + "\n")

        def _save_checkpoint(self, model: Any, trial: Any) -> None:
            """A checkpoint without TRL's model card."""
            super(GRPOTrainer, self)._save_checkpoint(model, trial)

    return SetGRPOTrainer


KEPT = ("loss", "grad_norm", "learning_rate", "entropy", "kl", "valid", "total", "seconds_judging", "seconds_writing", "completions/mean_length")


def advantage(*_: Any, **__: Any) -> list[float]:
    """Stands where TRL wants a reward function: the trainer asks the judge instead."""
    raise NotImplementedError
