#!/usr/bin/env bash
# Stops the broker that start.sh started on KAFKA_PORT. KAFKA_SIGNAL=KILL: as a machine that loses its power would.
set -euo pipefail
source "$(dirname "$0")/paths.sh"
runs || exit 0
pid=$(cat "$state/pid")
kill -"${KAFKA_SIGNAL:-TERM}" "$pid"
for _ in $(seq 120); do
  kill -0 "$pid" 2>/dev/null || {
    rm -f "$state/pid"
    echo "kafka: stopped (port $port)"
    exit 0
  }
  sleep 0.25
done
kill -KILL "$pid" 2>/dev/null || true
rm -f "$state/pid"
echo "kafka: killed, for it did not end by itself (port $port)"
