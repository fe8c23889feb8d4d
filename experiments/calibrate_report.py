"""A calibration as an HTML page, and as tables for the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from experiments import calibrate_charts as charts
from experiments.calibrate import Calibration
from experiments.calibrate_words import calibrate_words, lines_of, parameter_rows, target_rows
from experiments.identify import PRIOR
from experiments.linkage_tables import table_of
from experiments.manifests import versions
from experiments.pages import Section, Sheet, write_report
from simulation.fingerprint import fingerprint


def subtitle(found: Calibration, lang: str) -> str:
    """County and runs, in one line."""
    county, options = found.frame.scenario.county, found.options
    return str(calibrate_words(lang)["subtitle"]).format(
        county=county.name_zh if lang == "zh" else county.name, months=found.frame.months,
        tried=len(found.losses), replicates=options.replicates, sample=options.sample,
        verified=options.verify_replicates, verify_sample=options.verify_sample,
    )  # fmt: skip


def sections(found: Calibration, lang: str) -> list[Section]:
    """Everything the page shows."""
    text = calibrate_words(lang)
    values = ", ".join(f"{value:.2g}" for value in found.identified.singular_values)
    used = ", ".join(f"{name} {version}" for name, version in versions().items())
    return [
        Section(text["in_short"], lines_of(found, lang)),
        Section(
            text["targets"], note=text["targets_note"], charts=[charts.fit_chart(found, lang)],
            sheets=[Sheet(*target_rows(found, lang))],
        ),
        Section(
            text["parameters"], note=text["parameters_note"],
            charts=[charts.ranges_chart(found, lang)],
            sheets=[Sheet(*parameter_rows(found, lang), words=3)],
        ),
        Section(
            text["identification"],
            [text["singular_line"].format(values=values, least=1.0 / PRIOR)],
            text["identification_note"], [charts.response_chart(found, lang)],
        ),
        Section(
            text["search"], note=text["search_note"], charts=[charts.search_chart(found, lang)]
        ),
        Section(
            text["repeat"],
            [f"{text['fingerprint']}: {fingerprint()}", f"{text['versions']}: {used}"],
            code=[found.command],
        ),
    ]  # fmt: skip


def write_page(found: Calibration, path: Path, lang: str = "en") -> Path:
    """Write the report, a page that needs nothing but itself."""
    text = calibrate_words(lang)
    return write_report(path, lang, text["title"], subtitle(found, lang), sections(found, lang))


def show(found: Calibration, console: Console, lang: str = "en") -> None:
    """Print what came out, and the tables behind it."""
    text = calibrate_words(lang)
    for k, line in enumerate(lines_of(found, lang)):
        console.print(Text(line, "bold" if k == 0 else ""))
    (head, rows), shown = target_rows(found, lang), (0, 1, 2, 3, 5, 6)
    cut = [head[k] for k in shown], [[row[k] for k in shown] for row in rows]
    console.print(table_of(cut, text["targets"]))
    (head, rows), shown = parameter_rows(found, lang), (0, 1, 3, 4, 7, 8)
    cut = [head[k] for k in shown], [[row[k] for k in shown] for row in rows]
    console.print(table_of(cut, text["parameters"]))
