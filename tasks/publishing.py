"""A stored result, shown beside the run in Prefect's pages."""

import re

from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from reports.artifacts import markdown
from storage.records import StoredResult
from tasks.step import task, within_prefect


@task(name="publish the result", task_run_name="publish", cache_policy=NO_CACHE)
def publish(result: StoredResult) -> None:
    """The result table and the report's summary as one Prefect artifact, where Prefect runs it."""
    if not within_prefect():
        return
    create_markdown_artifact(
        markdown(result),
        key=artifact_key(result.study),
        description=f"{result.study}@{result.version}: {result.plan.question}",
    )


def artifact_key(study: str) -> str:
    """Where the newest result of a study is found; keys hold lowercase letters, digits, dashes."""
    return "result-" + re.sub(r"[^a-z0-9]+", "-", study.lower()).strip("-")
