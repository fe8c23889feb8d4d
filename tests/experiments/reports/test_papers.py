"""Papers of an office: a brief of two sheets, a workbook with figures as figures, pictures."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from matplotlib.figure import Figure

from returnee import Comparison
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.document import (
    Cell,
    Heading,
    Picture,
    Report,
    Section,
    Sheet,
    Text,
)
from returnee.experiments.reports.figures import settings, svg_of
from returnee.experiments.reports.html import html
from returnee.experiments.reports.papers import files
from returnee.experiments.reports.papers.brief import brief
from returnee.experiments.reports.papers.docx import docx_of
from returnee.experiments.reports.papers.tables import tables
from returnee.experiments.reports.papers.xlsx import xlsx_of
from returnee.experiments.words.texts import words

EVIL = "=1+1 <b>\x07"
PLAIN = Report("zh", EVIL, "二", [
    Section("[1]", [Text([EVIL], "list"), Heading(EVIL), Sheet(
        ["name", EVIL], [["band"], [EVIL, Cell("+1,000", ("(1 m to 2 m)",), True, 1, 1000.4, "firms")]],
    )]),
    Section("{1}", [Sheet((), [["a", "b"]])], on_new_page=True),
])  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_brief_says_all_that_one_must(small: Comparison, lang: str) -> None:
    made = brief(small, lang)
    text = words(lang)["brief"]
    titles = [section.title for section in made.sections]
    assert titles == [
        text[key] for key in ("question", "answer", "costs", "gains", "rests", "not_for")
    ]
    page = html(made)
    assert 'class="brief"' in page and 'class="sheet"' in page
    assert words(lang)["report"]["not_for_items"][0] in page
    costs = made.sections[2].blocks[0]
    assert isinstance(costs, Sheet) and [row[0] for row in costs.rows] == list(
        text["payers"].values()
    )


def test_figures_of_a_brief_are_those_of_the_result(small: Comparison) -> None:
    table = brief(small).sections[1].blocks[1]
    assert isinstance(table, Sheet)
    effects = small.effect("linked", "firms_open")
    assert str(table.rows[0][1]) == f"{round(effects['reference'], -1):,.0f}"


def test_a_document_repeats_heads_and_keeps_rows_whole() -> None:
    made = docx.Document(io.BytesIO(docx_of(PLAIN)))
    xml = made.element.xml
    assert xml.count("w:tblHeader") == 1 and xml.count("<w:cantSplit") == 4
    assert made.core_properties.author == "Returnee"
    assert "=1+1 <b>" in made.paragraphs[0].text and "\x07" not in xml
    assert made.sections[0].page_width.mm == pytest.approx(210, abs=0.1)


def test_a_workbook_holds_figures_and_no_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(PLAIN)))
    page = book.worksheets[0]
    assert page.freeze_panes is not None
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    figure = next(cell for cell in cells if cell.data_type == "n")
    assert (figure.value, figure.number_format) == (1000.4, "+#,##0;-#,##0;0")


def test_tables_have_a_sheet_each(small: Comparison) -> None:
    made = tables(small, "zh")
    assert len({section.title for section in made.sections}) == len(made.sections) == 8
    outcomes = made.sections[1].blocks[1]
    assert isinstance(outcomes, Sheet)
    first = outcomes.rows[0][3]
    assert isinstance(first, Cell) and first.value == small.effects["reference"].iloc[0]


@pytest.mark.usefixtures("drawn")
def test_a_figure_is_written_as_svg_and_png(tmp_path: Path) -> None:
    figure = Figure(figsize=(1, 1))
    drawn = svg_of(figure, "a/b: “c”")
    report = Report("en", "", "", [Section("", [Picture(drawn)])])
    written = files.write_figures(report, tmp_path)
    assert [path.name for path in written] == ["01-a-b-c.svg", "01-a-b-c.png"]
    assert written[1].read_bytes()[:4] == b"\x89PNG" and settings()
    docx_with = zipfile.ZipFile(io.BytesIO(docx_of(report)))
    assert any(name.startswith("word/media/") for name in docx_with.namelist())


def test_another_ending_is_refused_before_anything_is_run() -> None:
    with pytest.raises(UsageError, match=r"^--brief: found a.pdf, allowed .*\.docx or \.html$"):
        files.checked("--brief", Path("a.pdf"), files.BRIEFS)
