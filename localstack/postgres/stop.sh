#!/usr/bin/env bash
# Stops the server that start.sh started on POSTGRES_PORT. POSTGRES_STOP=immediate: as a machine that loses its power would.
set -euo pipefail
source "$(dirname "$0")/paths.sh"
runs || exit 0
as_owner "$bin/pg_ctl" -D "$state/data" -m "${POSTGRES_STOP:-fast}" -w -t 60 stop > /dev/null
echo "postgres: stopped (port $port)"
