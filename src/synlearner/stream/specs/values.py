"""What a table of a TOML is, and the kinds of values that several tables have."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

# Names of runs and tasks, which become names of files.
NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Weight = Annotated[float, Field(ge=0.0)]
# What a judge scores becomes a key of its answer, beside that of its critique.
CRITIQUE = "critique"


def _no_critique(name: str) -> str:
    if name == CRITIQUE:
        raise PydanticCustomError("criterion_taken", "another name", {"found": name})
    return name


CriterionName = Annotated[str, Field(pattern=NAME), AfterValidator(_no_critique)]
RewardName = Literal["gate", "faithfulness", "attributes", "quality", "distinctiveness", "novelty", "set_gain", "utility", "judge"]


def _as_written(value: object) -> object:
    """0.1 in a TOML is a tenth, and not the binary number next to it."""
    return Decimal(repr(value)) if isinstance(value, float) else value


# An exact amount.
Money = Annotated[Decimal, BeforeValidator(_as_written), WithJsonSchema({"type": "number"})]


def _listed(value: object) -> object:
    """Labels without definitions may be written as a list."""
    if not isinstance(value, list):
        return value
    for label in value:
        if not isinstance(label, str):
            raise PydanticCustomError("text_wanted", "a list of texts", {"found": label})
        if value.count(label) > 1:
            raise PydanticCustomError("text_twice", "each label once", {"found": label})
    return dict.fromkeys(value, "")


def _alone(value: object) -> object:
    """One name may be written without brackets."""
    return [value] if isinstance(value, str) else value


Trackers = Annotated[tuple[str, ...], BeforeValidator(_alone)]
Labels = Annotated[Mapping[str, str], BeforeValidator(_listed)]


class Spec(BaseModel):
    """Frozen, strict about unknown keys; `true` is no number and numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise PydanticCustomError("not_a_switch", "a value other than true or false")
        return value
