"""Pages about how a result came about: what two differ in, and what one was asked by."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from reports.checked import check_rows
from reports.diffs import change, said, why
from reports.names import estimator_label, variance_label
from reports.registered import plan_versions, promotion_versions, registered_sentence
from reports.restatements import cell_rows
from review.asking import LARGEST, LINES, Ledger, One, Other, Study, Version
from review.screen import query, screen
from storage import asked, diffs

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/studies/{study}/diff")
def diff_page(
    request: Request,
    ledger: Ledger,
    study: Study,
    one: One,
    other: Other,
    skip: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
) -> HTMLResponse:
    """What changed from one version to another: the answer, the data cell by cell, the plan."""
    with ledger() as session:
        found = diffs.diff(session, (study, one), (study, other))
    kind = found.after.plan.inference.primary
    cells = found.data.restatement.cells if found.data else ()
    more = skip + LINES < len(cells)
    return screen(
        "diff.html.j2",
        request,
        study=study,
        one=one,
        other=other,
        kind=variance_label(kind),
        answers=[
            (estimator_label(a.estimator), said(a.before, kind), said(a.after, kind), change(a))
            for a in found.answers
        ],
        why=list(why(found)),
        cells=cell_rows(cells[skip:], LINES),
        skip=skip,
        listed=len(cells),
        count=found.data.restatement.count if found.data else 0,
        more=query(one=one, other=other, skip=skip + LINES) if more else "",
        start=query(one=one, other=other),
    )


@router.get("/studies/{study}/versions/{version}/plan")
def plan_page(request: Request, ledger: Ledger, study: Study, version: Version) -> HTMLResponse:
    """What a result was asked by: the plan, its changes with reasons, the checks of the data."""
    with ledger() as session:
        found = asked.asked(session, study, version)
    return screen(
        "plan.html.j2",
        request,
        study=study,
        version=version,
        found=found,
        registered=registered_sentence(found),
        plans=plan_versions(found),
        promotions=promotion_versions(found),
        checks=check_rows(found.validation),
        plan=json.dumps(json.loads(found.plan.canonical()), indent=2, ensure_ascii=False),
    )
