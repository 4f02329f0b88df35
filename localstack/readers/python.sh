#!/usr/bin/env bash
# Prints the path of a Python that has what the tests read files with besides our own readers (DuckDB); installs it from PyPI the first time.
set -euo pipefail
duckdb=1.4.2
base=${READERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace-readers}
installed=$base/duckdb-$duckdb
command -v python3 > /dev/null || { echo "readers: need python3, with venv and pip" >&2; exit 1; }
mkdir -p "$base"
exec 9> "$base/lock"
flock 9 # two may be asked to install at once
if [[ ! -f $installed/done ]]; then
  rm -rf "$installed"
  python3 -m venv "$installed"
  "$installed/bin/pip" install --quiet --disable-pip-version-check "duckdb==$duckdb" >&2
  touch "$installed/done"
fi
echo "$installed/bin/python"
