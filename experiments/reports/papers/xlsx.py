"""A report as a workbook: a sheet a section, numbers as numbers, with units, notes and frozen heads."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from returnee.experiments.reports.document import Cell, Code, Report, Row, Section, Sheet, Text
from returnee.experiments.words.texts import COUNTABLE

TITLE, HEAD, NOTE = Font(bold=True, size=14), Font(bold=True), Font(color="555555", italic=True)
SHADE = PatternFill("solid", fgColor="EAF0F5")
UNDER = Border(bottom=Side(style="thin", color="888888"))
LEAST, MOST, LONG = 10, 44, 100  # letters: width of a column, and of one that holds sentences
NAME = 31  # letters of a sheet's name
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def xlsx_of(report: Report) -> bytes:
    """The workbook as bytes of an ``.xlsx`` file."""
    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = text_of(report.title), "Returnee"
    for section in report.sections:
        _sheet(book.create_sheet(_free_name(section.title, book.sheetnames)), section, report)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _free_name(title: str, taken: Iterable[str]) -> str:
    """A name that a sheet may have and none has."""
    used = {name.casefold() for name in taken}
    stem = text_of(title).translate(FORBIDDEN).strip()[:NAME] or "1"
    name, k = stem, 2
    while name.casefold() in used:
        tail = f" {k}"
        name, k = stem[: NAME - len(tail)] + tail, k + 1
    return name


def _sheet(page: Worksheet, section: Section, report: Report) -> None:
    """Write the title, what is said, and the table below; its head stays in sight."""
    page.append([])
    put(page, 1, 1, section.title, TITLE)
    at, table = 2, None
    for block in section.blocks:
        if isinstance(block, Text):
            for line in block.lines:
                put(page, at, 1, line, NOTE if block.manner == "note" else None)
                at += 1
        elif isinstance(block, Code):
            put(page, at, 1, block.text)
            at += 1
        elif isinstance(block, Sheet):
            at = _table(page, block, at + 1)
            table = table or block
    if table is None or not table.head:
        page.column_dimensions["A"].width = LONG if table is None else MOST
        page.column_dimensions["B"].width = LONG
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.oddFooter.center.text = f"{text_of(report.title)[:80].replace('&', ' ')}  &P/&N"


def _table(page: Worksheet, sheet: Sheet, at: int) -> int:
    """Write a table; where the next block begins."""
    for k, name in enumerate(sheet.head, start=1):
        cell = put(page, at, k, name, HEAD)
        cell.fill, cell.border = SHADE, UNDER
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")
    first = at + 1 if sheet.head else at
    for number, row in enumerate(sheet.rows):
        _row(page, first + number, row)
    if sheet.head:
        page.freeze_panes = page.cell(first, 2)
        page.print_title_rows = f"{at}:{at}"
        last = get_column_letter(len(sheet.head))
        page.auto_filter.ref = f"A{at}:{last}{first + len(sheet.rows) - 1}"
        for k in range(len(sheet.head)):
            page.column_dimensions[get_column_letter(k + 1)].width = _width(sheet, k)
    return first + len(sheet.rows)


def _row(page: Worksheet, at: int, row: Row) -> None:
    for k, given in enumerate(row, start=1):
        if isinstance(given, Cell) and given.value is not None:
            if math.isfinite(given.value):
                cell = page.cell(at, k, given.value)
                cell.number_format = form_of(given.unit, given.text[:1] in "+\N{MINUS SIGN}")
        else:
            put(page, at, k, str(given))


def put(page: Worksheet, row: int, column: int, text: str, font: Font | None = None) -> Any:
    """Write a text as text: what begins with an equals sign is no formula."""
    cell = page.cell(row, column)
    cell.value = text_of(text)
    cell.data_type = "s"
    if font is not None:
        cell.font = font
    return cell


def text_of(text: str) -> str:
    """A text without characters that a workbook cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def form_of(unit: str, signed: bool = False) -> str:
    """How a spreadsheet is to write a figure of a unit.

    >>> form_of("share"), form_of("firms", signed=True)
    ('0.0%', '+#,##0;-#,##0;0')
    """
    if unit == "":
        return "General"
    form = "0.0%" if unit == "share" else "#,##0.00"
    if unit in COUNTABLE or unit.startswith("yuan"):
        form = "#,##0"
    return f"+{form};-{form};{form.replace('#,##', '')}" if signed else form


def _width(sheet: Sheet, column: int) -> int:
    cells = [row[column] for row in sheet.rows if len(row) > column]
    texts = [str(cell) for cell in cells] + [sheet.head[column][:24]]
    longest = max(sum(2 if c > "\u2e80" else 1 for c in text) for text in texts)
    return min(max(longest + 2, LEAST), MOST)
