#!/usr/bin/env bash
# Installs what is missing, from the distribution's packages, and starts no service.
#
#   install.sh [dotnet] [tzdata] [nodejs] [npm] [chromium] [rabbitmq-server] [postgresql-15] [openssl] [linux-perf] [iproute2] [pgbouncer]
#                                                                                    (default: all but the last three)
#
# dotnet is only looked for: its SDK is not among the distribution's packages everywhere. nodejs and npm bundle the
# dashboard, chromium tests it; openssl makes certificates in a test, and pgbouncer stands before PostgreSQL in some.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"

updated=''
policy=/usr/sbin/policy-rc.d
made_policy=''

cleanup() { if [[ -n $made_policy ]]; then as_root rm -f "$policy"; fi; }
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

as_root() {
    if ((EUID == 0)); then "$@"
    elif ! command -v sudo >/dev/null 2>&1; then
        die "installing needs root: run this as root, or install by hand: apt-get install $*"
    elif [[ -t 0 ]]; then sudo "$@"
    else sudo -n "$@"
    fi
}

# Debian starts a server as soon as it is installed; a policy of 101 says that it shall not.
forbid_services() {
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        made_policy=yes
        as_root chmod 755 "$policy"
    fi
}

has() {
    case $1 in
        rabbitmq-server) compgen -G '/usr/lib/rabbitmq/bin/rabbitmq-server' >/dev/null ;;
        tzdata) [[ -e /usr/share/zoneinfo/Asia/Shanghai ]] ;;
        nodejs) command -v node >/dev/null 2>&1 ;;
        iproute2) command -v ss >/dev/null 2>&1 ;;
        pgbouncer) [[ -x /usr/sbin/pgbouncer ]] ;;
        linux-perf) command -v perf >/dev/null 2>&1 ;;
        postgresql-*) compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# need PACKAGE [OTHER]: installs PACKAGE, or OTHER where the distribution has no PACKAGE.
need() {
    local package=$1 other=${2:-} unit=${1%%-[0-9]*}
    if has "$package"; then return 0; fi
    command -v apt-get >/dev/null 2>&1 || die "$package is missing and this machine has no apt-get; install it by hand and start again"
    if [[ -z $updated ]]; then
        say "updating the package lists (apt-get update)"
        as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the lists at hand"
        updated=yes
    fi
    if [[ -n $other ]] && ! apt-cache show "$package" >/dev/null 2>&1; then package=$other; fi
    say "installing $package (its service is not started)"
    forbid_services
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >&2 </dev/null \
        || die "apt-get could not install $package; its message is above"
    # Nor shall it start at the next boot: nobody asked for a server of this machine.
    if [[ -d /run/systemd/system ]]; then as_root systemctl disable --quiet "$unit" >&2 || true; fi
    has "$1" || die "$package is installed but what it brings was not found where it is expected"
}

need_dotnet() {
    local version
    command -v dotnet >/dev/null 2>&1 || die "the .NET SDK 10 is missing: install it (https://dot.net) so that 'dotnet --version' works, then start again"
    version=$(cd / && dotnet --list-sdks | sort -V | tail -n 1)
    [[ ${version%%.*} -ge 10 ]] || die "the .NET SDK 10 is needed, but the newest one here is '${version:-none}': install it (https://dot.net), then start again"
}

(($# > 0)) || set -- dotnet tzdata nodejs npm chromium openssl rabbitmq-server postgresql-15
for wanted in "$@"; do
    case $wanted in
        dotnet) need_dotnet ;;
        rabbitmq-server) need rabbitmq-server ;;
        postgresql-*) need "$wanted" postgresql ;;
        *) need "$wanted" ;;
    esac
done
