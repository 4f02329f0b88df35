#!/usr/bin/env bash
# servers.sh start|stop: MariaDB and Redis for the recipes of docs/sinks.md (loopback only, no Docker, empty): of Debian, mariadb-server-core and redis-server.
# MARIADB_PORT: 13306 unless set. REDIS_PORT: 16379 unless set.
set -euo pipefail
mariadb=${MARIADB_PORT:-13306}
redis=${REDIS_PORT:-16379}
state=${DATABASES_DIR:-/tmp/millrace-databases}/$mariadb-$redis

fail() {
  echo "databases: $*" >&2
  exit 1
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# The process that wrote this file, by its command line: a number alone may belong to another by now.
runs() { [[ -f $state/$1.pid && $(ps -o args= -p "$(cat "$state/$1.pid")" 2>/dev/null) == *$2* ]]; }

case ${1:-} in
  start)
    runs mariadb "$mariadb" && runs redis "$redis" && { echo "databases run already"; exit 0; }
    for program in mariadbd mariadb-install-db redis-server; do command -v $program > /dev/null || fail "needs $program: apt-get install mariadb-server-core redis-server"; done
    for port in $mariadb $redis; do listens "$port" && fail "something listens on port $port already"; done
    rm -rf "$state"
    mkdir -p "$state/data"
    mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$state/data" --auth-root-authentication-method=normal --skip-test-db > "$state/install.log" 2>&1 || { tail -n 20 "$state/install.log" >&2; fail "MariaDB's folder cannot be made"; }
    nohup mariadbd --no-defaults --user="$(id -un)" --datadir="$state/data" --socket="$state/socket" --pid-file="$state/mariadb.pid" --port="$mariadb" --bind-address=127.0.0.1 \
      --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M > "$state/mariadb.log" 2>&1 < /dev/null &
    nohup redis-server --port "$redis" --bind 127.0.0.1 --save '' --dir "$state" > "$state/redis.log" 2>&1 < /dev/null &
    echo $! > "$state/redis.pid"
    for _ in $(seq 120); do
      listens "$mariadb" && listens "$redis" && { echo "databases: mysql://root@127.0.0.1:$mariadb, redis://127.0.0.1:$redis, logs: $state"; exit 0; }
      sleep 0.25
    done
    tail -n 20 "$state"/*.log >&2
    fail "did not start"
    ;;
  stop)
    for one in "mariadb $mariadb" "redis $redis"; do
      read -r name mark <<< "$one"
      runs "$name" "$mark" || continue
      pid=$(cat "$state/$name.pid")
      kill "$pid"
      for _ in $(seq 80); do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
    done
    ;;
  *) fail "start or stop" ;;
esac
