"""The one decorator that compiles the model's rules and kernels.

numba's cache on disk notices an edit of the file that holds a kernel, but not of the files that the
kernel calls. The cache folder is therefore named after a hash of all sources of the model, so that
an edited rule is never answered with yesterday's machine code.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import config

F = TypeVar("F", bound=Callable[..., Any])
PACKAGES = ("simulation", "scenarios")
KEPT_CACHES = 3


def source_hash() -> str:
    """Hash of every Python source of the model (16 hexadecimal digits)."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(f"numba {numba.__version__}".encode())
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


SOURCE_HASH = source_hash()


def cache_root() -> Path:
    """Folder of the compiled kernels; the environment variable RETURNEE_CACHE moves it."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "returnee"
    return Path(os.environ.get("RETURNEE_CACHE", default))


def cache_folder() -> Path:
    """Folder of the kernels compiled from the present sources; older ones are removed."""
    folder = cache_root() / SOURCE_HASH
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        others = sorted(cache_root().iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in others[KEPT_CACHES:]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        pass  # a home that cannot be written to: numba falls back on its own choice
    return folder


config.CACHE_DIR = str(cache_folder())


def is_compiled() -> bool:
    """Whether kernels of the present sources are on disk, so that the first run starts at once."""
    return config.DISABLE_JIT or any(cache_folder().rglob("*.nbi"))


kernel = numba.njit(cache=True, nogil=True, error_model="numpy", no_cfunc_wrapper=True)


def draw_kernel(clock: np.dtype) -> Callable[[F], F]:
    """Like `kernel`, for a function of a clock and four integers that returns four floats.

    With its signature fixed it is compiled once; numba would compile it anew for every constant
    that it is called with, about fifty times.
    """
    if config.DISABLE_JIT:
        return lambda function: function
    t = numba.types
    signature = t.UniTuple(t.float64, 4)(
        numba.from_dtype(clock), t.int64, t.int64, t.int64, t.int64
    )
    return numba.njit(signature, cache=True, nogil=True, error_model="numpy")
