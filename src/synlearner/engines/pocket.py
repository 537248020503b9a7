"""The model that ships with the package: a small Llama that has learnt to write records from prompts in our contract.

It reads the user message alone, as plain text, and continues it with a space and one JSON object. Weights are kept in half precision
and computed in float32.
"""

from __future__ import annotations

from pathlib import Path

from synlearner.engines.hf import HuggingFace
from synlearner.engines.local import check_settings
from synlearner.errors import EngineError, SpecError
from synlearner.stream.specs import GeneratorSpec

FOLDER = Path(__file__).parent / "pocket_model"


class Pocket(HuggingFace):
    """The bundled model as a generator that can be fine-tuned. `chat` and `model` have no meaning here and are refused."""

    def __init__(self, spec: GeneratorSpec, folder: Path = FOLDER) -> None:
        Pocket.check(spec)
        if not any(folder.glob("*.safetensors")):
            raise EngineError(f"the bundled model's weights are missing ({folder.name})", "reinstall the package, or train them with python -m pocket.train")
        options = {"dtype": "float32", **spec.options, "system": False}
        super().__init__(spec.model_copy(update={"model": str(folder), "chat": "no", "options": options}))

    @staticmethod
    def check(spec: GeneratorSpec) -> None:
        """Refuse settings that this engine does not know, without loading anything. Raises `SpecError`."""
        if spec.model:
            raise SpecError("the bundled model takes no generator.model", 'leave it out, or set generator.engine to "hf"', field="generator.model")
        if spec.chat == "yes":
            raise SpecError("the bundled model has no chat template", 'set generator.chat to "auto"', field="generator.chat")
        check_settings(spec)
