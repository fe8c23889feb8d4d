"""The lessons of the course: their notebooks run and show what the pages say, in both languages."""

from __future__ import annotations

import importlib
import os
import re
from itertools import chain

import nbformat
import pytest
from checkout import ROOT

from returnee.dashboard.content.lessons import LESSONS
from returnee.dashboard.texts import words

COURSE = sorted((ROOT / "docs" / "course").glob("*.md"))
FIGURE = re.compile(r"\*\*([+-]?\d[\d,.]*%?)\*\*")
MACHINE = re.compile(r"/(?:home|tmp|root|work|Users|usr)/|[A-Z]:\\\\")


@pytest.fixture(scope="module")
def course():
    """The command that makes the course anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield importlib.import_module("benchmarks.course")


@pytest.fixture(scope="module")
def lessons(course):
    """Page, notebook as stored, and notebook as the page makes it, by lesson and language."""
    found = {}
    for key in course.LESSONS:
        for lang in course.LANGUAGES:
            page = course.page_of(key, lang).read_text("utf-8")
            stored = ROOT / "docs" / "notebooks" / f"{course.name_of(key, lang)}.ipynb"
            found[key, lang] = page, nbformat.read(stored, 4), course.notebook_of(page, lang)
    return found


def code_of(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_notebooks_are_those_of_the_pages(course, lessons) -> None:
    for (key, lang), (page, stored, made) in lessons.items():
        again = f"{key}, {lang}: run python -m benchmarks.course {key}"
        assert [c.source for c in stored.cells] == [c.source for c in made.cells], again
        printed = [course.printed(cell) for cell in code_of(stored)][lang == "zh" :]
        assert [block.said for block in course.blocks(page)] == printed, again
        outputs = [o for cell in code_of(stored) for o in cell.outputs]
        assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
        assert not MACHINE.search(nbformat.writes(stored))


def test_they_show_what_the_pages_say(course, lessons, tmp_path, monkeypatch) -> None:
    found = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), found])))
    course.run([lessons[key, "en"][2] for key in course.LESSONS], tmp_path)
    for key in course.LESSONS:
        page, _, made = lessons[key, "en"]
        again = f"{key}: run python -m benchmarks.course and read what the pages say"
        said = [course.printed(cell) for cell in code_of(made)]
        assert said == [block.said for block in course.blocks(page)], again


def test_languages_do_the_same(course, lessons) -> None:
    for key in course.LESSONS:
        pages = (lessons[key, lang][0] for lang in course.LANGUAGES)
        ours, theirs = map(course.blocks, pages)
        assert len(ours) == len(theirs), key
        for one, other in zip(ours, theirs):
            assert course.same_code(one.code, other.code), f"{key}: {other.code}"
            assert bool(one.said) == bool(other.said)
            figures = [sorted(re.findall(r"\d[\d,.]*\d", text)) for text in (one.said, other.said)]
            assert figures[0] == figures[1], key


def test_bold_figures_stand_in_an_output(course, lessons) -> None:
    seen = 0
    for key, (page, _, _) in lessons.items():
        said = "\n".join(block.said for block in course.blocks(page))
        for figure in FIGURE.findall(course.BLOCK.sub("", page)):
            seen += 1
            assert re.search(rf"(?<![\d.,]){re.escape(figure)}(?!\d)", said), (key, figure)
    assert seen > 20


@pytest.mark.parametrize("lang", ["", ".zh"])
def test_every_lesson_has_its_parts_and_a_sheet(course, lang: str, monkeypatch) -> None:
    """The same parts in the same order, of which the handout takes its own."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    hooks = importlib.import_module("hooks")
    assert hooks.LESSONS == course.LESSONS
    made = hooks.sheets(lang.lstrip("."))
    assert made.count('class="sheet"') == len(hooks.LESSONS)
    assert "???" not in made and "```" not in made
    for key in hooks.LESSONS:
        page = (ROOT / "docs" / "course" / f"{key}{lang}.md").read_text("utf-8")
        parts = re.findall(r"^## .+$", page, re.MULTILINE)
        assert len(parts) == (8 if key == "peers" else 7), key
        assert all(f"\n{n}. " in made for n in (1, 2, 3))
        minutes = re.findall(r"^\| (\d+)–(\d+) \|", page, re.MULTILINE)
        assert minutes[0][0] == "0" and minutes[-1][1] == "90"
        assert [a for a, _ in minutes[1:]] == [b for _, b in minutes[:-1]]


def test_the_dashboard_has_the_same_lessons(course) -> None:
    shown = [lesson.key for lesson in LESSONS]
    assert shown == list(course.LESSONS[1:])
    for key in shown:
        for lang in course.LANGUAGES:
            title = course.page_of(key, lang).read_text("utf-8").partition("\n")[0]
            assert title.endswith(words(lang)["learn"][key]["title"])


def test_no_page_is_without_the_other_language() -> None:
    names = {path.name for path in chain(COURSE, (ROOT / "docs").glob("teacher*.md"))}
    assert {n for n in names if n.endswith(".zh.md")} == {
        n.replace(".md", ".zh.md") for n in names if not n.endswith(".zh.md")
    }


def test_the_rule_of_a_lesson_is_that_of_the_guide(course, lessons) -> None:
    """Byte for byte, so that it is compiled once."""
    shown = (ROOT / "docs" / "rules" / "copying.py").read_text("utf-8")
    assert shown in lessons["peers", "en"][0] and shown in lessons["peers", "zh"][0]
