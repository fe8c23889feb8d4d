"""Where compiled kernels are kept: a folder for each state of the sources, and none for anything else.

The folder lies in ``returnee`` under the one that the environment variable RETURNEE_CACHE names,
else under the user's cache folder. One that is read-only is used if the model is in it. Where
nothing can be written, kernels go to a temporary folder of this process and of those it starts, or
stay in memory. Only folders that were made here are ever removed.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import inspect
import os
import re
import shutil
import sys
import tempfile
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from numba.core import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile

from returnee.simulation.engine import rules

VARIABLE = "RETURNEE_CACHE"
OWN = "returnee"
KEPT = 3
KEPT_RULES = 12  # models in which rules are replaced, of one state of the sources
TAG = "CACHEDIR.TAG"  # the common mark of folders that may be removed: bford.info/cachedir
MARK = "Signature: 8a477f597d28d172789f06886806bc55\n# Machine code compiled by Returnee.\n"
MODEL = "month.live_until-*.nbi"  # compiled last
COMPILING = "compiling the model (once, about half a minute)"
COMPILING_RULES = "compiling the model with these rules (once, about half a minute)"

_told: list[str] = []


def cache_root() -> Path | None:
    """Folder that holds a folder for each state of the sources; None where there is no home."""
    for variable in (VARIABLE, "XDG_CACHE_HOME"):
        if os.environ.get(variable):
            return Path(os.environ[variable]).absolute() / OWN
    try:
        return Path.home() / ".cache" / OWN
    except RuntimeError:
        return None


def holds_the_model(folder: Path | None) -> bool:
    """Whether the whole model was compiled into a folder."""
    return folder is not None and any(folder.glob(MODEL))


def say_once(text: str) -> None:
    """Say a line on standard error, once a process."""
    if text not in _told:
        _told.append(text)
        print(f"returnee: {text}", file=sys.stderr, flush=True)


def said(text: str) -> None:
    """Somebody else has told the user."""
    _told.append(text)


@cache
def kernel_folder(sources: str, mark: str = "") -> Path | None:
    """Folder of the kernels compiled from these sources, made if need be; None: keep in memory.

    With a mark that of a model in which rules are replaced, inside the folder of the model.
    """
    if mark:
        whole = kernel_folder(sources)
        if whole is None:
            return None
        inner = whole / hashlib.sha256(mark.encode()).hexdigest()[:16]
        return inner if _can_be_written(inner) or holds_the_model(inner) else None
    # Checks of bounds and the like change the machine code, but not numba's key for it.
    options = f"{config.BOUNDSCHECK} {config.OPT} {config.DEBUGINFO_DEFAULT}"
    name = hashlib.sha256(f"{sources} {options}".encode()).hexdigest()[:16]
    root = cache_root()
    if root is not None and (_can_be_written(root / name) or holds_the_model(root / name)):
        return root / name
    return _folder_for_now(name)


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        if not (folder / TAG).exists():
            (folder / TAG).write_text(MARK, encoding="ascii")
    except OSError:
        return False
    with contextlib.suppress(OSError):  # somebody else's, shared
        os.utime(folder)
    return True


def _folder_for_now(name: str) -> Path | None:
    """A folder that is removed when this process ends; processes started meanwhile use it too."""
    try:
        root, owner = tempfile.mkdtemp(prefix=f"{OWN}-"), os.getpid()
    except OSError:
        root = None
    where = f"for this session only: no cache folder can be written to; {VARIABLE} can name one"
    say_once(f"the model is compiled {where}")
    if root is None:
        return None
    os.environ[VARIABLE] = root
    atexit.register(_remove_by, owner, root)
    folder = Path(root) / OWN / name
    return folder if _can_be_written(folder) else None


def _remove_by(owner: int, root: str) -> None:
    if os.getpid() == owner:  # not a fork of it
        shutil.rmtree(root, ignore_errors=True)


def remove_old(folder: Path, kept: int = KEPT) -> None:
    """Remove all but the folders used last beside `folder`, of those that were made here."""
    with contextlib.suppress(OSError):
        ours = [path for path in folder.parent.iterdir() if _is_ours(path)]
        ours.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in ours[kept:]:
            if path != folder:
                shutil.rmtree(path, ignore_errors=True)


def _is_ours(path: Path) -> bool:
    if path.is_symlink() or not re.fullmatch(r"[0-9a-f]{16}", path.name):
        return False
    tag = path / TAG
    return tag.is_file() and tag.read_text("ascii", errors="replace") == MARK


class _Reducer(CompileResultCacheImpl):
    """What numba keeps of a compiled kernel, without its search for a folder."""

    def __init__(self, function: Any) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._locator = SimpleNamespace(
            _py_file=inspect.getfile(function), ensure_cache_path=lambda: None
        )


class KernelCache(FunctionCache):
    """Cache of one kernel; looks at the disk when the kernel is first needed.

    Parameters
    ----------
    function : function
        As written in Python.
    sources : str
        Hash of the model's sources.
    mark : str
        Of a model in which rules are replaced.
    """

    def __init__(self, function: Any, sources: str, mark: str = "") -> None:
        self._name = repr(function)
        self._py_func = function
        self._sources, self._mark = sources, mark
        self._impl = _Reducer(function)
        self.enable()

    @property
    def cache_path(self) -> str:
        """Folder of the machine code."""
        return str(self._folder or "")

    @property
    def _folder(self) -> Path | None:
        return kernel_folder(self._sources, self._mark)

    @cached_property
    def _cache_file(self) -> IndexDataCacheFile:
        # Kernels outside the model have sources that the folder's name does not speak of.
        source = Path(inspect.getfile(self._py_func))
        stamp = hashlib.sha256(b"" if self._mark else source.read_bytes()).hexdigest()
        version = f"py{sys.version_info[0]}{sys.version_info[1]}"
        name = f"{source.stem}.{self._py_func.__qualname__}-{self._impl._lineno}.{version}"
        return IndexDataCacheFile(self.cache_path, name.translate({60: None, 62: None}), stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Machine code from the disk, or None; refuses if a rule was replaced."""
        rules.remember()
        rules.check()
        found = None
        if self._folder is not None:
            try:
                found = super().load_overload(sig, target_context)
            except Exception:  # whatever is wrong with a file, compiling is the way out
                with contextlib.suppress(OSError):
                    Path(self._cache_file._index_path).unlink()
        if found is None and not holds_the_model(self._folder):
            say_once(COMPILING_RULES if self._mark else COMPILING)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep machine code on disk, if it can be written to."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)
            _remove_old_once(self._folder, KEPT_RULES if self._mark else KEPT)


@cache
def _remove_old_once(folder: Path, kept: int) -> None:
    remove_old(folder, kept)
