# Where the server of these scripts lies: sourced by the others.
# POSTGRES_PORT: 15432 unless set. Servers of several ports run side by side.
port=${POSTGRES_PORT:-15432}
# As root the server runs as this user, whom Debian's package makes; what it keeps must be where that user may go.
owner=${POSTGRES_USER:-postgres}
base=${POSTGRES_HOST_DIR:-/tmp/millrace-postgres}
state=$base/run-$port
password=millrace
url=postgres://millrace:$password@127.0.0.1:$port/postgres
bin=${PG_BIN:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}

fail() {
  echo "postgres: $*" >&2
  exit 1
}
as_owner() { if [[ $(id -u) == 0 ]]; then (cd / && runuser -u "$owner" -- "$@"); else "$@"; fi; }
runs() { [[ -n $bin && -d $state/data ]] && as_owner "$bin/pg_ctl" -D "$state/data" status > /dev/null 2>&1; }
answers() { "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; }
