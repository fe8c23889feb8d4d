"""One place where a lever is named: type, unit, range, default, words and sources.

A parameter of the model is a pydantic field made by :func:`lever`. Its bounds are checked when a
scenario is read; its unit, labels, help and evidence ids travel with it, so that the command line,
the dashboard, the sweeps and the parameter table are all made from the same field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from returnee.scenarios.schema.priors import Kind, Prior, prior_of

Number = bool | int | float
Basis = Literal["measured", "bound", "assumed"]
BASES: dict[Basis, tuple[str, str]] = {
    "measured": ("measured", "实测"),
    "bound": ("sign or bound only", "仅方向或界限"),
    "assumed": ("assumed", "假设"),
}
"""What a default rests on: rows that give it, rows that give its sign or a bound, or none."""
REQUIRED: Any = PydanticUndefined
"""Default of a field that must be given (rows of a county's tables)."""


class Group(BaseModel):
    """Base of every model here: frozen, no unknown keys, defaults checked like given values."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        hide_input_in_errors=True,
    )


@dataclass(frozen=True)
class Lever:
    """A parameter with everything that is known about it.

    Attributes
    ----------
    key : str
        Dotted name within the model that was walked, such as ``"training.places"``.
    type : type
        ``bool``, ``int`` or ``float``.
    unit : str
        Unit of the value; ``"yes/no"`` for switches.
    low, high : int, float or None
        Smallest and largest allowed value, both included; None for switches.
    default : bool, int, float or None
        Value without a scenario; None where a value must be given.
    value : bool, int, float or None
        Value in the model that was walked; the default where a class was walked.
    en, zh : str
        Label in English and Chinese.
    help_en, help_zh : str
        One line of help in English and Chinese.
    evidence : tuple of str
        Ids of rows of ``scenarios/evidence.csv``; empty where the default is assumed.
    basis : {"measured", "bound", "assumed"}
        What the default rests on: rows that give it, rows that give no more than its sign or a
        bound, or nothing.
    free : bool
        Whether calibration moves it unless others are named.
    prior : Prior or None
        Where the default may lie otherwise, and why; None for levers of a policy, which are
        decided, and for what is measured.
    """

    key: str
    type: type
    unit: str
    low: float | None
    high: float | None
    default: Number | None
    value: Number | None
    en: str
    zh: str
    help_en: str
    help_zh: str
    evidence: tuple[str, ...]
    basis: Basis
    free: bool
    prior: Prior | None = None

    @property
    def own(self) -> bool:
        """Whether somebody set another value than the default, which the evidence doesn't speak of."""
        return self.default is not None and self.value != self.default

    @property
    def allowed(self) -> str:
        """What may be given, in words: ``"a number from 0 to 3000 (people/yr)"``."""
        if self.type is bool:
            return "true or false"
        kind = "a whole number" if self.type is int else "a number"
        return f"{kind} from {self.low:.10g} to {self.high:.10g} ({self.unit})"


def lever(
    default: Any,
    *,
    unit: str,
    within: tuple[float, float] | None = None,
    en: str,
    zh: str,
    help: tuple[str, str],
    evidence: tuple[str, ...] | Literal["assumed"] = (),
    bound: bool = False,
    free: bool = False,
    prior: Kind | None = None,
) -> Any:
    """Make the pydantic field of one parameter.

    Parameters
    ----------
    default : bool, int, float or REQUIRED
        Value where nothing else is said.
    unit : str
        Unit, shown wherever the value is shown.
    within : tuple of float, optional
        Smallest and largest allowed value, both included; left out for switches.
    en, zh : str
        Label in English and Chinese.
    help : tuple of str
        One line of help in English and in Chinese.
    evidence : tuple of str or "assumed"
        Ids of rows of ``scenarios/evidence.csv`` that give the default, or from which it follows
        by arithmetic that the help states. Empty means assumed.
    bound : bool
        Whether those rows give no more than a sign or a bound.
    free : bool
        Whether calibration moves it unless others are named.
    prior : Kind, optional
        Where the value may lie before anything is observed, or why that is no question.

    Returns
    -------
    pydantic.fields.FieldInfo
        Typed as Any, so that it can stand behind an annotated name.
    """
    ids = () if evidence == "assumed" else tuple(evidence)
    words = {"en": en, "zh": zh, "help_en": help[0], "help_zh": help[1]}
    extra: dict[str, Any] = {
        "unit": unit,
        **words,
        "evidence": list(ids),
        "basis": ("bound" if bound else "measured") if ids else "assumed",
        "free": free,
    }
    if prior is not None:
        extra["prior"] = prior_of(prior, default, within or (0, 1), en)
    low, high = within or (None, None)
    return Field(
        default,
        ge=low,
        le=high,
        strict=True,
        title=en,
        description=help[0],
        json_schema_extra=extra,
    )


def group(model: type[Group], *, en: str, zh: str) -> Any:
    """Make the field of a group of parameters, with the group's label in both languages."""
    return Field(default_factory=model, title=en, json_schema_extra={"en": en, "zh": zh})


def is_group(info: FieldInfo) -> bool:
    """Whether a field holds a nested group rather than a value or a table."""
    return isinstance(info.annotation, type) and issubclass(info.annotation, Group)


def walk(model: Group | type[Group], prefix: str = "") -> Iterator[tuple[str, Lever]]:
    """List the parameters of a model, nested groups included, in the order they are written.

    Parameters
    ----------
    model : Group or its class
        A model, or the class of one.
    prefix : str
        Put before each key, for example ``"policy."``.

    Yields
    ------
    key : str
        Dotted key.
    lever : Lever
        What is known about it. Texts and tables are not parameters and are left out.
    """
    cls = model if isinstance(model, type) else type(model)
    for name, info in cls.model_fields.items():
        inner: Any = None if model is cls else getattr(model, name)
        if is_group(info):
            yield from walk(info.annotation if inner is None else inner, f"{prefix}{name}.")  # type: ignore[arg-type]
        elif isinstance(info.json_schema_extra, dict) and "unit" in info.json_schema_extra:
            yield prefix + name, _lever_of(prefix + name, info, inner)


def basis_counts(found: Iterable[Lever]) -> dict[Basis, int]:
    """How many defaults rest on what."""
    counted = Counter(lever.basis for lever in found)
    return {basis: counted[basis] for basis in BASES}


def _lever_of(key: str, info: FieldInfo, value: Number | None) -> Lever:
    extra: dict[str, Any] = dict(info.json_schema_extra)  # type: ignore[arg-type]
    default = None if info.default is PydanticUndefined else info.default
    kind: type = info.annotation  # type: ignore[assignment]
    if default is not None:
        default = kind(default)
    extra["evidence"] = tuple(extra["evidence"])
    if "prior" in extra:
        extra["prior"] = Prior(**extra["prior"])
    bounds: dict[str, float] = {}
    for constraint in info.metadata:
        for side in ("ge", "le"):
            if hasattr(constraint, side):
                bounds[side] = getattr(constraint, side)
    return Lever(
        key=key,
        type=kind,
        low=bounds.get("ge"),
        high=bounds.get("le"),
        default=default,
        value=default if value is None else value,
        **extra,
    )


def groups(model: type[Group]) -> dict[str, tuple[str, str]]:
    """Name the groups of a model.

    Returns
    -------
    dict
        Group name to its label in English and Chinese, in the order of the model.
    """
    found = {}
    for name, info in model.model_fields.items():
        if is_group(info) and isinstance(info.json_schema_extra, dict):
            extra = info.json_schema_extra
            found[name] = (str(extra["en"]), str(extra["zh"]))
    return found
