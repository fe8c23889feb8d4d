"""What the site needs beside its pages: files of the project that pages link to."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
LESSONS = ("village", "home", "peers", "credit", "linkage", "gains", "sure")
LINK = re.compile(r"\]\((?:\.\./)+((?:scenarios|experiments)/[\w./-]+)\)")
SHEETS = re.compile(r"<!-- sheets(?: (?P<lang>\w+))? -->")
FOLDED = re.compile(r"^ *\?\?\? .*\n(?:(?: {4,}.*)?\n)+", re.MULTILINE)
LINES = f'<div class="lines">{4 * "<i></i>"}</div>\n'


def on_files(files, config):
    """Add the tables that pages link to outside of docs."""
    text = "".join(page.content_string for page in files.documentation_pages())
    for name in sorted({*LINK.findall(text)}):
        uri = f"files/{posixpath.basename(name)}"
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Lead links to such tables to where the site has them, and put lessons' sheets into a handout."""
    home = page.url.count("/") * "../"
    markdown = LINK.sub(lambda found: f"]({home}files/{posixpath.basename(found[1])})", markdown)
    return SHEETS.sub(lambda found: sheets(found["lang"]), markdown)


def sheets(lang):
    """What a class gets of each lesson: question, guesses, what to do, and exercises with lines to write on."""
    ending = f".{lang}.md" if lang else ".md"
    return "\n\n".join(
        sheet((ROOT / "docs" / "course" / f"{key}{ending}").read_text("utf-8")) for key in LESSONS
    )


def sheet(page):
    """One lesson: parts by their place, as both languages have them in the same order."""
    title, _, rest = page.partition("\n")
    question = re.search(r"^\*\*.+\*\*$", rest, re.MULTILINE)[0]
    _, _, guess, do, _, *more = re.split(r"^## ", rest, flags=re.MULTILINE)
    pages = re.split(r"^### ", do, flags=re.MULTILINE)[1]
    exercises = re.sub(r"^(\d\.) ", rf"{LINES}\n**\1** ", more[-2], flags=re.MULTILINE)
    exercises = re.sub(r"\n{3,}", "\n\n", FOLDED.sub("\n", exercises)).replace(LINES, "", 1)
    parts = "\n\n".join(f"### {part.strip()}" for part in (guess, pages, exercises))
    return f'<div class="sheet" markdown>\n\n#{title}\n\n{question}\n\n{parts}\n\n{LINES}\n</div>'


def on_post_page(output, page, config):
    """Search in pages that are opened from a folder wants a script, which the site brings itself."""
    home = page.url.count("/") * "../" or "./"
    return output.replace(
        "https://unpkg.com/iframe-worker/shim", f"{home}javascripts/iframe-worker.js"
    )
