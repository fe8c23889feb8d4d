"""Charts as SVG text: levels and paired differences over months, and spending.

Colours are those of Okabe and Ito, told apart with any colour vision; the reference is black.
Letters stay letters, so that the reader's browser draws them with its own fonts.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from returnee.experiments.measuring.measures import Measure
from returnee.experiments.numbers import rounded
from returnee.experiments.words.texts import label_of, unit_name, words
from returnee.scenarios import Policy
from returnee.scenarios.schema.fields import groups
from returnee.simulation.state.programmes import COLOURS as OF_PILLAR
from returnee.simulation.state.programmes import PILLARS, PROGRAMMES

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999")
BLACK = "#000000"
DASHES = ("-", (0, (6, 1.5)), (0, (2, 1)), (0, (6, 1.5, 1, 1.5)))
LOOK = mpl.rc_params_from_file(
    Path(__file__).parents[1] / "data" / "charts.mplstyle", use_default_template=False
)
LATIN = ["DejaVu Sans", "Arial"]  # fonts without Chinese characters
LEGEND, PANEL = 30, 60  # letters of a line, of names beside and above a panel
Style = dict[str, Any]  # colour and dash, as matplotlib takes them


def chinese_fonts() -> list[str]:
    """Fonts with Chinese characters that are installed here."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in LOOK["font.sans-serif"] if name in installed and name not in LATIN]


def chart_language(lang: str) -> str:
    """Language charts are labelled in: Chinese only where a font for it is installed."""
    return "zh" if lang == "zh" and chinese_fonts() else "en"


def settings(salt: str = "") -> Any:
    """Settings of matplotlib for every chart, as a dictionary."""
    fonts = [*chinese_fonts(), *LATIN]
    return {**LOOK, "svg.hashsalt": f"returnee {salt}", "font.sans-serif": fonts}


@contextmanager
def paper(salt: str, width: float, height: float, **more: Any) -> Iterator[Figure]:
    """A figure to draw on, inches, while the settings of every chart hold."""
    with mpl.rc_context(settings(salt) | more):
        yield Figure(figsize=(width, height), layout="constrained")


def legend(figure: Figure, axes: Axes, columns: int, **more: Any) -> None:
    """What one panel shows, and so all of them, below the figure."""
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=columns, frameon=False, **more)


def panels(figure: Figure, number: int, columns: int, **more: Any) -> np.ndarray:
    """So many panels in rows, flat; places that are left over stay empty."""
    rows = -(-number // columns)
    grid = figure.subplots(rows, columns, squeeze=False, **more)
    for axes in grid.flat[number:]:
        axes.set_visible(False)
    return grid.ravel()


class Drawn(str):
    """A figure as an ``<svg>`` element; it remembers what was drawn, for other kinds of picture."""

    figure: Figure
    name: str  # for screen readers, and for files

    def png(self, dpi: int = 200) -> bytes:
        """The same figure as dots, with this machine's fonts."""
        file = io.BytesIO()
        with mpl.rc_context(settings()):
            self.figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
        return file.getvalue()


def _write_svg(figure: Figure, file: io.StringIO) -> None:
    """Lay a figure out and draw it, each once; ``Figure.savefig`` draws it twice."""
    canvas, layout, dpi = FigureCanvasSVG(figure), figure.get_layout_engine(), figure.get_dpi()
    figure.set_dpi(72)  # points, as the page has
    if layout:
        layout.execute(figure)
        figure.set_layout_engine("none")
    canvas.print_svg(file, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    figure.set_dpi(dpi)
    figure.set_layout_engine(layout)


def svg_of(figure: Figure, name: str) -> Drawn:
    """The figure as an ``<svg>`` element for a page, with a name for screen readers."""
    file = io.StringIO()
    with warnings.catch_warnings():  # letters are text, so the reader's fonts count, not these
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        _write_svg(figure, file)
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in used else "", text)
    label = name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    drawn = Drawn(text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1))
    drawn.figure, drawn.name = figure, name
    return drawn


def name_of(measure: Measure, lang: str) -> str:
    """A measure's label with its unit; flows are by year."""
    text, unit = words(lang), unit_name(measure.unit, lang)
    if measure.kind == "flow":
        unit = text["by_year"].format(unit=unit)
    return str(text["with_unit"]).format(label=label_of(measure, lang), unit=unit)


def finish(axes: Axes, label: str, lang: str) -> None:
    """Label the months; write large figures short."""
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value, lang)))
    axes.grid(axis="y", color="#dddddd", linewidth=0.5)


def short_number(value: float, lang: str) -> str:
    """A figure on an axis: in k and m, or 万 and 亿."""
    scales = (
        ((1e8, 1e8, "亿"), (1e4, 1e4, "万"))
        if lang == "zh"
        else ((1e6, 1e6, " m"), (1e4, 1e3, "k"))
    )
    for least, scale, sign in scales:
        if abs(value) >= least:
            return f"{rounded(value / scale, 6):,g}{sign}"
    return f"{rounded(value, 6):,g}"


def down(axes: Axes, names: Sequence[str], **more: Any) -> None:
    """Names down the side, a row each, the first on top."""
    axes.set_yticks(range(len(names)), names, **more)
    axes.invert_yaxis()


def lines_down(axes: Axes, names: Sequence[str]) -> None:
    """Names down the side without ticks, and half a line of room above and below."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def banded(
    axes: Axes, x: Any, line: Any, number: int, colour: str, name: str, value: str = "mean"
) -> None:
    """A line with marks, of a dash by its number, and the band from ``low`` to ``high`` of its rows."""
    axes.fill_between(x, line["low"], line["high"], color=colour, alpha=0.15, lw=0)
    dash = DASHES[number % len(DASHES)]
    axes.plot(x, line[value], marker="o", markersize=3, color=colour, linestyle=dash, label=name)


def stacked(axes: Axes, parts: Iterable[tuple[np.ndarray, Any, str]], **more: Any) -> np.ndarray:
    """Bars to the right, each part (widths by row, colour, name) where the one before ends; the ends."""
    start = np.zeros(())
    for width, colour, name in parts:
        rows = range(len(width))
        axes.barh(rows, width, left=start + 0.0 * width, color=colour, label=name, **more)
        start = start + width
    return start


def by_pillar(spent: np.ndarray, lang: str) -> Iterator[tuple[np.ndarray, str, str]]:
    """Spending of each pillar with its colour and name; `spent` has shape (rows, programmes)."""
    names, place = groups(Policy), {name: k for k, name in enumerate(PROGRAMMES)}
    for pillar, programmes in PILLARS.items():
        columns = [place[name] for name in programmes]
        yield spent[:, columns].sum(axis=1), OF_PILLAR[pillar], names[pillar][lang == "zh"]
