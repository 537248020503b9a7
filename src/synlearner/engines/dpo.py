"""DPO with TRL: in come a model and pairs of answers as tokens, out goes an adapter's folder."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from synlearner.engines import hro, lora
from synlearner.engines.sampling import fast_products
from synlearner.errors import EngineError, boundary
from synlearner.records import Adapter
from synlearner.seeding import content_hash

# What DPO takes for `reinforce.beta` 0.
USUAL_BETA = 0.1


@dataclass(frozen=True, slots=True)
class Pair:
    """Tokens of a prompt, as they are read in generation, and of two answers to it, of which the first proved better."""

    prompt: Sequence[int]
    chosen: Sequence[int]
    rejected: Sequence[int]


def prefer(model: Any, tokenizer: Any, pairs: Sequence[Pair], recipe: hro.Recipe, folder: Path, *, skipped: Mapping[str, str] | None = None) -> Adapter:
    """DPO (arXiv 2305.18290) on pairs of answers to one prompt. The reference is the model as it starts. `skipped` says by prompt why
    other pairs are not there.
    """
    lora.warmed().join()
    with boundary("trl", "train"), boundary("peft", "train"):
        from datasets import Dataset
        from trl import DPOConfig
    if not pairs:
        raise EngineError("there is nothing to prefer: no pairs", "give at least one pair")
    began, plan, spec, cpu = time.perf_counter(), recipe.plan, recipe.spec, model.device.type == "cpu"
    beta = spec.beta or USUAL_BETA
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    config = DPOConfig(
        output_dir=str(partial / lora.CHECKPOINTS),
        num_train_epochs=plan.spec.epochs,
        per_device_train_batch_size=plan.spec.batch,
        learning_rate=spec.learning_rate,
        beta=beta,
        seed=plan.seed % 2**32,
        use_cpu=cpu,
        bf16=not cpu,
        max_length=None,
        logging_steps=1,
        **hro.quiet(cpu=cpu),
    )
    rows = Dataset.from_list([{"prompt_ids": list(p.prompt), "chosen_ids": list(p.chosen), "rejected_ids": list(p.rejected)} for p in pairs])
    with lora.tolerant():
        trainer = lora.unheard(_preferring()(lora.trainable(model, plan), args=config, train_dataset=rows, processing_class=tokenizer))
        with fast_products(trainer.args.device):
            trainer.train()
    losses = [float(e["loss"]) for e in trainer.state.log_history if "loss" in e]
    if not losses or not math.isfinite(losses[-1]):
        raise EngineError("preference training diverged: the last loss is no number", "lower reinforce.learning_rate")
    hro.without_reference(trainer.model)
    name = content_hash([plan.id([]), spec.key, [asdict(p) for p in pairs]])
    manifest = {
        **lora.described(plan, trainer.model, name=name, seconds=time.perf_counter() - began),
        "reinforce": spec.model_dump(mode="json"),
        "beta": beta,
        "pairs": len(pairs),
        "skipped": dict(skipped or {}),
        "loss_first": losses[0],
        "loss_last": losses[-1],
    }
    return lora.finish(trainer.model, partial, folder, manifest)


@cache
def _preferring() -> Any:
    """TRL's trainer for pairs that are tokens already: its own reading of texts would put a second beginning before a chat's, and cut elsewhere."""
    from trl import DPOTrainer

    class PairTrainer(DPOTrainer):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset

    return PairTrainer
