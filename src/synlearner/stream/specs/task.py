"""The TOML of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from synlearner.stream.specs.values import NAME, CriterionName, Labels, Spec


class Length(Spec):
    """Allowed words in the text fields together."""

    min_words: int = Field(1, ge=0)
    max_words: int = Field(400, ge=1)


class Source(Spec):
    """Where rows come from: a JSONL, CSV or Parquet file, or ``hf://name[/config]?split=train``.

    `columns` maps record fields to column names of the source. `per_label` keeps at most so many rows of each label, chosen with the
    run's seed. `unusable = "skip"` leaves out empty, duplicate, contradicting and undeclared rows, counted in a warning, where the
    default refuses them: for public data sets that nobody can edit.
    """

    path: str = Field(min_length=1)
    columns: Mapping[str, str] = Field(default_factory=dict)
    per_label: int | None = Field(None, ge=1)
    unusable: Literal["refuse", "skip"] = "refuse"


class Data(Spec):
    """Seeds are shown to the generator; gold is read by evaluation alone; `real` is an optional human-made training set for the performance gap recovered; `pool` are
    rows, with labels or without, that rounds may write around and that nothing learns from.
    """

    seeds: Source | None = None
    gold: Source
    real: Source | None = None
    pool: Source | None = None


class TaskSpec(Spec):
    """One labelling task. `labels` maps each label to its definition (may be empty; a list has none); `attributes` are shared dimensions,
    `label_attributes` dimensions of single labels. `rubric` maps what a judge scores to a sentence that says what is good; empty, it is made from the rest.
    `leak = "forbid"` rejects texts that contain their label.
    """

    name: str = Field(pattern=NAME)
    kind: str
    instruction: str = Field(min_length=1)
    fields: tuple[str, ...] = ()
    target: str = ""
    labels: Labels = Field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    label_attributes: Mapping[str, Mapping[str, tuple[str, ...]]] = Field(default_factory=dict)
    rubric: Mapping[CriterionName, str] = Field(default_factory=dict)
    leak: Literal["allow", "forbid"] = "allow"
    length: Length = Length()
    language: str = ""
    licence: str = ""
    data: Data
