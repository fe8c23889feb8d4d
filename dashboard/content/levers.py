"""Levers as the panel shows them, made from the schema."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Mix
from returnee.experiments.words.texts import label_of, unit_name
from returnee.scenarios import Lever, walk
from returnee.scenarios.schema.fields import groups
from returnee.scenarios.schema.layers import MODELS
from returnee.scenarios.schema.own_rules import RULES

WORLD = ("behaviour", "county")
WAN = 10_000
MAIN = (
    "policy.training.places", "policy.services.township_posts", "policy.services.desk_days",
    "policy.services.mentors", "policy.incubation.places", "policy.activities.outreach_sessions",
    "policy.finance.guarantee_fund", "policy.finance.startup_grant", "policy.linkage.referral",
    "policy.budget.cap",
)  # fmt: skip
"""Levers that are always in sight: one or two of each kind of support, and the money for all."""


def rooms(mix: Mix, lang: str) -> list[dict[str, Any]]:
    """Policy and world, each with its groups of levers; ``base`` values are the scenario's."""
    text, base = words(lang)["levers"], Mix(mix.base, county=mix.county)
    policy = _groups("policy", base, lang)
    world = _own(base, lang)
    world += [group for room in WORLD for group in _groups(room, base, lang)]
    count = [sum(len(group["levers"]) for group in groups) for groups in (policy, world)]
    return [
        {
            "key": "policy", "name": text["all_policy"].format(n=count[0]), "note": "",
            "groups": policy,
        },
        {
            "key": "world", "name": text["assumptions"].format(n=count[1]),
            "note": text["world_note"], "groups": world,
        },
    ]  # fmt: skip


@lru_cache(maxsize=512)
def _groups(room: str, base: Mix, lang: str) -> list[dict[str, Any]]:
    scenario = base.scenario()
    found: dict[str, list[dict[str, Any]]] = {}
    for key, lever in walk(getattr(scenario, room), f"{room}."):
        found.setdefault(key.rpartition(".")[0], []).append(shown(lever, lang))
    names = {f"{room}.{name}": both[lang == "zh"] for name, both in groups(MODELS[room]).items()}
    whole = words(lang)["levers"]["world"] if room != "county" else _county(lang)
    return [
        {"key": key, "name": names.get(key, whole), "levers": inner}
        for key, inner in sorted(found.items(), key=lambda item: item[0] == room)
    ]


def _own(base: Mix, lang: str) -> list[dict[str, Any]]:
    """Levers of rules of one's own, if the server was started with some."""
    rules = base.scenario().rules
    levers = rules.levers().values() if rules else ()
    found = [{**shown(lever, lang), "unit": ""} for lever in levers]
    name = f"{words(lang)['levers']['own_rules']} ({rules.file})" if rules else ""
    return [{"key": RULES, "name": name, "levers": found}] if found else []


def _county(lang: str) -> str:
    from returnee.experiments.words.texts import words as report_words

    return str(report_words(lang)["rooms"]["county"])


def shown(lever: Lever, lang: str) -> dict[str, Any]:
    """One lever as plain values."""
    return {
        "key": lever.key,
        "label": label_of(lever, lang),
        "unit": unit_name(lever.unit, lang),
        "type": lever.type.__name__,
        "low": lever.low,
        "high": lever.high,
        "step": step_of(lever),
        "base": lever.value,
        "help": lever.help_zh if lang == "zh" else lever.help_en,
        "sources": ", ".join(lever.evidence),
        "basis": lever.basis,
        "default": lever.default,
    }


def step_of(lever: Lever) -> float:
    """A round step of about a hundredth of the range; 1 at least for whole numbers.

    Examples
    --------
    >>> from returnee.dashboard.visitor.place import LEVERS
    >>> step_of(LEVERS["policy.training.places"]), step_of(LEVERS["policy.linkage.referral"])
    (20.0, 0.01)
    """
    if lever.type is bool or lever.low is None or lever.high is None or lever.high <= lever.low:
        return 1.0
    rough = (lever.high - lever.low) / 100.0
    size = 10.0 ** math.floor(math.log10(rough))
    near = min((1.0, 2.0, 5.0, 10.0), key=lambda digit: abs(math.log(rough / (digit * size))))
    step = float(f"{near * size:.6g}")
    return max(1.0, round(step)) if lever.type is int else step


def value_text(lever: Lever, value: Any, lang: str) -> str:
    """A lever's value as written, with its unit."""
    if isinstance(value, bool):
        return str(words(lang)["levers"]["on" if value else "off"])
    size = float(value)
    if lang == "zh" and abs(size) >= WAN:
        number = f"{size / WAN:,.6g}万"
    elif lever.unit.startswith("yuan") and abs(size) >= 1e6:
        number = f"{size / 1e6:,.6g} m"
    else:
        number = f"{int(size):,}" if size == int(size) else f"{size:,.4g}"
    unit = unit_name(lever.unit, lang)
    return number if lever.unit == "share" else f"{number}{'' if lang == 'zh' else ' '}{unit}"
