"""The files of a LoRA adapter as factors, by layer, and back: what an adapter changes, apart from any model.

An adapter adds `s B A` to a layer's weights, with `s = alpha / rank`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.errors import EngineError, boundary

if TYPE_CHECKING:
    import torch

    Pair = tuple[torch.Tensor, torch.Tensor]

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
# Settings of PEFT under which an adapter is more, or other, than one scaled product per layer.
PLAIN: Mapping[str, tuple[Any, ...]] = {"bias": ("none", None), "use_dora": (False, None), "rank_pattern": ({}, None), "alpha_pattern": ({}, None), "modules_to_save": (None, [])}


@dataclass(frozen=True, slots=True)
class Factors:
    """The change that an adapter makes, by layer: a pair of B with the scale in it, shape (out, rank), and A, shape (rank, in), in double precision."""

    layers: Mapping[str, Pair]
    scale: float
    config: Mapping[str, Any]

    @property
    def rank(self) -> int:
        return int(self.config["r"])

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """(out, in) of each layer."""
        return {name: (b.shape[0], a.shape[1]) for name, (b, a) in self.layers.items()}


def read_factors(folder: Path, *, fix: str) -> Factors:
    """The factors in an adapter's folder. Raises `EngineError` with the fix where the adapter is not one scaled product per layer."""
    with boundary("torch", "local"), boundary("safetensors", "local"):
        from safetensors.torch import load_file
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    for key, plain in PLAIN.items():
        if config.get(key) not in (*plain, None):
            raise EngineError(f"the adapter {folder} cannot be taken apart: it was made with {key} = {config[key]!r}", fix)
    tensors = load_file(folder / WEIGHTS)
    scale = config["lora_alpha"] / (math.sqrt(config["r"]) if config.get("use_rslora") else config["r"])
    names = [n.removesuffix(".lora_A.weight") for n in tensors if n.endswith(".lora_A.weight")]
    if 2 * len(names) != len(tensors):
        raise EngineError(f"the adapter {folder} cannot be taken apart: it has more than two factors per layer", fix)
    return Factors({n: (scale * tensors[f"{n}.lora_B.weight"].double(), tensors[f"{n}.lora_A.weight"].double()) for n in names}, scale, config)


def write_factors(folder: Path, layers: Mapping[str, Pair], rank: int, like: Factors) -> None:
    """Write factors as an adapter with the settings and the scale of another one, so that learning goes on at the same pace."""
    from safetensors.torch import save_file

    root = math.sqrt(like.scale)
    tensors = {f"{n}.lora_{which}.weight": (t / root).float().contiguous() for n, (b, a) in layers.items() for which, t in (("A", a), ("B", b))}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    alpha = like.scale * rank
    config = {**like.config, "r": rank, "lora_alpha": round(alpha) if math.isclose(alpha, round(alpha)) else alpha, "use_rslora": False}
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def summed(pairs: Sequence[Pair], weights: Sequence[float]) -> Pair:
    """Factors (out, sum of ranks) and (sum of ranks, in) whose product is the weighted sum of the pairs' products."""
    import torch

    return torch.cat([w * b for w, (b, _) in zip(weights, pairs, strict=True)], dim=1), torch.cat([a for _, a in pairs], dim=0)
