"""Output on terminals and in files whose encoding lacks some characters (GBK, cp1252, ASCII).

On Windows a pipe or a redirected file has the code page of the system. What it lacks is written with
characters that every encoding has; Chinese that it lacks becomes question marks, and one line on
standard error says so.
"""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

PLAIN = "returnee-plain"
INSTEAD = {
    "\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{HYPHEN BULLET}": "-",
    "\N{MULTIPLICATION SIGN}": "x", "\N{DIVISION SIGN}": "/", "\N{MIDDLE DOT}": "-", "\N{BULLET}": "-",
    "\N{SUPERSCRIPT TWO}": "^2", "\N{SUPERSCRIPT THREE}": "^3", "\N{MICRO SIGN}": "u",
    "\N{GREEK SMALL LETTER MU}": "mu", "\N{RIGHTWARDS ARROW}": "->", "\N{LEFTWARDS ARROW}": "<-",
    "\N{LESS-THAN OR EQUAL TO}": "<=", "\N{GREATER-THAN OR EQUAL TO}": ">=", "\N{PLUS-MINUS SIGN}": "+-",
    "\N{ALMOST EQUAL TO}": "~", "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{LEFT SINGLE QUOTATION MARK}": "'", "\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{SECTION SIGN}": "S.",
    "\N{GREEK SMALL LETTER RHO}": "rho", "\N{GREEK SMALL LETTER SIGMA}": "sigma", "\N{YEN SIGN}": "Y",
}  # fmt: skip
LACKING: set[str] = set()
"""Encodings found to lack Chinese characters that were to be written."""


def plain_character(character: str) -> str:
    """A character in ASCII, or a question mark.

    >>> "".join(map(plain_character, "é² ─ 县"))
    'e^2 - ?'
    """
    if character.isascii():
        return character
    if character in INSTEAD:
        return INSTEAD[character]
    if "BOX DRAWINGS" in unicodedata.name(character, ""):
        return "|" if "VERTICAL" in unicodedata.name(character) else "-"
    ascii_ = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return ascii_ or "?"


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What is written for characters that an encoding lacks, as `codecs` asks for it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    if any("CJK UNIFIED" in unicodedata.name(character, "") for character in lacking):
        LACKING.add(error.encoding)
    return "".join(map(plain_character, lacking)), error.end


codecs.register_error(PLAIN, _plain)


@contextmanager
def any_encoding() -> Iterator[None]:
    """Let standard output and error write any text; say at the end if Chinese was lost."""
    LACKING.clear()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a notebook's stream takes everything
            stream.reconfigure(errors=PLAIN)
    try:
        yield
    finally:
        if LACKING:
            names = ", ".join(sorted(LACKING))
            print(
                f"returnee: {names} has no Chinese characters, so they stand as ?; "
                "set PYTHONUTF8=1, or use --json",
                file=sys.stderr,
            )
