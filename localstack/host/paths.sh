# Sourced by the scripts beside it: where things are. Every set of versions has a folder of its own, every port one for its state.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
base=${LOCALSTACK_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace-localstack}
stamp=$(cd "$here" && find install.sh constraints.txt LoopbackAgent.java executor -type f -not -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12)
installed=$base/$stamp
port=${LOCALSTACK_PORT:-4566}
state=$base/port-$port

fail() { echo "localstack: $*" >&2; exit 1; }
