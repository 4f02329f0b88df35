#!/usr/bin/env bash
# Starts Apache Kafka (KRaft mode, one node, loopback only, no Docker) and returns when it answers: npm run kafka
# Installs it from Maven Central the first time (needs Maven and a Java 17+ JDK; 44 MB). KAFKA_PORT: 19092 unless set.
# KAFKA_KEEP=1 keeps what the broker that was stopped, or killed, had stored; else it begins empty.
set -euo pipefail
source "$(dirname "$0")/paths.sh"

install() {
  command -v mvn >/dev/null || fail "needs Maven (mvn), to get Kafka's jars from Maven Central"
  command -v java >/dev/null || fail "needs a Java 17+ runtime (java)"
  mkdir -p "$base"
  exec 9>"$base/lock"
  flock 9 # two may be asked to install at once
  if [[ ! -f $installed/done ]]; then
    echo "kafka: getting Kafka $kafka from Maven Central into $installed ..."
    rm -rf "$installed"
    mkdir -p "$installed"
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$installed/lib" -DincludeScope=runtime
    touch "$installed/done"
  fi
  exec 9>&-
}
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

install
if runs && answers; then
  echo "kafka runs already on 127.0.0.1:$port, log: $state/log"
  exit 0
fi
answers && fail "something listens on port $port already; stop it, or set KAFKA_PORT"

[[ ${KAFKA_KEEP:-0} == 1 ]] || rm -rf "$state"
mkdir -p "$state"
cat > "$state/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$state/data
num.partitions=2
auto.create.topics.enable=false
log.retention.check.interval.ms=1000
log.segment.delete.delay.ms=100
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
small=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dmillrace=$mark" -cp "$installed/lib/*")
if [[ ! -d $state/data ]]; then
  cluster=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')
  # An id that begins with a dash would be taken for an option.
  java "${small[@]}" kafka.tools.StorageTool format -t "A${cluster:1}" -c "$state/server.properties" > "$state/format.log" 2>&1 || {
    tail -n 20 "$state/format.log" >&2
    fail "its storage cannot be formatted"
  }
fi
nohup java -Xms64m -Xmx256m "${small[@]}" kafka.Kafka "$state/server.properties" > "$state/log" 2>&1 < /dev/null &
echo $! > "$state/pid"
for _ in $(seq 240); do
  answers && {
    echo "kafka $kafka (KRaft, no Docker) on 127.0.0.1:$port, log: $state/log"
    exit 0
  }
  runs || break
  sleep 0.25
done
tail -n 20 "$state/log" >&2
"$here/stop.sh" >&2
fail "did not start; its log is in $state/log"
