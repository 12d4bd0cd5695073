"""The work of `liftledger export`: one result as a bundle that stands alone.

The same result with the same decisions, replays and anchor is the same bytes: nothing in a bundle
says when it was made. That it was made is an entry of the log, with the hash of its SHA256SUMS.
"""

import hashlib
import json
import shutil
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from liftledger.data import Done, study_and_version
from liftledger.ending import Failure
from liftledger.ledger import opened
from reports.as_json import to_json
from reports.exported import page
from reports.lineage import openlineage, prov
from reports.page import render
from reports.parquet import tables
from storage import audit
from storage.ledger import ledger
from storage.provenance import whoami
from storage.results import load
from storage.trail import anchors, bundle, offline
from storage.trail.verification import one_moment
from storage.versions import numbered

SUMS, SIGNED = offline.SUMS, offline.SIGNED
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the time of every file in a ZIP


def exported(name: str, output: Path, anchor: Path | None, key: Path | None) -> Done:
    """Write the bundle of STUDY or STUDY@VERSION. Raises UnknownResult, InvalidAnchor, Failure.

    anchor: anchors kept elsewhere, of which the first that covers the result goes along
    key: what SHA256SUMS is signed with; None: not signed
    """
    study, version = study_and_version(name)
    kept = anchors.read(anchor) if anchor else []
    signing = anchors.private_key(key) if key else None
    with opened() as url:
        with ledger(url) as session:
            one_moment(session)
            row = numbered(session, study, version)
            result = load(session, study, row.version)
            evidence = bundle.about(session, row)
            chosen = _covering(kept, evidence.last, anchor)
            until = chosen.entries if chosen else evidence.last
            files = bundle.files(session, evidence, until)
        files |= _for_people(files, result, evidence.first, until, chosen)
        files[SUMS] = _sums(files)
        sha256 = hashlib.sha256(files[SUMS]).hexdigest()
        if signing is not None:
            files[SIGNED] = _line(anchors.sign({"sha256": sha256}, signing))
        subject = f"{study}@{result.version}"
        unfinished = _write(files, output)
        try:
            with ledger(url) as session:
                told = {"sha256sums": sha256, "entries": [evidence.first, until]}
                audit.record(session, "result_exported", subject, told, whoami())
            unfinished.replace(output)
        except BaseException:
            _remove(unfinished)
            raise
    facts = {"study": study, "version": result.version, "path": str(output.resolve()),
             "sha256sums": sha256, "files": len(files)}  # fmt: skip
    return Done(facts, f"{subject} exported to {output}: {len(files)} files, SHA256SUMS {sha256}")


def _for_people(
    files: dict[str, bytes], result: Any, first: int, last: int, anchor: anchors.Anchor | None
) -> dict[str, bytes]:
    checked = _checked(files["rows.jsonl"])
    events = b"".join(_line(event) for event in openlineage(result, checked))
    found = {
        "README.md": page(result, first, last, anchor.at if anchor else None).encode(),
        "report.html": render(result).encode(),
        "result.json": _line(to_json(result)),
        "lineage/openlineage.jsonl": events,
        "lineage/prov.json": _line(prov(result, checked)),
        "verify.py": Path(offline.__file__).read_bytes(),
        **tables(result),
    }
    return found if anchor is None else found | {"anchor.json": anchor.line.encode()}


def _checked(rows: bytes) -> datetime:
    """When the checks let the data pass."""
    (one,) = (row for row in map(json.loads, rows.splitlines()) if row["table"] == "validations")
    return datetime.fromisoformat(one["row"]["checked_at"])


def _covering(kept: list[anchors.Anchor], last: int, file: Path | None) -> anchors.Anchor | None:
    if file is None:
        return None
    for one in kept:
        if one.entries >= last:
            return one
    raise Failure(
        f"{file}: the last anchor is of {kept[-1].entries:,} entries, and this result has entries "
        f"up to {last:,}; `liftledger anchor` first"
    )


def _sums(files: dict[str, bytes]) -> bytes:
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def _line(value: Any) -> bytes:
    return offline.canonical(value) + b"\n"


def _write(files: dict[str, bytes], output: Path) -> Path:
    """All files, in a place of their own beside the output. Raises Failure."""
    unfinished = output.with_name(f".{output.name}.unfinished")
    if output.exists():
        raise Failure(f"{output} is there already; an export does not overwrite anything")
    try:
        if output.suffix.lower() == ".zip":
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
                for name in sorted(files):
                    packed.writestr(zipfile.ZipInfo(name, LONG_AGO), files[name])
        else:
            for name, content in files.items():
                place = unfinished / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
    except OSError as error:
        _remove(unfinished)
        raise Failure(f"{output} cannot be written: {error.strerror or error}") from error
    return unfinished


def _remove(unfinished: Path) -> None:
    if unfinished.is_dir():
        shutil.rmtree(unfinished)
    else:
        unfinished.unlink(missing_ok=True)
