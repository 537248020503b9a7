"""The mean of models of one shape, weight by weight: checkpoints of one training that are good at different things make one that is good at both.

    python -m pocket.mean build/pocket-12004/model build/pocket-12704/model --out build/pocket-mean

Model folders in, a folder like the last of them out, in half precision (weight averaging, arXiv 2203.05482).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

WEIGHTS = "model.safetensors"


def mean_of(tables: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean in float32, kept in half precision. Raises ValueError for models of different shapes."""
    if any({k: v.shape for k, v in t.items()} != {k: v.shape for k, v in tables[0].items()} for t in tables):
        raise ValueError("the models have different weights")
    return {name: torch.stack([t[name].float() for t in tables]).mean(0).half() for name in tables[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    shutil.copytree(args.models[-1], args.out, dirs_exist_ok=True)
    save_file(mean_of([load_file(m / WEIGHTS) for m in args.models]), args.out / WEIGHTS, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
