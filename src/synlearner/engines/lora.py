"""EFT: supervised fine-tuning of LoRA adapters with TRL and PEFT. In come a model and examples as tokens, out goes an adapter's folder.

The loss is on the completion alone. An adapter is a folder whose `manifest.json` is written last and which gets its name by a rename:
a folder without manifest is what a killed run left behind, and is refused.
"""

from __future__ import annotations

import inspect
import json
import math
import shutil
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synlearner.engines import orthogonal
from synlearner.errors import EngineError, boundary
from synlearner.records import Adapter
from synlearner.seeding import content_hash
from synlearner.stream.specs import FinetuneSpec

MANIFEST, CHECKPOINTS = "manifest.json", "checkpoints"
WARM_UP = 0.06
LARGE = 1_000_000_000
# The label of a token that the loss leaves out.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a prompt, which are read, and of its completion, which is learnt; of it only the tokens that `learnt` marks, if it is not empty."""

    prompt: tuple[int, ...]
    completion: tuple[int, ...]
    learnt: tuple[bool, ...] = ()

    @property
    def targets(self) -> list[int]:
        """The tokens of the completion, -100 in the place of those that are only read."""
        return [t if learnt else IGNORED for t, learnt in zip(self.completion, self.learnt or (True,) * len(self.completion), strict=True)]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that, with the examples, decides the adapter. `base` is the base model's name and hash, `start` the adapter to go on from."""

    task: str
    base: str
    start: Adapter | None
    spec: FinetuneSpec
    seed: int
    pad: int = 0

    def id(self, examples: Sequence[Example]) -> str:
        parent = self.start.id if self.start else None
        return content_hash([self.task, self.base, parent, self.spec.key, self.seed, [asdict(e) for e in examples]])


def finetune(model: Any, tokenizer: Any, examples: Sequence[Example], plan: Plan, folder: Path) -> Adapter:
    """Train an adapter of `model` (which is spent) and save it as `folder`. LoRA on every linear layer but the output: for Llama and
    its kin the seven projections. Linear schedule with warm-up. Going on from an adapter keeps that adapter's rank.

    Raises `EngineError` where the loss is no number at the end.
    """
    if not examples:
        raise EngineError("there is nothing to learn: no lessons", "give at least one lesson")
    warmed().join()
    with boundary("trl", "train"), boundary("peft", "train"):
        import peft  # noqa: F401
        import trl  # noqa: F401
    began = time.perf_counter()
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    trainer = _trainer(trainable(model, plan), tokenizer, examples, plan, partial)
    losses = _train(trainer)
    manifest = _manifest(examples, plan, trainer.model, losses, time.perf_counter() - began)
    return finish(trainer.model, partial, folder, manifest, start=plan.start)


def finish(model: Any, partial: Path, folder: Path, manifest: Mapping[str, object], *, start: Adapter | None = None) -> Adapter:
    """Save the model's adapter in `partial`, with `start` where it learnt beside that, then the manifest, and give the folder its name: now it is done.
    Until then checkpoints stay, so that a training that is killed here need not begin anew.
    """
    if start and orthogonal.has_earlier(model):
        orthogonal.save_both(model, start, partial)
    else:
        model.save_pretrained(partial, save_embedding_layers=False)
    (partial / "README.md").unlink(missing_ok=True)  # PEFT's empty model card
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(partial / CHECKPOINTS, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return load_manifest(folder)


def load_manifest(folder: Path, *, base: str = "") -> Adapter:
    """The finished adapter in a folder. Raises `EngineError` where there is none, or where it belongs to another model than `base`."""
    file = folder / MANIFEST
    if not file.exists():
        raise EngineError(f"{folder} is no finished adapter: it has no {MANIFEST}", "fine-tune again; a killed run leaves such folders behind")
    manifest = json.loads(file.read_text(encoding="utf-8"))
    if base and manifest["base"] != base:
        raise EngineError(f"the adapter {folder} was made for {manifest['base']}, not for {base}", "use the adapter with the model that it was trained on")
    return Adapter(manifest["id"], str(folder), manifest["task"], manifest["parent"])


def put_on(model: Any, adapter: Adapter) -> Any:
    """The model with the adapter, ready to write. In float32 it is merged into the weights, which is faster; in half precision merging would round it away."""
    with boundary("peft", "train"):
        from peft import PeftModel
    import torch

    with tolerant(), fitting(adapter):
        worn = PeftModel.from_pretrained(model, adapter.path)
    return (worn.merge_and_unload() if model.dtype == torch.float32 else worn).eval()


def warm() -> None:
    """Import what fine-tuning needs in a background thread. Start it when nobody else is importing: after the model is loaded."""
    thread = warmed()
    if thread.ident is None:
        thread.start()


class _Imports(threading.Thread):
    """Imports TRL and PEFT once; joining a thread that was never started is fine."""

    def __init__(self) -> None:
        super().__init__(name="synlearner-warm", daemon=True)

    def run(self) -> None:
        for name in ("peft", "datasets", "trl.trainer.sft_trainer", "trl.trainer.grpo_trainer"):
            try:
                import_module(name)
            except ModuleNotFoundError:  # reported where it is needed
                return

    def join(self, timeout: float | None = None) -> None:
        if self.ident is not None:
            super().join(timeout)


@cache
def warmed() -> _Imports:
    return _Imports()


@contextmanager
def tolerant() -> Iterator[None]:
    """PEFT 0.21 asks transformers 5 for an attribute under its old name; nothing that a user could do about it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        yield


@contextmanager
def fitting(adapter: Adapter) -> Iterator[None]:
    """An adapter of another model is an `EngineError`, also where PEFT would only warn and go on with a part of it."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="Found missing adapter keys", category=UserWarning)
            yield
    except (ValueError, KeyError, RuntimeError, UserWarning) as error:
        reason = [*str(error).strip().splitlines(), ""][0]
        raise EngineError(f"the adapter {adapter.path} cannot be put on this model: {reason}", "use the adapter with the model that it was trained on") from error


def trainable(model: Any, plan: Plan) -> Any:
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model

    spec = plan.spec
    torch.manual_seed(plan.seed)
    with tolerant():
        if plan.start is not None:
            with fitting(plan.start):
                if spec.orthogonal:
                    return orthogonal.beside(model, plan.start, spec)
                return PeftModel.from_pretrained(model, plan.start.path, is_trainable=True)
        return get_peft_model(model, LoraConfig(r=spec.rank, lora_alpha=spec.alpha, lora_dropout=spec.dropout, target_modules="all-linear", task_type="CAUSAL_LM"))


def _trainer(model: Any, tokenizer: Any, examples: Sequence[Example], plan: Plan, folder: Path) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    spec, cpu = plan.spec, model.device.type == "cpu"
    steps = max(1, round(spec.epochs * len(examples) / spec.batch))
    config = SFTConfig(
        output_dir=str(folder),
        num_train_epochs=spec.epochs,
        per_device_train_batch_size=spec.batch,
        learning_rate=spec.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(WARM_UP * steps),
        seed=plan.seed % 2**32,
        use_cpu=cpu,
        bf16=not cpu,
        **{checkpointing_key(): model.num_parameters() > LARGE},
        logging_strategy="steps",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        train_sampling_strategy="group_by_length",
        disable_tqdm=True,
        dataloader_pin_memory=not cpu,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    rows = [{"input_ids": [*e.prompt, *e.completion], "labels": [*[IGNORED] * len(e.prompt), *e.targets]} for e in examples]
    collator = DataCollatorForLanguageModeling(pad_token_id=plan.pad)
    kind = _lean_trainer() if cpu else SFTTrainer
    kind = orthogonal.penalised(kind, spec.orthogonal) if orthogonal.has_earlier(model) else kind
    trainer = kind(model=model, args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer, data_collator=collator)
    return unheard(trainer)


def checkpointing_key() -> str:
    """The setting's name: newer releases of transformers warn of the old one."""
    from transformers import TrainingArguments

    return "activation_checkpointing" if "activation_checkpointing" in {f.name for f in fields(TrainingArguments)} else "gradient_checkpointing"


def unheard(trainer: Any) -> Any:
    """The trainer without the callback that prints every step."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer


@cache
def _lean_trainer() -> Any:
    """TRL's trainer with a loss that projects completion columns alone: on a CPU its own also projects the prompts, which is half of the time."""
    from torch.nn.functional import cross_entropy
    from trl import SFTTrainer

    class CompletionTrainer(SFTTrainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            if return_outputs or not _keeps_columns(model):
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            labels = inputs["labels"][:, 1:]
            columns = (labels != IGNORED).any(0).nonzero().squeeze(-1)
            logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False, logits_to_keep=columns).logits
            wanted = labels[:, columns].flatten()
            total = cross_entropy(logits.flatten(0, 1).float(), wanted, reduction="sum")
            return total / (num_items_in_batch if num_items_in_batch is not None else (wanted != IGNORED).sum())

    return CompletionTrainer


def _keeps_columns(model: Any) -> bool:
    return "logits_to_keep" in inspect.signature(model.get_base_model().forward).parameters


def _train(trainer: Any) -> list[float]:
    """The loss of every step."""
    from synlearner.engines.sampling import fast_products

    with fast_products(trainer.args.device):
        trainer.train()
    losses = [float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry]
    if not losses or not math.isfinite(losses[-1]):
        raise EngineError(f"fine-tuning diverged: the last loss is {losses[-1] if losses else 'missing'}", "lower finetune.learning_rate")
    return losses


def described(plan: Plan, model: Any, *, name: str, seconds: float) -> dict[str, object]:
    """What every manifest says: what the adapter is and where it comes from."""
    return {
        "id": name,
        "task": plan.task,
        "parent": plan.start.id if plan.start else None,
        "base": plan.base,
        "seed": plan.seed,
        "finetune": plan.spec.model_dump(mode="json"),
        "rank": orthogonal.rank(model),
        "seconds": round(seconds, 3),
        "versions": {name: version(name) for name in ("torch", "transformers", "peft", "trl")},
    }


def _manifest(examples: Sequence[Example], plan: Plan, model: Any, losses: list[float], seconds: float) -> dict[str, object]:
    """`loss_first` and `loss_last` are means over the first and the last tenth of the steps."""
    tenth = max(1, len(losses) // 10)
    return {
        **described(plan, model, name=plan.id(examples), seconds=seconds),
        **({"overlap": orthogonal.shared_share(model)} if orthogonal.has_earlier(model) else {}),
        "lessons": len(examples),
        "tokens_learnt": sum(t != IGNORED for e in examples for t in e.targets),
        "steps": len(losses),
        "loss_first": sum(losses[:tenth]) / tenth,
        "loss_last": sum(losses[-tenth:]) / tenth,
    }
