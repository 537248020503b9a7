"""The model that ships with the package: a small Llama that has learnt to write records from prompts in our contract.

It reads the user message alone, as plain text, and continues it with a space and one JSON object. Weights are kept in half precision
and computed in float32.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from synlearner.errors import EngineError, SpecError

if TYPE_CHECKING:
    from synlearner.engines.hf import HuggingFace
    from synlearner.stream.specs import GeneratorSpec

FOLDER = Path(__file__).parent / "pocket_model"


def Pocket(spec: GeneratorSpec, folder: Path = FOLDER) -> HuggingFace:  # noqa: N802  (named like the engine that it makes)
    """The bundled model as a generator that can be fine-tuned. `chat` and `model` have no meaning here and are refused."""
    from synlearner.engines.hf import HuggingFace

    if spec.model:
        raise SpecError("the bundled model takes no generator.model", 'leave it out, or set generator.engine to "hf"', field="generator.model")
    if spec.chat == "yes":
        raise SpecError("the bundled model has no chat template", 'set generator.chat to "auto"', field="generator.chat")
    if not any(folder.glob("*.safetensors")):
        raise EngineError(f"the bundled model's weights are missing ({folder.name})", "reinstall the package, or train them with python -m pocket.train")
    options = {"dtype": "float32", **spec.options, "system": False}
    return HuggingFace(spec.model_copy(update={"model": str(folder), "chat": "no", "options": options}))
