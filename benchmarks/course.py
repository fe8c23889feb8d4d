"""Run the lessons of the course and write what they show: ``python -m benchmarks.course [--text] [LESSON ...]``.

A lesson is a page in each language, ``docs/course/KEY.md`` and ``KEY.zh.md``. Its Python blocks are the cells of one
notebook, ``docs/notebooks/course-KEY.ipynb``; what a cell prints stands in the block titled *Output* below it, what it
draws in ``docs/images``. With ``--text`` nothing is run: only text has changed. In the text, bold figures are those of an output (``tests/test_course.py``).
"""

from __future__ import annotations

import ast
import base64
import io
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

DOCS = Path(__file__).resolve().parent.parent / "docs"
LESSONS = ("village", "home", "peers", "credit", "linkage", "gains", "sure")
LANGUAGES = {"en": "Output", "zh": "输出"}
BLOCK = re.compile(
    r"^(?P<in> *)```python\n(?P<code>.*?)^(?P=in)```\n"
    r"(?P<after>\n(?P=in)```text title=\"[^\"]*\"\n(?P<said>.*?)^(?P=in)```\n)?",
    re.MULTILINE | re.DOTALL,
)
ANSWER = re.compile(
    r"^(?P<in> *)\?\?\? \w+ \"(?P<title>[^\"]*)\"\n(?P<body>(?:(?:(?P=in) {4}.*)?\n)+)",
    re.MULTILINE,
)
FONTS = """\
import matplotlib.pyplot as plt

from returnee.experiments.reports.figures import chinese_fonts

plt.rcParams["font.sans-serif"] = [*chinese_fonts(), "DejaVu Sans"]  # 图中的汉字
plt.rcParams["axes.unicode_minus"] = False"""
WAIT = 600  # seconds that only a hang reaches
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


@dataclass(frozen=True)
class Block:
    """A Python block of a page, and what the page says that it prints."""

    code: str
    said: str


def page_of(key: str, lang: str) -> Path:
    """The page of a lesson."""
    return DOCS / "course" / (f"{key}.md" if lang == "en" else f"{key}.{lang}.md")


def name_of(key: str, lang: str) -> str:
    """Of the lesson's notebook and picture."""
    return f"course-{key}" if lang == "en" else f"course-{key}-{lang}"


def outdented(text: str, indent: str) -> str:
    """The text without the indent of its block."""
    return re.sub(rf"^{indent}", "", text, flags=re.MULTILINE).rstrip("\n")


def blocks(page: str) -> list[Block]:
    """The Python blocks of a page."""
    return [
        Block(outdented(m["code"], m["in"]), outdented(m["said"] or "", m["in"]))
        for m in BLOCK.finditer(page)
    ]


def with_outputs(page: str, said: Sequence[str], lang: str) -> str:
    """The page with what its blocks print."""
    left = iter(said)

    def block(m: re.Match[str]) -> str:
        text, inside = next(left), m["in"]
        code = f"{inside}```python\n{m['code']}{inside}```\n"
        if not text:
            return code
        lines = "".join(f"{inside}{line}".rstrip() + "\n" for line in text.splitlines())
        return f'{code}\n{inside}```text title="{LANGUAGES[lang]}"\n{lines}{inside}```\n'

    return BLOCK.sub(block, page)


def told(text: str) -> str:
    """A page's text as cells hold it: no pictures, which cells draw, and links that lead on from the notebooks."""
    text = re.sub(r"^!\[.*\n(?:\*.*\*\n)?", "", text, flags=re.MULTILINE)
    text = re.sub(r"\]\((?!\.\./|https?:|#)([\w.-]+\.md)", r"](../course/\1", text)
    return text.strip()


def cells(page: str) -> Iterator[nbformat.NotebookNode]:
    """The page as cells; answers are folded."""
    at = 0
    for found in ANSWER.finditer(page):
        yield from plain_cells(page[at : found.start()])
        body = outdented(found["body"], found["in"] + 4 * " ")
        for cell in plain_cells(f"**{found['title']}**\n\n{body}\n"):
            if cell.cell_type == "code":
                cell.metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
            yield cell
        at = found.end()
    yield from plain_cells(page[at:])


def plain_cells(text: str) -> Iterator[nbformat.NotebookNode]:
    """Text and blocks in turn."""
    at = 0
    for found in BLOCK.finditer(text):
        yield from text_cell(text[at : found.start()])
        yield nbformat.v4.new_code_cell(outdented(found["code"], found["in"]))
        at = found.end()
    yield from text_cell(text[at:])


def text_cell(text: str) -> Iterator[nbformat.NotebookNode]:
    """A cell of text, if there is any."""
    if told(text):
        yield nbformat.v4.new_markdown_cell(told(text))


def notebook_of(page: str, lang: str) -> nbformat.NotebookNode:
    """The notebook of a page, not yet run."""
    fonts = [nbformat.v4.new_code_cell(FONTS)] if lang == "zh" else []
    made = nbformat.v4.new_notebook(cells=[*fonts, *cells(page)])
    for k, cell in enumerate(made.cells):
        cell.id = f"c{k}"
    made.metadata["kernelspec"] = {
        "display_name": "Python 3", "language": "python", "name": "python3",
    }  # fmt: skip
    made.metadata["language_info"] = {"name": "python"}
    return made


def printed(cell: nbformat.NotebookNode) -> str:
    """What a cell that was run prints, and what its last line is worth."""
    lines = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
        if output.get("name") == "stdout" or output.output_type == "execute_result"
    ]
    return "\n".join(line.rstrip() for line in "".join(lines).splitlines())


def same_code(one: str, other: str) -> bool:
    """Whether two blocks do the same, the second saying it in Chinese."""
    ours, theirs = list(parts(one)), list(parts(other))
    return len(ours) == len(theirs) and all(
        a == b or (isinstance(b, str) and CHINESE.search(b) is not None)
        for a, b in zip(ours, theirs)
    )


def parts(code: str) -> Iterator[object]:
    """Names, values and kinds of a block's nodes; of formatted texts only what is filled in."""
    todo: list[ast.AST] = [ast.parse(code)]
    while todo:
        node = todo.pop()
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if isinstance(node, ast.JoinedStr):
                todo += [v.value for v in node.values if isinstance(v, ast.FormattedValue)]
            elif isinstance(value, ast.AST):
                todo.append(value)
            elif isinstance(value, list):
                todo += [v for v in value if isinstance(v, ast.AST)]
            elif name != "kind":
                yield re.sub(r"(^|_)(en|zh)$", "", value) if isinstance(value, str) else value


def small(picture: str) -> str:
    """A picture of few colours."""
    with Image.open(io.BytesIO(base64.b64decode(picture))) as drawn:
        if drawn.mode == "P":
            return picture.strip()
        drawn.convert("RGB").quantize(24).save(file := io.BytesIO(), "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def run(notebooks: Sequence[nbformat.NotebookNode], folder: Path) -> None:
    """Run notebooks one after the other in one process, each in a folder of its own.

    Starting a process takes longer than most lessons.
    """
    cells = []
    for k, notebook in enumerate(notebooks):
        (folder / str(k)).mkdir()
        start = nbformat.v4.new_code_cell(f"%reset -f\n%cd -q {folder / str(k)}")
        cells += [start, *deepcopy(notebook.cells)]
    for k, cell in enumerate(cells):
        cell.id = f"c{k}"
    whole = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(whole, timeout=WAIT, startup_timeout=WAIT, kernel_name="python3")
    kernel = client.create_kernel_manager()
    with tempfile.TemporaryDirectory() as short:  # whose path is short enough for sockets
        # Through files: a port that is free when it is chosen may be another's when it is opened.
        kernel.transport, kernel.ip = "ipc", f"{short}/kernel"
        client.execute()
    ran = iter(whole.cells)
    for notebook in notebooks:
        next(ran)
        for cell, done in zip(notebook.cells, ran):
            if cell.cell_type == "code":
                cell.outputs = done.outputs


def write(key: str, lang: str, made: nbformat.NotebookNode) -> None:
    """Write a lesson's notebook that was run, its page and its picture."""
    file, name = page_of(key, lang), name_of(key, lang)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    for k, cell in enumerate(code, start=1):
        cell.execution_count = k
        cell.metadata.pop("execution", None)
        for output in cell.outputs:
            if "execution_count" in output:
                output["execution_count"] = k
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = small(output.data["image/png"])
                (DOCS / "images" / f"{name}.png").write_bytes(
                    base64.b64decode(output.data["image/png"])
                )
    said = [printed(cell) for cell in code[lang == "zh" :]]
    file.write_text(with_outputs(file.read_text("utf-8"), said, lang), "utf-8")
    nbformat.write(made, DOCS / "notebooks" / f"{name}.ipynb")


def keep(key: str, lang: str, made: nbformat.NotebookNode) -> None:
    """Take over what the stored notebook shows, whose code is the same."""
    stored = nbformat.read(DOCS / "notebooks" / f"{name_of(key, lang)}.ipynb", 4)
    shown = [cell for cell in stored.cells if cell.cell_type == "code"]
    for cell in (cell for cell in made.cells if cell.cell_type == "code"):
        old = shown.pop(0)
        if old.source != cell.source:
            raise SystemExit(f"{key}, {lang}: code has changed; leave --text out")
        cell.outputs = old.outputs


def main(asked: Sequence[str] = ()) -> int:
    """Make all, or the lessons that are named."""
    keys = [key for key in asked if key != "--text"] or LESSONS
    for lang in LANGUAGES:
        made = {key: notebook_of(page_of(key, lang).read_text("utf-8"), lang) for key in keys}
        if "--text" in asked:
            for key, notebook in made.items():
                keep(key, lang, notebook)
        else:
            with tempfile.TemporaryDirectory() as folder:
                run(list(made.values()), Path(folder))
        for key, notebook in made.items():
            write(key, lang, notebook)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
