#!/usr/bin/env bash
# local.sh COMMAND...: runs it against the LocalStack on LOCALSTACK_PORT (4566 unless set), whatever AWS profile the shell has.
set -euo pipefail
for name in $(compgen -e | grep '^AWS_' || true); do unset "$name"; done
export AWS_ENDPOINT_URL=http://127.0.0.1:${LOCALSTACK_PORT:-4566}   # the IP: so S3 is asked path-style
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
curl -sf "$AWS_ENDPOINT_URL/_localstack/health" >/dev/null || {
  echo "LocalStack does not answer on $AWS_ENDPOINT_URL; start it with: npm run localstack" >&2
  exit 1
}
exec "$@"
