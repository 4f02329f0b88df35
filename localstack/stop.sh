#!/usr/bin/env bash
# npm run localstack:stop: whichever of the two runs on LOCALSTACK_PORT.
set -euo pipefail
cd "$(dirname "$0")"
host/stop.sh
if [[ ${LOCALSTACK_MODE:-docker} == docker ]] && docker info >/dev/null 2>&1; then docker compose -f compose.yaml down --volumes; fi
