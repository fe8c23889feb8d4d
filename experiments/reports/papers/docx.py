"""A report as a document for a word processor: A4, heads repeated, rows whole, both languages.

Fonts are those that such programs have for the language; letters of Chinese text are the official
ones (black letters for headings, song letters for the text).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from returnee.experiments.reports.document import (
    Beside,
    Block,
    Cell,
    Code,
    Fold,
    Heading,
    Picture,
    Report,
    Row,
    Sheet,
    Text,
)
from returnee.experiments.reports.figures import Drawn

A4, MARGIN = (210, 297), 17  # mm
WIDTH = A4[0] - 2 * MARGIN
PICTURE = 100  # mm that a picture may be high
LATIN, TEXT, HEAD, CODE = "Arial", "SimSun", "SimHei", "Courier New"
POINTS = {"": 10.0, "brief": 9.0}
"""Size of the text, by form of the report."""
BLUE, GREY, LINE, SHADE = RGBColor(0x0B, 0x4F, 0x7D), RGBColor(0x55, 0x55, 0x55), "BBBBBB", "F0F3F6"
GOOD = {1: RGBColor(0x00, 0x5A, 0x94), -1: RGBColor(0xA3, 0x44, 0x00)}
MARKS = {1: " \N{BLACK UP-POINTING TRIANGLE}", -1: " \N{BLACK DOWN-POINTING TRIANGLE}", 0: ""}
WORD, WIDEST = 16, 40  # letters: a longer word is broken, a longer text does not widen a column
ROOMY = 3  # columns, up to which remarks stand beside a figure; below it in tables that have more
DPI = 220
WORDS = re.compile(r"[A-Za-z0-9_,.%+\N{MINUS SIGN}-]+|[\u2e80-\uffff]")


def docx_of(report: Report) -> bytes:
    """The document as bytes of a ``.docx`` file."""
    paper = Paper(report)
    paper.draw()
    file = io.BytesIO()
    paper.document.save(file)
    return file.getvalue()


class Paper:
    """A document that is being written."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.points = POINTS[report.form]
        self.document: Document = docx.Document()
        self._set_up()

    def _set_up(self) -> None:
        page, known = self.document.sections[0], self.document.core_properties
        page.orientation = WD_ORIENT.PORTRAIT
        page.page_width, page.page_height = map(Mm, A4)
        page.left_margin = page.right_margin = Mm(MARGIN)
        page.top_margin, page.bottom_margin = Mm(15), Mm(15)
        page.header_distance = page.footer_distance = Mm(8)
        known.title, known.author, known.comments = plain(self.report.title)[:255], "Returnee", ""
        known.language = "zh-CN" if self.report.lang == "zh" else "en-GB"
        self._style("Normal", self.points, TEXT)
        for level, size in ((0, 17.0), (1, self.points + 3), (2, self.points + 1.5)):
            style = self._style("Title" if level == 0 else f"Heading {level}", size, HEAD)
            style.font.bold, style.font.color.rgb = True, BLUE if level else RGBColor(0, 0, 0)
            style.paragraph_format.space_before = Pt(0 if level == 0 else self.points * 0.8)
            style.paragraph_format.space_after, style.paragraph_format.keep_with_next = Pt(2), True
            border = style.element.pPr.find(qn("w:pBdr"))
            if border is not None:
                style.element.pPr.remove(border)
        self._style("List Bullet", self.points, TEXT)
        self._number(page.footer.paragraphs[0])

    def _style(self, name: str, size: float, chinese: str) -> Any:
        style: Any = self.document.styles[name]
        style.font.name, style.font.size = LATIN, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), chinese)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-GB")
        language.set(qn("w:eastAsia"), "zh-CN")
        style.element.get_or_add_rPr().append(language)
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.line_spacing = 1.08
        return style

    def _number(self, paragraph: Any) -> None:
        """Number the pages."""
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = paragraph.add_run()
        run.font.size, run.font.color.rgb = Pt(8), GREY
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            part = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                part.set(qn("w:fldCharType"), kind)
            else:
                part.text = text
            run._r.append(part)

    def draw(self) -> None:
        """Write the title and all sections."""
        self.document.add_paragraph(plain(self.report.title), style="Title")
        self._say(self.report.subtitle, colour=GREY)
        for section in self.report.sections:
            heading = self.document.add_heading(plain(section.title), 1)
            heading.paragraph_format.page_break_before = section.on_new_page
            self.blocks(section.blocks)

    def blocks(self, blocks: Iterable[Block]) -> None:
        """Write blocks, one below the other."""
        for block in blocks:
            match block:
                case Text():
                    self.text(block)
                case Sheet():
                    self.sheet(block)
                case Picture():
                    self.picture(block)
                case Heading():
                    self.document.add_heading(plain(block.text), 2)
                case Code():
                    self._code(block.text)
                case Fold():
                    self.document.add_heading(plain(block.title), 2)
                    self.blocks(block.blocks)
                case Beside():
                    for column in block.columns:
                        self.blocks(column)

    def text(self, block: Text) -> None:
        """Write sentences in their manner."""
        for number, line in enumerate(block.lines):
            match block.manner:
                case "list":
                    self._say(line, style="List Bullet")
                case "note":
                    self._say(line, size=self.points - 1.0, colour=GREY)
                case "answer":
                    self._say(
                        line, bold=number == 0, size=self.points + (0.5 if number == 0 else 0)
                    )
                case manner:
                    self._say(line, bold=manner == "alert")

    def _say(self, line: str, style: str | None = None, size: float | None = None,
             colour: RGBColor | None = None, bold: bool = False) -> Any:  # fmt: skip
        paragraph = self.document.add_paragraph(style=style)
        run = paragraph.add_run(plain(line))
        run.bold = bold or None
        if size is not None:
            run.font.size = Pt(size)
        if colour is not None:
            run.font.color.rgb = colour
        return paragraph

    def _code(self, text: str) -> None:
        run = self._say(text, size=self.points - 1.5).runs[0]
        run.font.name = CODE
        shade(run._r.getparent().get_or_add_pPr())

    def picture(self, block: Picture) -> None:
        """Put in a chart; what it shows is said for those who cannot see it."""
        if block.caption:
            self._say(block.caption, size=self.points - 0.5).paragraph_format.keep_with_next = True
        if not isinstance(block.svg, Drawn):
            return
        wide, high = block.svg.figure.get_size_inches()
        width = min(WIDTH, PICTURE * wide / high)
        dots = io.BytesIO(block.svg.png(round(DPI * WIDTH / 25.4 / wide)))
        drawn = self.document.add_picture(dots, width=Mm(width))
        drawn._inline.docPr.set("descr", plain(block.caption or block.svg.name))

    def sheet(self, block: Sheet) -> None:
        """Write a table whose head is repeated and whose rows stay whole."""
        if not block.rows:
            return
        if block.title:
            self.document.add_heading(plain(block.title), 2)
        wide = len(block.head) or max(map(len, block.rows))
        table: Any = self.document.add_table(rows=0, cols=wide)
        table.autofit = False
        sizes = [Mm(width) for width in widths(block, wide, self.points - 1)]
        for column, size in zip(table._tbl.tblGrid.gridCol_lst, sizes):
            column.w = size
        if block.head:
            head = self._row(table, block.head, block, sizes, bold=True)
            repeat = OxmlElement("w:tblHeader")
            repeat.set(qn("w:val"), "true")
            head._tr.get_or_add_trPr().append(repeat)
        for number, row in enumerate(block.rows):
            if len(row) == 1 and wide > 1:
                line = self._row(
                    table, [*row, *[""] * (wide - 1)], block, sizes, bold=True, keep=True
                )
                joined = line.cells[0].merge(line.cells[-1])
                for empty in joined.paragraphs[1:]:
                    empty._p.getparent().remove(empty._p)
                shade(joined._tc.get_or_add_tcPr())
            else:
                self._row(table, row, block, sizes, bold=number in block.missed)
        self.document.add_paragraph().paragraph_format.line_spacing = Pt(4)

    def _row(
        self, table: Any, row: Row, block: Sheet, sizes: list[Mm], bold: bool = False, keep: bool = False
    ) -> Any:  # fmt: skip
        added = table.add_row()
        whole = OxmlElement("w:cantSplit")
        added._tr.get_or_add_trPr().append(whole)
        for k, (given, cell, size) in enumerate(zip(row, added.cells, sizes)):
            cell.width = size
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.line_spacing = 1.0
            paragraph.paragraph_format.keep_with_next = keep or None
            if block.style(k) == "n":
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            known = given if isinstance(given, Cell) else Cell(given)
            self._cell(paragraph, known, bold, "\n" if len(row) > ROOMY else "  ")
            line_below(cell)
        return added

    def _cell(self, paragraph: Any, given: Cell, bold: bool, gap: str) -> None:
        run = paragraph.add_run(plain(given.text))
        run.bold, run.font.size = bold or given.told or None, Pt(self.points - 1)
        if given.good:
            mark = paragraph.add_run(MARKS[given.good])
            mark.font.size, mark.font.color.rgb = Pt(self.points - 2), GOOD[given.good]
        if given.below:
            below = paragraph.add_run(gap + " ".join(unbroken(line) for line in given.below))
            below.font.size, below.font.color.rgb = Pt(self.points - 2), GREY


def widths(block: Sheet, wide: int, points: float = 9.0) -> list[float]:
    """Widths of columns, mm: room for every word, and what is left by how long the texts are."""
    letter = points * 0.22  # mm, of bold ones
    least, wanted = [], []
    for k in range(wide):
        cells = [row[k] for row in block.rows if len(row) > k and (len(row) > 1 or wide == 1)]
        texts = [str(cell) for cell in cells] + list(block.head[k : k + 1])
        words = [word for text in texts for word in WORDS.findall(text)]
        long = WORD if block.style(k) != "c" else 2 * WORD
        word = min(max(map(measure, words), default=0), long) + 1
        below = wide > ROOMY
        marked = [
            max(
                [len(str(c)), measure(" ".join(c.below))]
                if below
                else [measure(" ".join([c.text, "   ", *c.below]))]
            )
            for c in cells
            if isinstance(c, Cell)
        ]
        least.append(word * letter + 3.8)
        wanted.append(min(max([*map(measure, texts), *marked], default=0), WIDEST) * letter)
    over = [max(want - word, 0.0) for want, word in zip(wanted, least)]
    left, all_over = WIDTH - sum(least), sum(over)
    if left <= 0.0 or all_over == 0.0:
        return [WIDTH * word / sum(least) for word in least]
    return [word + left * more / all_over for word, more in zip(least, over)]


def measure(text: str) -> int:
    """Letters of a text, Chinese ones counted twice."""
    return sum(2 if letter > "\u2e80" else 1 for letter in text)


def plain(text: str) -> str:
    """A text without characters that a document cannot hold."""
    shown = (letter for letter in text if letter.isprintable() or letter in "\n\t")
    return "".join(shown).replace("`", "")


def unbroken(text: str) -> str:
    """A remark whose figures keep their units on the same line."""
    return plain(text).replace(" m", "\N{NO-BREAK SPACE}m").replace(" pp", "\N{NO-BREAK SPACE}pp")


def shade(properties: Any) -> None:
    """Shade a paragraph or a cell."""
    element = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", SHADE)):
        element.set(qn(f"w:{name}"), value)
    properties.append(element)


def line_below(cell: Any) -> None:
    """A thin line below a cell."""
    borders, line = OxmlElement("w:tcBorders"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "4"), ("color", LINE)):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)
