"""Charts and tables of a budget search."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from returnee.dashboard.content import drawing
from returnee.dashboard.content.drawing import Spec
from returnee.dashboard.live.budgets import Candidate, Searched, Versus, baseline_of
from returnee.dashboard.texts import measure_name, words
from returnee.dashboard.visitor.place import LEVERS
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.numbers import rounded
from returnee.experiments.studies.points.budget import USUAL
from returnee.experiments.words.texts import (
    amount,
    between,
    label_of,
    percent,
    to,
    unit_name,
    value_text,
    yuan,
)
from returnee.experiments.words.texts import words as report_words
from returnee.scenarios import Policy
from returnee.scenarios.schema.fields import groups

MENTIONED, LEAST_TOLD = (
    2,
    0.02,
)  # programmes that a mix's name mentions, and the share of the cap that makes one worth it


class Views:
    """What the page shows of a search, in a language."""

    def __init__(self, found: Searched, lang: str) -> None:
        self.found, self.lang = found, lang
        self.text = words(lang)["budget"]
        self.pairs = list(combinations(found.objectives, 2)) or [(found.objectives[0],) * 2]

    def name(self, candidate: Candidate) -> str:
        """Name of a mix."""
        if candidate.name == USUAL:
            return str(self.text["usual"])
        return str(self.text["mix"].format(name=candidate.name))

    def about(self, candidate: Candidate) -> str:
        """On what a mix spends most more, and most less, than the baseline under the same cap; empty for the baseline."""
        if candidate.name == USUAL:
            return ""
        usual, labels = self.found.usual().programmes, report_words(self.lang)["programmes"]
        names = {*candidate.programmes, *usual}
        changes = {k: candidate.programmes.get(k, 0.0) - usual.get(k, 0.0) for k in names}
        ordered = sorted(names, key=lambda k: (-changes[k], k))
        told = []
        for key, some in (("more_on", ordered[:MENTIONED]), ("less_on", ordered[::-1][:MENTIONED])):
            sign = 1.0 if key == "more_on" else -1.0
            listed = [
                str(labels[k]) for k in some if sign * changes[k] >= LEAST_TOLD * self.found.cap
            ]
            if listed:
                told.append(str(self.text[key]).format(what=str(self.text["comma"]).join(listed)))
        return str(self.text["semicolon"]).join(told)

    def named(self, candidate: Candidate) -> str:
        """Name of a mix, and what it spends more and less on."""
        told = self.about(candidate)
        return f"{self.name(candidate)}{self.text['colon']}{told}" if told else self.name(candidate)

    def label(self, objective: str) -> str:
        """Name of an objective in a few words."""
        short = self.text["objectives"].get(objective)
        return str(short) if short else measure_name(BY_NAME[objective], self.lang)

    def front(self, pair: int, chosen: int) -> Spec:
        """Mixes by two objectives, as differences from the baseline under the same cap."""
        x, y = self.pairs[pair]
        points: dict[str, list[Spec]] = {kind: [] for kind in STYLES}
        rows, csv = [], []
        for k, candidate in enumerate(self.found.candidates):
            one, two = (candidate.versus[USUAL][name] for name in (x, y))
            kind = self._kind(candidate)
            point: Spec = {"name": self.name(candidate), "key": k, "value": [one.difference, two.difference]}  # fmt: skip
            short = self.text["usual_short"] if candidate.name == USUAL else candidate.name
            point["short"] = short
            if k == chosen:
                point["range"] = [one.low, one.high, two.low, two.high]
            points["chosen" if k == chosen else kind].append(point)
            raw: list[Any] = [self.name(candidate), self.text[kind]]
            shown = list(raw)
            for name, versus in ((x, one), (y, two)):
                unit = BY_NAME[name].unit
                raw += [versus.difference, versus.low, versus.high]
                shown += [
                    amount(versus.difference, unit, self.lang, True),
                    self._between(versus, unit),
                ]
            csv.append(raw)
            rows.append(shown)
        heads = [words(self.lang)["charts"]["what"], ""]
        parts = words(self.lang)["charts"]["parts"]
        return drawing.chart(
            self.text["front_title"], "points", self.lang, f"budget-{x}-{y}", picks=True, height=400,
            note=self.text["front_note"].format(n=int(self.found.about["worlds"])), signed=True,
            x=self.label(x), y=self.label(y), x_unit=BY_NAME[x].unit, unit=BY_NAME[y].unit,
            series=[
                {"name": self.text[kind], "data": points[kind], **STYLES[kind]} for kind in STYLES
                if points[kind]
            ],
            columns=[*heads, *(h for n in (x, y) for h in (self.label(n), percent(0.9, self.lang)))], rows=rows,
            csv_columns=[*heads, *(f"{self.label(n)} {part}" for n in (x, y) for part in parts)], csv=csv,
        )  # fmt: skip

    def _kind(self, candidate: Candidate) -> str:
        if candidate.name == USUAL:
            return "usual"
        return "front" if candidate.front else "rest"

    def _between(self, versus: Versus, unit: str) -> str:
        return between(versus.low, versus.high, unit, self.lang)

    def differences(self, objective: str) -> Spec:
        """Every mix against the baseline under the same cap, in one objective."""
        mixes = [c for c in self.found.candidates if c.name != USUAL]
        data = [_triple(c.versus[USUAL][objective]) for c in mixes]
        unit = BY_NAME[objective].unit
        return drawing.intervals(
            f"{self.label(objective)} ({unit_name(unit, self.lang)})", [self.name(c) for c in mixes],
            [{"name": self.text["difference"], "colour": "policy", "data": data}], self.lang,
            f"budget-{objective}", unit, note=self.text["difference_note"],
        )  # fmt: skip

    def spending(self, candidate: Candidate) -> Spec:
        """Yearly spending of a mix by programme, beside the baseline's."""
        usual = self.found.usual()
        sides = [candidate] if candidate is usual else [usual, candidate]
        names = sorted(
            {name for side in sides for name in side.programmes},
            key=lambda name: -candidate.programmes.get(name, 0.0),
        )
        labels = report_words(self.lang)["programmes"]
        lines = [
            {"name": self.name(side), "colour": "reference" if side is usual else "policy",
             "data": [round(side.programmes.get(name, 0.0)) for name in names]}
            for side in sides
        ]  # fmt: skip
        low, high = (yuan(v, self.lang) for v in candidate.spent[1:])
        note = self.text["spending_note"].format(
            spent=yuan(candidate.spent[0], self.lang),
            low=low,
            high=high,
            cap=yuan(self.found.cap, self.lang),
        )
        return drawing.bars(
            self.text["spending"], [labels[name] for name in names], lines, self.lang,
            f"budget-spending-{candidate.name}", "yuan", note=note,
        )  # fmt: skip

    def outcomes(self, candidate: Candidate) -> list[dict[str, str]]:
        """A row an objective: level, difference from the baseline, how sure, regret."""
        rows = []
        for name in self.found.objectives:
            unit, (mean, low, high) = BY_NAME[name].unit, candidate.outcomes[name]
            ends = (amount(v, unit, self.lang) for v in (low, high))
            versus, regret = candidate.versus[USUAL][name], candidate.regret[name]
            same = candidate.name == USUAL
            rows.append({
                "what": f"{self.label(name)} ({unit_name(unit, self.lang)})",
                "level": amount(mean, unit, self.lang), "range": to(self.lang, *ends),
                "difference": "–" if same else amount(versus.difference, unit, self.lang, True),
                "interval": "" if same else self._between(versus, unit),
                "sure": "" if same else self.sure(versus),
                "side": {1: "good", -1: "bad", 0: ""}[0 if same else versus.told * BY_NAME[name].better],
                "best": self.against_best(candidate, name),
                "worst": percent(regret[0], self.lang), "mean": percent(regret[1], self.lang),
            })  # fmt: skip
        return rows

    def sure(self, versus: Versus) -> str:
        """In how many sets of assumptions a mix has more, in words."""
        worlds = int(self.found.about["worlds"])
        more = round(versus.share * worlds)
        if versus.told:
            way, n = ("more", more) if versus.told > 0 else ("less", worlds - more)
            return str(self.text[way].format(n=n, worlds=worlds))
        return str(self.text["cant"].format(n=more, worlds=worlds))

    def against_best(self, candidate: Candidate, objective: str) -> str:
        """Whether a mix can be told from the best one in an objective."""
        best = self.found.best(objective)
        if best is candidate:
            return str(self.text["best"])
        told = candidate.versus[best.name][objective].told
        key = "behind" if told < 0 else "level_with"
        return str(self.text[key].format(mix=self.name(best)))

    def levers(self, candidate: Candidate) -> list[dict[str, str]]:
        """Levers of a mix that are not as in the baseline, those moved farthest first."""
        usual, rows = baseline_of(self.found), []
        titles = {key: pair[self.lang == "zh"] for key, pair in groups(Policy).items()}
        for key, value in candidate.levers.items():
            if value == usual[key]:
                continue
            lever = LEVERS[key]
            span = (lever.high or 1.0) - (lever.low or 0.0) if lever.type is not bool else 1.0
            moved = abs(float(value) - float(usual[key])) / (span or 1.0)  # type: ignore[arg-type]
            rows.append((moved, {
                "group": titles.get(key.split(".")[1], ""),
                "label": label_of(lever, self.lang),
                "unit": "" if lever.type is bool else unit_name(lever.unit, self.lang),
                "was": self._value(usual[key]), "now": self._value(value),
            }))  # fmt: skip
        return [row for _, row in sorted(rows, key=lambda pair: -pair[0])]

    def _value(self, value: Any) -> str:
        if isinstance(value, bool):
            return str(words(self.lang)["levers"]["on" if value else "off"])
        number = rounded(float(value), 3)
        if self.lang == "zh" and abs(number) >= 10_000:
            return f"{number / 10_000:,.4g}万"
        return value_text(number)

    def in_short(self, shown: Candidate) -> list[str]:
        """What came out, in words."""
        lines = [self._most(name) for name in self.found.objectives]
        safe = self.found.candidates[self.found.safest()]
        worst = max(worst for worst, _ in safe.regret.values())
        lines.append(self.text["safest"].format(mix=self.name(safe), share=f"{100 * worst:.0f}"))
        spent = [yuan(side.spent[0], self.lang) for side in (self.found.usual(), shown)]
        cap = yuan(self.found.cap, self.lang)
        lines.append(self.text["unspent"].format(spent=spent[0], mine=spent[1], cap=cap))
        return lines

    def _most(self, name: str) -> str:
        """The best mix in an objective, and which others can't be told from it."""
        best, unit = self.found.best(name), BY_NAME[name].unit
        mean, low, high = (amount(v, unit, self.lang) for v in best.outcomes[name])
        near: list[str] = []
        told: list[str] = []
        for other in self.found.candidates:
            if other is not best:
                behind = other.versus[best.name][name].told < 0
                (told if behind else near).append(self.name(other))
        key = "alone" if not near else "none_told" if not told else "near"
        key, named = ("told", told) if key == "near" and len(told) < len(near) else (key, near)
        line = self.text["most"].format(
            what=self.label(name), mix=self.name(best), value=mean, low=low, high=high
        )
        return f"{line}{self.text[key].format(mixes=self.text['comma'].join(named))}"


STYLES: dict[str, Spec] = {
    "front": {"colour": "policy"},
    "rest": {"colour": "c6", "faded": True},
    "usual": {"colour": "reference", "size": 12},
    "chosen": {"colour": "c1", "size": 17},
}


def _triple(versus: Versus) -> list[float] | None:
    values = [versus.difference, versus.low, versus.high]
    return None if any(v != v for v in values) else values  # NaN is not itself
