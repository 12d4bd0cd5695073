"""The review pages: how long the server takes for a result's page, and for pages of long lists.

    python -m benchmarks.pages            everything, by the clock and by the server's CPU time
    python -m benchmarks.pages --json     the same as a list of rows

Promised, at the median: 300 ms for the page of a result on 500 × 200, also the first time; 200 ms
for a page of a list of 10,000 and for the same under /api. `liftledger review` runs as a process of
its own and is asked over HTTP, logged in. On a busy machine the CPU time says more than the clock.

The result has six answers, of three methods: each is stored under two keys, so that no minute goes
into tuning. The lists are one result, one decision and one alert, copied within the database with
its triggers off: what is measured is reading.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import psutil
from sqlalchemy import Engine, text

from benchmarks.measuring.rows import Row, in_seconds, tell
from estimators import ESTIMATORS, STANDARD_VARIANCES, evaluate
from review.passwords import hashed
from storage import alerts, decisions, results, snapshots, studies, users, validations
from storage.database import connect, migrate, transaction
from storage.panels import to_panel
from storage.server import database
from studies import parse_plan
from tests.storage.answers import analysis

MANY, TIMES = 10_000, 15
PASSWORD = "correct horse battery"
PLAN = """
study: wide
question: What did the promotion sell?
panel: wide
estimators: [did, sc, difp, mc, sdid, dwcp]
primary: sdid
inference: {level: 0.95, primary: given_period}
"""
STORED_AS = {"did": "did", "sc": "sc", "difp": "sc", "mc": "did", "sdid": "sdid", "dwcp": "sdid"}
LISTS = {
    "10,000 studies": ("/", "/api/studies"),
    "10,000 results of a study": ("/studies/display", "/api/studies/display/results"),
    "10,000 decisions": ("/decisions", "/api/decisions"),
    "10,000 alerts": ("/alerts?all=1", "/api/alerts?all=1"),
    "the log": ("/log", "/api/log"),
}
TABLES = ("studies", "results", "estimates", "variances", "decisions", "alerts", "alert_actions")
COPIES = (
    # versions 2 to MANY of one study, then a study with one result for each number
    """
    CREATE TEMPORARY TABLE copied AS
    SELECT n, 'display' AS study, n AS version FROM generate_series(2, :many) AS n
    UNION ALL SELECT :many + n, 'study ' || lpad(n::text, 5, '0'), 1
    FROM generate_series(2, :many) AS n
    """,
    """
    INSERT INTO studies (study, version, plan, plan_hash, registered_by, reason)
    SELECT c.study, 1, s.plan, s.plan_hash, s.registered_by, s.reason
    FROM copied AS c, studies AS s WHERE c.version = 1 AND s.study = 'display'
    """,
    """
    INSERT INTO results (id, request_id, study, version, plan_version, plan_hash, snapshot_hash,
        code_version, environment_hash, seed, requested_by, reason, validation_id, status,
        content_hash)
    OVERRIDING SYSTEM VALUE
    SELECT r.id + c.n, encode(sha256(c.n::text::bytea), 'hex'), c.study, c.version, 1, r.plan_hash,
        r.snapshot_hash, r.code_version, r.environment_hash, r.seed, r.requested_by, r.reason,
        r.validation_id, r.status, r.content_hash
    FROM copied AS c, results AS r WHERE r.study = 'display' AND r.version = 1
    """,
    """
    INSERT INTO estimates (id, result_id, position, estimator, status, reason, att, settings,
        tuning, diagnostics, by_period, weight_groups, control_fit)
    OVERRIDING SYSTEM VALUE
    SELECT e.id + 10 * c.n, e.result_id + c.n, e.position, e.estimator, e.status, e.reason, e.att,
        e.settings, e.tuning, e.diagnostics, e.by_period, e.weight_groups, e.control_fit
    FROM copied AS c, estimates AS e JOIN results AS r ON r.id = e.result_id
    WHERE r.study = 'display' AND r.version = 1
    """,
    """
    INSERT INTO variances (estimate_id, position, kind, status, reason, variance, standard_error,
        df, level, ci_low, ci_high, p_value, placebos, construction)
    SELECT v.estimate_id + 10 * c.n, v.position, v.kind, v.status, v.reason, v.variance,
        v.standard_error, v.df, v.level, v.ci_low, v.ci_high, v.p_value, v.placebos, v.construction
    FROM copied AS c, variances AS v JOIN estimates AS e ON e.id = v.estimate_id
    JOIN results AS r ON r.id = e.result_id WHERE r.study = 'display' AND r.version = 1
    """,
    """
    INSERT INTO decisions (result_id, decision, recommendation, reason, decided_by, content_hash,
        decided_at)
    SELECT d.result_id + c.n, d.decision, d.recommendation, d.reason, d.decided_by, d.content_hash,
        d.decided_at
    FROM copied AS c, decisions AS d WHERE c.study = 'display'
    """,
    """
    INSERT INTO alerts (kind, key, occasion, subject, details, raised_by)
    SELECT a.kind, c.study || c.n, 1, c.study, a.details, a.raised_by FROM copied AS c, alerts AS a
    WHERE c.version = 1
    """,
    """
    INSERT INTO alert_actions (alert_id, action, reason, done_by)
    SELECT id, 'resolved', 'it came', 'ada' FROM alerts WHERE id % 10 > 0
    """,
    """
    INSERT INTO audit_log (who, what, subject, details)
    SELECT 'ada', 'noted', 'study ' || n % 500, '{}' FROM generate_series(1, :many) AS n
    """,
)


def wide() -> pd.DataFrame:
    """Rows of 500 units in 200 periods: factors, noise, 50 units treated in the last 40."""
    draw = np.random.default_rng(7)
    units, periods, treated, last = 500, 200, 50, 40
    outcome = draw.normal(100, 10, (units, 1)) + draw.normal(0, 3, (1, periods))
    outcome += draw.normal(size=(units, 4)) @ draw.normal(size=(4, periods)).cumsum(axis=1)
    outcome += draw.normal(0, 2, (units, periods))
    treatment = np.zeros((units, periods))
    treatment[:treated, -last:] = 1.0
    outcome += 5.0 * treatment
    labels = [f"store {unit:03d}" for unit in range(units)]
    return pd.DataFrame(
        {
            "unit": pd.Categorical(np.repeat(labels, periods)),
            "period": np.tile(np.arange(1, periods + 1, dtype=np.int64), units),
            "outcome": outcome.ravel(),
            "treatment": treatment.ravel(),
            "observed": np.ones(units * periods, dtype=np.bool_),
        }
    )


def answer_wide(engine: Engine) -> None:
    """The result on 500 × 200."""
    rows, plan = wide(), parse_plan(PLAN)
    panel = to_panel(rows)
    kinds = list(STANDARD_VARIANCES.values())
    found = {
        key: evaluate(panel, ESTIMATORS[key], kinds, level=0.95, placebos=200, seed=1)
        for key in dict.fromkeys(STORED_AS.values())
    }
    with transaction(engine) as session:
        registered = studies.register(session, plan, by="ada")
        sha256 = snapshots.save(session, rows)
        checked = validations.save(session, {"passed": True, "checks": []}, sha256, "wide", True)
        made = analysis(
            session, study="wide", panel=panel, snapshot_hash=sha256, validation_id=checked,
            plan_version=registered.version, plan_hash=registered.plan_hash, request_id=sha256,
            answers={key: found[method] for key, method in STORED_AS.items()},
        )  # fmt: skip
        results.save(session, made)


def fill_lists(engine: Engine) -> None:
    """The long lists."""
    with transaction(engine) as session:
        results.save(session, analysis(session))
    with transaction(engine) as session:
        decisions.decide(session, "display", 1, "repeat", by="bob", reason="it paid")
    with transaction(engine) as session:
        alerts.raise_alert(session, "data_late", "display", {"message": "late"}, "display")
    with transaction(engine) as session:
        users.put(session, "olga", "auditor", hashed(PASSWORD), "root")
    with transaction(engine) as session:
        for table in TABLES:
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in COPIES:
            session.execute(text(statement), {"many": MANY} if ":many" in statement else {})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


@contextmanager
def serving(url: str, log: Path) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """A client that is logged in, and the process of the server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "liftledger", "review", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as said:
        server = subprocess.Popen(
            words, env=os.environ | {"DATABASE_URL": url}, stdout=said, stderr=said
        )
    try:
        with httpx.Client(base_url=address, timeout=120, headers={"Origin": address}) as client:
            while "pages at" not in log.read_text(encoding="utf-8"):
                if server.poll() is not None:
                    raise RuntimeError(log.read_text(encoding="utf-8"))
                time.sleep(0.1)
            form = {"name": "olga", "password": PASSWORD, "to": "/"}
            if client.post("/login", data=form).status_code != 303:
                raise RuntimeError("nobody was let in")
            yield client, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


def measured(
    client: httpx.Client, server: psutil.Process, what: str, address: str, promise: float
) -> list[Row]:
    """Rows: the first answer, the median of the others, the server's CPU time, the size."""
    seconds, before = [], server.cpu_times()
    first_cpu = 0.0
    for number in range(TIMES + 1):
        started = time.perf_counter()
        answer = client.get(address).raise_for_status()
        seconds.append(time.perf_counter() - started)
        if not number:
            now = server.cpu_times()
            first_cpu, before = now.user + now.system - before.user - before.system, now
    after = server.cpu_times()
    spent = (after.user + after.system - before.user - before.system) / TIMES
    return [
        in_seconds(f"{what}, first", seconds[0]),
        in_seconds(f"{what}, first, CPU of the server", first_cpu),
        in_seconds(f"{what}, median", statistics.median(seconds[1:]), promise),
        in_seconds(f"{what}, CPU of the server", spent),
        Row(f"{what}, size", round(len(answer.content) / 1e6, 3), "MB"),
    ]


def measure() -> list[Row]:
    """Everything, in a database of its own: its triggers are off."""
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root the server runs as another user, who must get through
        with database(Path(folder) / "home") as url:
            migrate(url)
            engine = connect(url)
            answer_wide(engine)
            fill_lists(engine)
            engine.dispose()
            with serving(url, Path(folder) / "log") as (client, server):
                page = "/studies/wide/versions/1"
                found = measured(client, server, "page of a result, 500 × 200", page, 0.3)
                as_json = "/api/studies/wide/results/1"
                found += measured(client, server, "the same under /api", as_json, 0.3)
                for what, (page, as_json) in LISTS.items():
                    found += measured(client, server, what, page, 0.2)
                    found += measured(client, server, f"{what}, /api", as_json, 0.2)
    return found


if __name__ == "__main__":
    tell(measure())
