#!/usr/bin/env bash
# Starts the workspace in the background and hands its address and token to the job's later steps. The runner ends what a job left
# running, so the workspace ends with the job.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
data_dir=${DATA_DIR:-${RUNNER_TEMP:?is set by the runner}/lakehouse}
# Python 3.11 of the step before, and the Java that GitHub's runners bring, for the workspace alone.
if [ -n "${PYTHON:-}" ]; then PATH=$(dirname "$PYTHON"):$PATH; fi
if [ -n "${JAVA_HOME_17_X64:-}" ]; then export JAVA_HOME=$JAVA_HOME_17_X64; fi

lakehouse() {
  node "$root/packages/toolchain/bootstrap.cjs" packages/local-workspace/bin/lakehouse.cjs "$@" --data-dir "$data_dir"
}

lakehouse start --detach --port "${PORT:-0}"
token=$(lakehouse token)
echo "::add-mask::$token"
host=$(lakehouse env | sed -n 's/^export DATABRICKS_HOST=//p')
printf 'DATABRICKS_HOST=%s\nDATABRICKS_TOKEN=%s\n' "$host" "$token" >>"$GITHUB_ENV"
printf 'host=%s\ndata-dir=%s\n' "$host" "$data_dir" >>"$GITHUB_OUTPUT"
