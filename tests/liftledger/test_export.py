"""`liftledger export`: a bundle that stands alone, the same bytes each time, every byte guarded."""

import hashlib
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pyarrow.parquet
import pytest
from sqlalchemy import text

from storage.database import connect
from storage.ledger import ledger
from storage.trail import offline
from tests.liftledger.commands import Shell, complaint
from tests.storage import everything

RUN_EVENT = {  # what object model 2.0.2 asks of a run event, in our words
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$"},
        "producer": {"type": "string", "pattern": "^[a-z]+:"},
        "schemaURL": {"type": "string", "pattern": "^https://.*RunEvent$"},
        "run": {
            "required": ["runId"],
            "properties": {"runId": {"pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
                           "facets": {"additionalProperties": {"$ref": "#/$defs/facet"}}},
        },
        "job": {"required": ["namespace", "name"]},
        "inputs": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
        "outputs": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
    },
    "$defs": {
        "facet": {"type": "object", "required": ["_producer", "_schemaURL"]},
        "dataset": {"type": "object", "required": ["namespace", "name"],
                    "properties": {"facets": {"additionalProperties": {"$ref": "#/$defs/facet"}}}},
    },
}  # fmt: skip
RELATIONS = {  # PROV-JSON: what each relation must name
    "used": ("prov:activity", "prov:entity"),
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
    "wasInformedBy": ("prov:informed", "prov:informant"),
    "wasAssociatedWith": ("prov:activity", "prov:agent"),
}


@pytest.fixture
def written(shell: Shell) -> Shell:
    """A shell over a ledger with everything in it, anchored by a key."""
    with ledger(shell.settings["DATABASE_URL"]) as session:
        everything.write(session)
    assert shell.type("anchor", "--new-key", "a.pem").returncode == 0
    assert shell.type("anchor", "--key", "a.pem", "--to", "kept.jsonl").returncode == 0
    return shell


def export(shell: Shell, output: str, *more: str) -> Path:
    words = ("export", "display@1", "-o", output, "--anchor", "kept.jsonl", "--key", "a.pem")
    done = shell.type(*words, *more)
    assert done.returncode == 0, done.stderr
    return shell.folder / output


def checked(path: Path, *words: str) -> tuple[int, str]:
    """By the verifier, in a Python that finds no packages."""
    command = [sys.executable, "-I", "-S", offline.__file__, str(path), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_bundle_is_checked_without_database_and_packages(written: Shell) -> None:
    folder, key = export(written, "out"), str(written.folder / "a.pem.pub")
    assert checked(folder)[0] == 0
    code, said = checked(folder, "--public-key", key)
    assert (code, "all holds; anchored and signed by this key" in said) == (0, True)
    packed = export(written, "out.zip")
    assert checked(packed, "--public-key", key)[0] == 0
    assert len(Path(offline.__file__).read_text().splitlines()) < 200
    written.type("anchor", "--new-key", "b.pem")
    code, said = checked(folder, "--public-key", str(written.folder / "b.pem.pub"))
    assert code == 1
    assert "the anchor was not signed by this key" in said


def test_the_same_result_is_the_same_bytes_and_the_log_knows_of_each_export(
    written: Shell,
) -> None:
    first, second = export(written, "one"), export(written, "two")
    assert offline.read(first) == offline.read(second)
    one, two = export(written, "one.zip"), export(written, "two.zip")
    assert one.read_bytes() == two.read_bytes()
    assert zipfile.ZipFile(one).testzip() is None
    assert offline.read(one) == offline.read(first)
    sums = hashlib.sha256((first / "SHA256SUMS").read_bytes()).hexdigest()
    engine = connect(written.settings["DATABASE_URL"])
    with engine.connect() as connection:
        told = connection.execute(
            text("SELECT subject, details ->> 'sha256sums' FROM audit_log"
                 " WHERE what = 'result_exported'")
        ).all()  # fmt: skip
    engine.dispose()
    assert list(map(tuple, told)) == [("display@1", sums)] * 4
    refused = written.type("export", "display@1", "-o", "one")
    assert complaint(refused).endswith("is there already; an export does not overwrite anything")


def test_every_changed_byte_of_a_bundle_is_found(written: Shell) -> None:
    """A few hundred here, 10,000 by benchmarks/trail.py."""
    files = offline.read(export(written, "out"))
    generator = random.Random(20261128)
    names = sorted(files)
    for number in range(300):
        name = names[number % len(names)]
        place = generator.randrange(len(files[name]))
        changed = bytearray(files[name])
        changed[place] ^= generator.randrange(1, 256)
        assert offline.found_in(files | {name: bytes(changed)}, None), (name, place)


def test_a_forger_who_hashes_all_files_anew_is_found(written: Shell) -> None:
    """Row by row against the seals, the seals by the chain, the chain by the anchor."""
    folder, key = export(written, "out"), str(written.folder / "a.pem.pub")

    def resummed(files: dict[str, bytes]) -> dict[str, bytes]:
        named = sorted(name for name in files if not name.startswith("SHA256SUMS"))
        lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in named)
        return {name: files[name] for name in named} | {"SHA256SUMS": "".join(lines).encode()}

    files = offline.read(folder)
    rows = files["rows.jsonl"].replace(b'"requested_by":"ada"', b'"requested_by":"eve"')
    found = offline.found_in(resummed(files | {"rows.jsonl": rows}), None)
    assert any("results [1] is not what was recorded" in line for line in found)
    entries = [json.loads(line) for line in files["log.jsonl"].splitlines()]
    before = entries[0]["entry"][6]
    for one in entries:  # all of it anew
        one["entry"][2], one["entry"][6] = "eve", before
        spelled = json.dumps(one["entry"], ensure_ascii=False).encode()
        one["hash"] = before = hashlib.sha256(spelled).hexdigest()
    anew = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in entries).encode()
    public = offline.key_of(Path(key).read_text())
    found = offline.found_in(resummed(files | {"log.jsonl": anew}), public)
    assert found == [f"entry {entries[-1]['entry'][0]}: is not the one that was anchored"]


def test_what_is_in_it_can_be_read_by_others(written: Shell) -> None:
    folder = export(written, "out")
    assert "# display@1" in (folder / "README.md").read_text()
    assert json.loads((folder / "result.json").read_text())["version"] == 1
    table = pyarrow.parquet.read_table(folder / "tables" / "estimates.parquet").to_pylist()
    assert [row["estimator"] for row in table] == ["did", "sc", "mc"]
    assert table[1]["reason"] == "the treatment switches on and off"
    panel = pyarrow.parquet.read_table(folder / "tables" / "panel.parquet")
    assert panel.num_rows == 24
    held = {json.loads(line)["table"] for line in (folder / "rows.jsonl").read_text().splitlines()}
    assert held >= {"results", "estimates", "studies", "snapshots", "choices", "sign_offs"}


def test_lineage_is_openlineage_and_prov(written: Shell) -> None:
    folder = export(written, "out")
    events = (folder / "lineage" / "openlineage.jsonl").read_text().splitlines()
    start, complete = (json.loads(line) for line in events)
    for event in (start, complete):
        jsonschema.Draft202012Validator(RUN_EVENT).validate(event)
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"] == complete["run"]
    assert start["eventTime"] < complete["eventTime"]
    document = json.loads((folder / "lineage" / "prov.json").read_text())
    known = {name for kind in ("entity", "activity", "agent") for name in document[kind]}
    assert {name.partition(":")[0] for name in known} <= set(document["prefix"])
    for relation, ends in RELATIONS.items():
        for one in document[relation].values():
            assert {one[end] for end in ends} <= known
    assert set(document) == {"prefix", "entity", "activity", "agent", *RELATIONS}


def test_an_anchor_that_does_not_reach_the_result_is_refused(written: Shell) -> None:
    assert written.type("sign", "display@1", "--reason", "read it too").returncode == 0
    done = written.type("export", "display@1", "-o", "out", "--anchor", "kept.jsonl")
    assert "`liftledger anchor` first" in complaint(done)
    assert not [one for one in written.folder.iterdir() if "unfinished" in one.name]
    assert written.type("export", "display@1", "-o", "out").returncode == 0
    code, said = checked(written.folder / "out", "--public-key", str(written.folder / "a.pem.pub"))
    assert code == 1
    assert "there is a key, but no anchor" in said
