"""A generator of your own in one file: whatever can answer a prompt can write data.

    python examples/your_generator.py [RUN_FOLDER]

This one fills templates, which is enough to see the whole loop. To use yours from the command line, install it as a package with the entry point

    [project.entry-points."synlearner.generator"]
    templates = "your_package:Templates"

and write `engine = "templates"` into the run's TOML.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from synlearner import Draft, Failure, GeneratorSpec, Turn, load_stream, register, run
from synlearner.report.progress import progress_for

HERE = Path(__file__).parent
PARTS = {
    "booking": (
        ["Can I book", "Is it possible to reserve", "I'd like to move our slot in", "What does it cost to rent"],
        ["the small hall", "the kitchen", "room 2", "the gym", "the workshop"],
        ["on Friday evening", "for a birthday", "every second Monday", "for our theatre group", "in the first week of May"],
    ),
    "complaint": (
        ["Nobody cleaned", "The light is broken in", "It was freezing in", "The floor is slippery in", "There was no paper in"],
        ["the corridor", "the changing room", "the big hall", "the kitchen", "the entrance"],
        ["again", "for the third time this month", "and the desk did not care", "when we came yesterday", "which is dangerous"],
    ),
    "lost": (
        ["I lost", "Has anyone found", "My daughter forgot", "I think I left", "Somebody handed me"],
        ["a red glove", "my keys", "a water bottle", "a pair of glasses", "a small backpack"],
        ["after yoga", "near the stairs", "on Tuesday", "in the cloakroom", "at the flea market"],
    ),
}


@register("generator", "templates")
class Templates:
    """Draws one part from each list. `identity` is part of every step's key: change it whenever answers may change."""

    identity = "templates 1"
    unit = 16  # prompts per unit: a unit is written to the ledger as a whole

    def __init__(self, spec: GeneratorSpec) -> None:
        self.temperature = spec.temperature  # a real engine reads its settings here

    def write(self, units: Sequence[Sequence[Turn]]) -> Iterator[tuple[int, list[Draft | Failure]]]:
        for number, unit in enumerate(units):
            yield number, [self._answer(turn) for turn in unit]

    def _answer(self, turn: Turn) -> Draft | Failure:
        prompt = turn.prompt
        if prompt.label not in PARTS:
            return Failure(prompt.id, turn.number, f"no templates for the label {prompt.label!r}")
        draw = random.Random(prompt.seed)  # the prompt's own seed: the same prompt always gets the same answer
        text = " ".join(draw.choice(part) for part in PARTS[prompt.label])
        return Draft(prompt.id, turn.number, json.dumps({"label": prompt.label, "text": text}), tokens_in=None, tokens_out=None)

    def close(self) -> None:
        """Nothing to release."""


if __name__ == "__main__":
    stream = load_stream(HERE / "csv_task" / "stream.toml", ["generator.engine=templates", "synthesis.rows=45", "evaluation.matrix=none"])
    folder = run(stream, Path(sys.argv[1] if len(sys.argv) > 1 else "runs/your-generator"), progress=progress_for(plain=True))
    print(*(folder / "data" / "centre-mail.jsonl").read_text(encoding="utf-8").splitlines()[:3], sep="\n")
