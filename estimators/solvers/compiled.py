"""Compiled once and kept, but never longer than the code it was compiled from.

Numba keeps machine code beside the file a function is in, and compiles again when that file
changes. What the function calls in other files is inside that machine code too, and numba does not
look at those: after an upgrade that touches only them, the old code would go on computing. So the
folder it is kept in is named after the content of every file of this one. A folder that nobody has
started from for a month goes when a new one comes.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numba
from numba import njit

HERE = Path(__file__).resolve().parent
MONTH = 30 * 86400.0


def fingerprint(folder: Path) -> str:
    """A hash of every Python file in a folder, by name and content."""
    found = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        content = file.read_bytes()
        found.update(f"{file.name} {len(content)}\n".encode() + content)
    return found.hexdigest()[:16]


def used(folder: Path, now: float) -> None:
    """Note that a folder is in use. When it is new, remove those of its kind that were not lately.

    Not at once: programs of the version before may still run, and numba goes on writing to theirs.
    """
    if folder.exists():
        os.utime(folder)
        return
    for other in folder.parent.glob("compiled-*"):
        if now - other.stat().st_mtime > MONTH:
            shutil.rmtree(other, ignore_errors=True)  # another program may be doing the same


config: Any = numba.config  # its settings come from the environment: NUMBA_CACHE_DIR, and so on
FOLDER = Path(config.CACHE_DIR or HERE / "__pycache__") / f"compiled-{fingerprint(HERE)}"
used(FOLDER, time.time())


def compiled(
    error_model: Literal["numpy", "python"] = "python",
) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function at its first call, without the interpreter's lock, and keep the result.

    error_model: "numpy" divides by zero as numpy does, "python" raises
    """

    def made(kernel: Callable[..., Any]) -> Any:
        before, config.CACHE_DIR = config.CACHE_DIR, str(FOLDER)  # read when the function is made
        try:
            return njit(cache=True, nogil=True, error_model=error_model)(kernel)
        finally:
            config.CACHE_DIR = before

    return made
