"""What rows are held to: `[feedback]` and `[judge]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from synlearner.stream.specs.models import GeneratorSpec
from synlearner.stream.specs.values import Share, Spec

# The judges of `[judge]`, where something is named that they may do.
JUDGE = "judge"


class FeedbackSpec(Spec):
    """Filters. Each one is `annotate` (say, keep), `drop` or `off`."""

    verifier: Literal["annotate", "drop", "off"] = "drop"
    verifier_engine: str = "tfidf"
    verifier_margin: Share = 0.2
    verifier_crossfit: Literal[0] | Annotated[int, Field(ge=2, le=50)] = 0
    attributes: Literal["annotate", "drop", "off"] = "annotate"
    quality: Literal["annotate", "drop", "off"] = "drop"
    duplicates: Literal["annotate", "drop", "off"] = "drop"
    near_duplicate: Share = 0.8
    contamination: Literal["annotate", "drop"] = "drop"
    embedder: str = "hashing"
    embedder_model: str = ""


def _as_judges(value: object) -> object:
    """One table or a list of them. A judge is to say the same thing twice, and has room for a critique before its scores."""
    listed = [value] if isinstance(value, Mapping) else value
    return [{"temperature": 0.0, "max_new_tokens": 400, **one} if isinstance(one, Mapping) else one for one in listed] if isinstance(listed, list) else listed


class JudgeSpec(Spec):
    """Judges that read rows: `by` is one engine or several, with the settings of `[generator]`; none, and nobody judges. Each criticises a row and then scores it from 1 to
    `points` on every criterion of the task's rubric. What it says is calibrated on at most `rows` rows that people judged, in this run or in the run folder `people`,
    and without such rows on seed rows beside seed rows with another label. `believe`: only judges that are better than chance on these rows, or always. A row whose
    calibrated score lies below `threshold` is marked (`annotate`) or left out (`drop`); `off` reads no rows, for judges that only reward or criticise.
    """

    by: Annotated[tuple[GeneratorSpec, ...], BeforeValidator(_as_judges)] = ()
    use: Literal["annotate", "drop", "off"] = "annotate"
    threshold: Share = 0.5
    points: int = Field(5, ge=2, le=100)
    rows: int = Field(100, ge=1)
    people: str = ""
    calibration: Literal["platt", "isotonic", "off"] = "platt"
    believe: Literal["measured", "always"] = "measured"
