#!/bin/sh
# Run once by the PostgreSQL image, over an empty volume: a role and a database for each of the
# two that share this server. Neither may look into the other's.
set -eu

psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set liftledger="$LIFTLEDGER_PASSWORD" --set prefect="$PREFECT_PASSWORD" <<'SQL'
create role liftledger login password :'liftledger';
create role prefect login password :'prefect';
create database liftledger owner liftledger;
create database prefect owner prefect;
revoke connect on database liftledger from public;
revoke connect on database prefect from public;
SQL
