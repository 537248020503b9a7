"""O-LoRA (arXiv 2310.14152): a new adapter learns beside the earlier one, in directions that the earlier one does not read.

The earlier adapter is worn and frozen. A fresh one of the wanted rank is trained under the penalty `weight * sum over layers |A_old A_new'|²`,
where rows of A are the directions that an adapter reads. Both together are saved as one adapter, exactly, whose rank is the sum of theirs: the next
task's penalty then holds for all earlier ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.engines.factors import read_factors, summed, write_factors
from synlearner.records import Adapter
from synlearner.stream.specs import FinetuneSpec

if TYPE_CHECKING:
    import torch

EARLIER, NEW = "earlier", "default"
FIX = "set finetune.orthogonal to 0, or start from an adapter of this package"


def beside(model: Any, start: Adapter, spec: FinetuneSpec) -> Any:
    """The model with the earlier adapter, frozen, and beside it a fresh one on the same layers that learns."""
    from peft import LoraConfig, PeftModel

    read_factors(Path(start.path), fix=FIX)
    worn = PeftModel.from_pretrained(model, start.path, adapter_name=EARLIER)
    layers = worn.peft_config[EARLIER].target_modules
    worn.add_adapter(NEW, LoraConfig(r=spec.rank, lora_alpha=spec.alpha, lora_dropout=spec.dropout, target_modules=layers, task_type="CAUSAL_LM"))
    worn.base_model.set_adapter([EARLIER, NEW])
    for name, parameter in worn.named_parameters():
        parameter.requires_grad_(f".{NEW}." in name)
    return worn


def has_earlier(model: Any) -> bool:
    """Whether a model learns beside an earlier adapter."""
    return EARLIER in model.peft_config


def rank(model: Any) -> int:
    """The rank of what is saved."""
    return sum(config.r for name, config in model.peft_config.items() if name in (EARLIER, NEW))


def overlap(model: Any) -> torch.Tensor:
    """`sum over layers |A_old A_new'|²`."""
    import torch

    return torch.stack([(old.float() @ new.float().T).square().sum() for old, new in _readers(model)]).sum()


def shared_share(model: Any) -> float:
    """Mean squared cosine between the directions that both adapters read, in 0..1: 0 where they share none."""
    import torch
    from torch.nn.functional import normalize

    with torch.no_grad():
        return float(torch.cat([(normalize(old.float()) @ normalize(new.float()).T).square().flatten() for old, new in _readers(model)]).mean())


def _readers(model: Any) -> list[tuple[Any, Any]]:
    """Both adapters' A of every layer."""
    return [(m.lora_A[EARLIER].weight, m.lora_A[NEW].weight) for m in model.modules() if NEW in getattr(m, "lora_A", {})]


def penalised(trainer: type, weight: float) -> type:
    """A trainer whose loss has the penalty in it."""

    class Orthogonal(trainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            found = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            extra = weight * overlap(model)
            return (found[0] + extra, *found[1:]) if return_outputs else found + extra

    return Orthogonal


def save_both(model: Any, start: Adapter, folder: Path) -> None:
    """Both adapters as one: their changes are added, so it writes what the two together write."""
    earlier = read_factors(Path(start.path), fix=FIX)
    layers = {}
    for name, module in model.named_modules():
        if name in earlier.layers:
            b, a = module.lora_B[NEW].weight, module.lora_A[NEW].weight
            new = (module.scaling[NEW] * b.detach().double().cpu(), a.detach().double().cpu())
            layers[name] = summed([earlier.layers[name], new], [1.0, 1.0])
    write_factors(folder, layers, earlier.rank + model.peft_config[NEW].r, earlier)
