"""The API under questions that its own description allows, and some that it does not."""

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

EXAMPLES = 20  # of each address
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.mark.timeout(900)
def test_no_question_makes_the_server_fail(client: httpx.Client, site: str) -> None:
    described = client.get("/api/openapi.json").json()
    cookies = dict(client.cookies)
    asked = []
    for found in schemathesis.openapi.from_dict(described).get_all_operations():
        assert isinstance(found, Ok), found.err()
        operation = found.ok()
        for mode in MODES:

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Case[Any]) -> None:
                answer = case.call(base_url=site, cookies=cookies)
                asked.append(answer.status_code)
                assert answer.status_code < 500, (case.formatted_path, case.query, answer.text)

            ask()
    assert {200, 404, 422} <= set(asked)
