#!/usr/bin/env bash
# npm run localstack: with Docker Compose where a Docker engine answers, else without Docker (host/). LOCALSTACK_MODE=host or docker decides it.
set -euo pipefail
cd "$(dirname "$0")"
port=${LOCALSTACK_PORT:-4566}
mode=${LOCALSTACK_MODE:-$(docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 && echo docker || echo host)}

case $mode in
  docker)
    docker compose -f compose.yaml up --detach --wait
    echo "localstack (Docker) on http://127.0.0.1:$port"
    ;;
  host)
    host/install.sh
    LAMBDA_NODE=${LAMBDA_NODE:-$(cd .. && pwd)/node_modules/.bin/node} host/start.sh
    ;;
  *)
    echo "localstack: LOCALSTACK_MODE is '$mode'; it must be 'docker' or 'host'" >&2
    exit 1
    ;;
esac
