"""What the site needs beside its pages: files of the project that pages link to."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(\.\./((?:scenarios|experiments)/[\w./-]+)\)")


def on_files(files, config):
    """Add the tables that pages link to outside of docs."""
    text = "".join(page.content_string for page in files.documentation_pages())
    for name in sorted({*LINK.findall(text)}):
        uri = f"files/{posixpath.basename(name)}"
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Lead links to such tables to where the site has them."""
    return LINK.sub(lambda found: f"](files/{posixpath.basename(found[1])})", markdown)


def on_post_page(output, page, config):
    """Search in pages that are opened from a folder wants a script, which the site brings itself."""
    home = page.url.count("/") * "../" or "./"
    return output.replace(
        "https://unpkg.com/iframe-worker/shim", f"{home}javascripts/iframe-worker.js"
    )
