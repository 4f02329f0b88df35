# Where the broker of these scripts lies: sourced by the others.
# KAFKA_PORT: of the broker, 19092 unless set; the port after it is the controller's. Brokers of several ports run side by side.
kafka=4.3.1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
port=${KAFKA_PORT:-19092}
base=${KAFKA_HOST_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace-kafka}
installed=$base/kafka-$kafka
state=$base/run-$port
# What its process is known by: a number alone may belong to another one by now.
mark=millrace-kafka-$port

fail() {
  echo "kafka: $*" >&2
  exit 1
}
runs() { [[ -f $state/pid && $(ps -o args= -p "$(cat "$state/pid")" 2>/dev/null) == *$mark* ]]; }
