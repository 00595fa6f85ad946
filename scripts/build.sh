#!/usr/bin/env bash
# Builds the host into dist/ and the demo into dist/demo/ (Release), and nothing when both are up to date.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
source scripts/lib.sh

# No build server stays behind; the analyzers have their say in ./test.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1
flags=(-c Release -v quiet -p:UseSharedCompilation=false -p:RunAnalyzers=false)

sources() {
    { find src demo hocon ./*.props -type f -not -path '*/bin/*' -not -path '*/obj/*' -not -path '*/node_modules/*' -printf '%p %s %T@\n' 2>/dev/null || true; } | sort | sha256sum
}

now=$(sources)
if [[ -x dist/dataload && -x dist/demo/dataload-demo && $(cat dist/.sources 2>/dev/null) == "$now" ]]; then exit 0; fi
say 'building (Release); later runs skip this'
rm -rf dist
mkdir dist
# A build that is told to end takes its compiler with it.
compiler=''
trap '[[ -z $compiler ]] || kill -TERM "$compiler" 2>/dev/null || true; exit 143' INT TERM
publish() {
    local project=$1 folder=$2
    shift 2
    dotnet publish "$project" "${flags[@]}" -o "$folder" "$@" </dev/null >&2 &
    compiler=$!
    wait "$compiler"
}
# Compiled ahead for this machine together with its runtime, which drains a backlog at full speed from the start; where
# the compiler or the runtime for that cannot be had, as it is.
rid=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
publish src/Host dist -r "$rid" --self-contained true || { say "no ahead-of-time compilation for $rid here: publishing without"; rm -rf dist; publish src/Host dist; }
publish demo dist/demo
printf '%s\n' "$now" >dist/.sources
