"""What a calibration found, in sentences and rows: the same for the terminal and the page."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.texts import FOLDER, LANGUAGES, label_of, percent, unit_name, words
from experiments.validation_words import MINUS, range_text, value_text

if TYPE_CHECKING:
    from experiments.calibrate import Calibration

Rows = tuple[list[str], list[list[str]]]


@lru_cache(maxsize=len(LANGUAGES))
def calibrate_words(lang: str) -> dict[str, Any]:
    """Texts of one language, from ``templates/calibrate_<lang>.toml``."""
    return tomllib.loads((FOLDER / f"calibrate_{lang}.toml").read_text(encoding="utf-8"))


def short(value: float) -> str:
    """A parameter, to three significant digits."""
    return f"{value:.3g}".replace("-", MINUS)


def lines_of(found: Calibration, lang: str) -> list[str]:
    """What came out, in sentences."""
    text, join = calibrate_words(lang), str(words(lang)["comma"]).join
    targets, met = found.targets, found.in_band
    if met.all():
        lines = [text["all_met"].format(n=len(targets))]
    else:
        missed = join(t.label(lang) for t, hit in zip(targets, met) if not hit)
        lines = [text["some_met"].format(met=int(met.sum()), n=len(targets), missed=missed)]
    if found.losses.argmin() == 0:
        lines.append(text["kept_start"])
    lines.append(
        text["loss_line"].format(start=found.losses[0], least=found.losses.min(), end=found.loss)
    )
    told = found.identified.frame()["identified"].to_numpy()
    names = np.array([label_of(axis.lever, lang) for axis in found.axes])
    known = text["identified_line"].format(n=told.sum(), total=len(told), names=join(names[told]))
    lines.append(known if told.any() else text["identified_none"])
    if not told.all():
        lines.append(text["unidentified_line"].format(names=join(names[~told])))
    lines.append(_members_line(found, text))
    unmoved = found.identified.response.unmoved()
    if unmoved:
        lines.append(text["unmoved_line"].format(names=join(t.label(lang) for t in unmoved)))
    return lines


def _members_line(found: Calibration, text: dict[str, Any]) -> str:
    wanted, number = found.options.members, len(found.members)
    if not wanted:
        return str(text["ensemble_none"])
    key = "ensemble_line" if number >= wanted else "ensemble_few"
    return str(text[key]).format(n=number, wanted=wanted)


def target_rows(found: Calibration, lang: str) -> Rows:
    """Head and rows of the targets."""
    from experiments.calibrate_files import targets_frame

    text, rows = calibrate_words(lang), []
    for target, row in zip(found.targets, targets_frame(found).itertuples()):
        unit = target.unit
        rows.append(
            [
                target.label(lang), range_text(target.low, target.high, unit, lang),
                value_text(row.start, unit, lang), value_text(row.value, unit, lang),
                value_text(row.error, unit, lang), f"{row.distance:+.2f}".replace("-", MINUS),
                text["yes"] if row.in_band else text["no"], target.source,
            ]
        )  # fmt: skip
    keys = ("target", "band", "start", "value", "error", "distance", "in_band", "source")
    return [text[key] for key in keys], rows


def parameter_rows(found: Calibration, lang: str) -> Rows:
    """Head and rows of the parameters."""
    from experiments.calibrate_files import parameters_frame

    text, to, rows = calibrate_words(lang), str(words(lang)["to"]), []
    for axis, row in zip(found.axes, parameters_frame(found).itertuples()):
        rows.append(
            [
                label_of(axis.lever, lang), axis.key.removeprefix("behaviour."),
                unit_name(axis.lever.unit, lang), short(row.start), short(row.value),
                short(row.standard_error), to.join((short(row.low), short(row.high))),
                to.join((short(row.ensemble_low), short(row.ensemble_high))),
                percent(row.learned, lang),
            ]
        )  # fmt: skip
    keys = ("parameter", "key", "unit", "start", "value", "error", "range", "ensemble", "learned")
    return [text[key] for key in keys], rows
