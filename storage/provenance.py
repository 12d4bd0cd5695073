"""Where a number comes from: which code, which environment, which machine, which person."""

import getpass
import hashlib
import os
import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

ROOMS = ("estimators", "studies", "checks", "storage", "tasks", "flows")  # what an answer runs


def code_version() -> str:
    """Release and SHA-256 of every Python file an answer runs through, names included.

    The hash changes with the code even where the release does not.
    """
    home = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((home / room).rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(home).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    try:
        release = version("liftledger")
    except PackageNotFoundError:  # run from a folder, without an installation
        release = "0"
    return f"{release}+{digest.hexdigest()}"


@cache
def environment_hash() -> str:
    """SHA-256 of the interpreter, the kind of machine, and every installed name==version.

    Once for each process: what it has imported stays, and reading hundreds of names takes as long
    as some estimators.
    """
    facts_of = [found.metadata for found in distributions()]
    installed = {
        f"{re.sub(r'[-_.]+', '-', facts['Name']).lower()}=={facts['Version']}"
        for facts in facts_of
        if facts["Name"]
    }
    facts = [
        platform.python_implementation(), platform.python_version(), platform.machine(),
        *sorted(installed),
    ]  # fmt: skip
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def machine() -> str:
    """The processor, and the kernels of linear algebra that were picked for it.

    On another, the last bits of a matrix product may be others. Both libraries that bring such
    kernels are imported here, so that it is the same whatever was loaded before.
    """
    import numpy  # noqa: F401
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_info

    kernels = {
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    }
    return ", ".join([f"{platform.machine()} {_processor()}".strip(), *sorted(kernels)])


def whoami() -> str:
    """Who is at the keyboard, for the record: the login name, or the number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no entry in passwd
        return f"uid {os.getuid()}"


def _processor() -> str:
    """What the processor calls itself; platform.processor says nothing on Linux."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    return found[1].strip() if found else platform.processor()
