#!/bin/sh
# Brings the tables up to date, registers the deployments of prefect.yaml, and works.
# Safe to run in several containers at once: each step is a no-op the second time.
set -eu

python - <<'PYTHON'
from storage.database import migrate
from storage.server import database

with database() as url:
    migrate(url)
PYTHON

prefect work-pool create liftledger --type process --overwrite
prefect --no-prompt deploy --all
# a flow run for each core and one more, so that many due studies do not share one machine at once
exec prefect worker start --pool liftledger --type process --limit "$(($(nproc) + 1))" --with-healthcheck
