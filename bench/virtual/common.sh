# Sourced by build and run: where things are, and how a machine that cannot do it says so.
# shellcheck shell=bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=${DFOTA_VIRTUAL_CACHE:-$project/.cache/virtual-bench}

# Exit code of a machine on which the bench cannot be built or started. Never to be taken for a pass.
readonly not_run=75

say() { echo "virtual bench: $((SECONDS / 60)):$(printf %02d $((SECONDS % 60)))  $*" >&2; }
cannot() {
  say "NOT RUN: $*"
  exit "$not_run"
}
