"""Where a result came from, in two published vocabularies, from what the ledger has.

OpenLineage (object model 2.0.2): one run, its START and its COMPLETE, with the snapshot as input
and the result as output. PROV-JSON (W3C submission of 2013): plan, snapshot, result and decisions
are entities, checking, analysing and deciding activities, and people agents. Names are URNs of
hashes, so that two ledgers agree about what is the same. The addresses are the names that the
standards give their terms; nothing is fetched from them.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from storage.accounts import linked_in
from storage.records import StoredResult

NAMESPACE = "liftledger"
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/{0}"
PROV = {
    "prov": "http://www.w3.org/ns/prov#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "sha256": "urn:sha256:",
    "study": "urn:liftledger:study:",
    "person": "urn:liftledger:person:",
    "liftledger": "urn:liftledger:",
}


def openlineage(result: StoredResult, checked: datetime) -> list[dict[str, Any]]:
    """Two run events. checked: when the checks let the data pass, the start of the analysis."""
    producer = f"urn:liftledger:{result.code_version.partition('+')[0]}"
    event = {
        "run": {
            "runId": str(uuid.uuid5(uuid.NAMESPACE_OID, result.result_id)),
            "facets": {"liftledger_request": _facet(producer, "RunFacet", _request(result))},
        },
        "job": {"namespace": NAMESPACE, "name": f"analyze.{result.study}"},
        "inputs": [_dataset(f"snapshot:{name}", producer, name) for name in _snapshots(result)],
        "outputs": [],
        "producer": producer,
        "schemaURL": SCHEMA.format("RunEvent"),
    }
    answer = _dataset(f"result:{result.study}@{result.version}", producer, result.result_id)
    return [
        event | {"eventType": "START", "eventTime": _time(checked)},
        event
        | {"eventType": "COMPLETE", "eventTime": _time(result.created_at), "outputs": [answer]},
    ]


def prov(result: StoredResult, checked: datetime) -> dict[str, Any]:
    """A PROV-JSON document."""
    plan, data, answer = (
        f"sha256:{name}" for name in (result.plan_hash, result.snapshot_hash, result.result_id)
    )
    checks, analysis = f"{answer}-checks", f"{answer}-analysis"
    people = {result.requested_by, *(one.by for one in result.decisions)}
    document: dict[str, Any] = {
        "prefix": PROV,
        "entity": {
            plan: {"prov:type": "prov:Plan", "prov:label": f"{result.study}, plan version "
                   f"{result.plan_version}"},
            data: {"prov:type": "liftledger:Snapshot", "prov:label": "the panel as analysed"},
            answer: {"prov:type": "liftledger:Result",
                     "prov:label": f"{result.study}@{result.version}"},
        },
        "activity": {
            checks: {"prov:endTime": _time(checked), "prov:label": "the data were checked"},
            analysis: {"prov:startTime": _time(checked), "prov:endTime": _time(result.created_at),
                       "liftledger:seed": {"$": str(result.seed), "type": "xsd:integer"}},
        },
        "agent": {
            **{_person(one): {"prov:type": "prov:Person", "prov:label": one} for one in people},
            "liftledger:software": {"prov:type": "prov:SoftwareAgent",
                                    "liftledger:code": result.code_version,
                                    "liftledger:environment": result.environment_hash},
        },
        "used": {
            "_:used1": {"prov:activity": checks, "prov:entity": data},
            "_:used2": {"prov:activity": analysis, "prov:entity": data},
        },
        "wasInformedBy": {"_:after": {"prov:informed": analysis, "prov:informant": checks}},
        "wasGeneratedBy": {"_:made": {"prov:entity": answer, "prov:activity": analysis,
                                      "prov:time": _time(result.created_at)}},
        "wasDerivedFrom": {"_:from": {"prov:generatedEntity": answer, "prov:usedEntity": data}},
        "wasAssociatedWith": {
            "_:asked": {"prov:activity": analysis, "prov:agent": _person(result.requested_by),
                        "prov:plan": plan},
            "_:ran": {"prov:activity": analysis, "prov:agent": "liftledger:software"},
        },
    }  # fmt: skip
    for number, name in enumerate(_snapshots(result)[1:], start=1):
        linked = f"sha256:{name}"
        label = "a linked outcome as analysed"
        document["entity"][linked] = {"prov:type": "liftledger:Snapshot", "prov:label": label}
        document["used"][f"_:linked{number}"] = {"prov:activity": analysis, "prov:entity": linked}
    for number, one in enumerate(result.decisions, start=1):
        name, act = f"sha256:{one.content_hash}", f"sha256:{one.content_hash}-deciding"
        label = f"decision: {one.decision}"
        document["entity"][name] = {"prov:type": "liftledger:Decision", "prov:label": label}
        document["activity"][act] = {"prov:endTime": _time(one.at)}
        document["used"][f"_:decided{number}"] = {"prov:activity": act, "prov:entity": answer}
        made = {"prov:entity": name, "prov:activity": act}
        document["wasGeneratedBy"][f"_:decision{number}"] = made
        by = {"prov:activity": act, "prov:agent": _person(one.by)}
        document["wasAssociatedWith"][f"_:decider{number}"] = by
    return document


def _snapshots(result: StoredResult) -> list[str]:
    """Of the panel, then of linked outcomes; each once."""
    return list(dict.fromkeys([result.snapshot_hash, *(one.snapshot for one in linked_in(result))]))


def _request(result: StoredResult) -> dict[str, Any]:
    return {
        "plan": result.plan_hash,
        "snapshot": result.snapshot_hash,
        "code": result.code_version,
        "environment": result.environment_hash,
        "seed": result.seed,
        "requested_by": result.requested_by,
        "reason": result.reason,
    }


def _dataset(name: str, producer: str, version: str) -> dict[str, Any]:
    facet = _facet(producer, "DatasetFacet", {"datasetVersion": version})
    return {"namespace": NAMESPACE, "name": name, "facets": {"version": facet}}


def _facet(producer: str, kind: str, told: dict[str, Any]) -> dict[str, Any]:
    return {"_producer": producer, "_schemaURL": SCHEMA.format(kind), **told}


def _person(name: str) -> str:
    """A qualified name: what a URN may not hold is written as its bytes."""
    safe = "".join(c if c.isascii() and c.isalnum() else f"-{c.encode().hex()}" for c in name)
    return f"person:{safe}"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
