#!/usr/bin/env bash
# Starts a PostgreSQL server of its own (loopback only, no Docker) and returns when it answers: npm run postgres
# Debian's server, or another one: PG_BIN=/path/to/bin. POSTGRES_PORT: 15432 unless set. It begins empty; POSTGRES_KEEP=1 keeps what was there.
set -euo pipefail
source "$(dirname "$0")/paths.sh"

[[ -n $bin ]] || fail "no server is installed: apt-get install postgresql, or say where it is: PG_BIN=/path/to/bin"
if runs && answers; then
  echo "postgres runs already: $url"
  exit 0
fi
(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && fail "something listens on port $port already; stop it, or set POSTGRES_PORT"

[[ ${POSTGRES_KEEP:-0} == 1 ]] || rm -rf "$state"
mkdir -p "$state"
printf '%s' "$password" > "$state/password"
# A server refuses to run as root.
[[ $(id -u) != 0 ]] || chown -R "$owner" "$state"
[[ -d $state/data ]] || as_owner "$bin/initdb" -D "$state/data" -U millrace --auth=scram-sha-256 "--pwfile=$state/password" -E UTF8 --locale=C --no-sync > "$state/init.log" 2>&1 || {
  tail -n 20 "$state/init.log" >&2
  fail "its folder cannot be made"
}
# 40 connections: some for the tests, few enough to use up. fsync: what the machine loses is of no use to anybody.
as_owner "$bin/pg_ctl" -D "$state/data" -l "$state/log" -w -t 60 -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=40 -c fsync=off" start > "$state/start.log" 2>&1 || {
  tail -n 20 "$state/start.log" "$state/log" >&2 || true
  fail "did not start; its log is in $state/log"
}
echo "postgres $("$bin/postgres" --version | grep -o '[0-9.]*' | head -n 1): $url, log: $state/log"
