"""Where a parameter may lie before anything is observed, and why: kinds of ranges.

A prior is flat between its ends, in the parameter or, for what is moved by factors, in its
logarithm. Most defaults have no source, so that most ranges say no more than their kind does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Words = tuple[str, str]  # in English and Chinese


@dataclass(frozen=True)
class Prior:
    """A flat range; of a parameter that is no matter of belief the ends are None."""

    low: float | None
    high: float | None
    scale: Literal["linear", "log"]
    why_en: str
    why_zh: str


Kind = Callable[[float, float, float], Prior]
"""A prior from the default and the smallest and largest allowed value."""


def between(low: float, high: float, why_en: str, why_zh: str) -> Kind:
    """A range that is written out."""
    return lambda *_: Prior(low, high, "linear", why_en, why_zh)


def times(factor: float, why_en: str, why_zh: str) -> Kind:
    """The default divided and multiplied by a factor, moved by factors."""
    return lambda default, least, most: Prior(
        max(least, _short(default / factor)), min(most, _short(default * factor)), "log",
        why_en, why_zh,
    )  # fmt: skip


def around(reach: float) -> Kind:
    """So much either way of a constant that is fitted."""
    why = f"{reach:g} either way of the fitted value", f"拟合值上下各{reach:g}"
    return lambda default, *_: Prior(
        _short(default - reach), _short(default + reach), "linear", *why
    )


def none(why_en: str, why_zh: str) -> Kind:
    """No range, and why."""
    return lambda *_: Prior(None, None, "linear", why_en, why_zh)


def _odds(default: float, least: float, most: float) -> Prior:
    """Odds from half to twice those of the default."""
    low, high = default / (2.0 - default), 2.0 * default / (1.0 + default)
    why = "odds half to double of the default: no source", "几率为默认值的一半至两倍：无来源"
    return Prior(max(least, _short(low)), min(most, _short(high)), "linear", *why)


def _short(value: float) -> float:
    return float(f"{value:.3g}")


ODDS: Kind = _odds
NEAR = times(
    1.5,
    "two thirds to one and a half of the default: no source",
    "默认值的三分之二至一倍半：无来源",
)
DOUBLE = times(2, "half to double of the default: no source", "默认值的一半至两倍：无来源")
TRIPLE = times(
    3, "a third to three times the fitted value: no source", "拟合值的三分之一至三倍：无来源"
)
DECREED = times(
    1.25,
    "set by decree, within a quarter: the year is not known",
    "由法令规定，上下四分之一：年份不定",
)


def SIGN(default: float, least: float, most: float) -> Prior:
    """From nothing to twice the default."""
    return Prior(0.0, min(most, 2.0 * default), "linear", "sign known only", "仅知方向")


def WHOLE(default: float, least: float, most: float) -> Prior:
    """All that is allowed."""
    return Prior(least, most, "linear", "all that is allowed: no source", "全部允许范围：无来源")


SWITCH = none("a mechanism: looked at on and off, as structure", "机制：作为结构不确定性开关比较")
TASTE = none("a reader's weight: it changes no figure but the index", "读者的权重：只改变该指数")
NUMERICAL = none("a technical limit that is not reached in use", "实际不触及的技术界限")
CALENDAR = none("a date of the calendar", "日历日期")
SCENE = none("a shock belongs to a scenario", "冲击属于情景设定")
BOOKS = none("who pays: it changes no figure but the county's own cost", "由谁承担：只改变县级负担")
OWN = none("a count that a county's file gives", "由县文件给出的统计数")


def prior_of(kind: Kind, default: float, bounds: tuple[float, float], name: str) -> dict[str, Any]:
    """A parameter's prior as plain values.

    Raises ValueError: one line, if it excludes the default or leaves what is allowed.
    """
    found = kind(float(default), *map(float, bounds))
    if found.low is not None and found.high is not None:
        if not found.low <= default <= found.high or found.low == found.high:
            raise ValueError(
                f"{name}: prior: found {found.low:.10g} to {found.high:.10g}, "
                f"allowed a range that includes the default, {default:.10g}"
            )
        if found.low < bounds[0] or found.high > bounds[1]:
            raise ValueError(
                f"{name}: prior: found {found.low:.10g} to {found.high:.10g}, "
                f"allowed {bounds[0]:.10g} to {bounds[1]:.10g}"
            )
    return vars(found)
