#!/usr/bin/env bash
# A private PostgreSQL: own data folder, port, socket folder and password, on 127.0.0.1 only.
# PostgreSQL refuses to run as root, so that root drops to `postgres` (or `nobody`); where that user
# cannot reach the folder, the data lies in a folder of its own under /tmp, deleted by `remove`.
#
#   postgres.sh start DIR [PORT]   start, wait until it answers, print its connection string
#   postgres.sh stop DIR           stop in order; data stays
#   postgres.sh kill DIR           end at once, as a crash would; data stays
#   postgres.sh restart DIR        stop and start on the same port
#   postgres.sh url DIR            print its connection string (Npgsql's form)
#   postgres.sh uri DIR            print the same as postgresql://
#   postgres.sh pid DIR            print the pid of the server
#   postgres.sh psql DIR ARGS...   run psql on it
#   postgres.sh remove DIR         stop and delete the data
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"

start_seconds=${DATALOAD_SERVER_START_SECONDS:-60}

server_bin() {
    local found
    found=$(find /usr/lib/postgresql /usr/pgsql-* /usr/local/pgsql /usr/bin -maxdepth 3 -path '*bin/postgres' 2>/dev/null | sort -V | tail -n 1)
    [[ -n $found ]] || die "postgresql is not installed; run $here/install.sh postgresql-15 first"
    dirname "$found"
}

# The user that owns the server: this one, or a lesser one when this is root.
server_user() {
    if ((EUID != 0)); then id -un
    elif id postgres >/dev/null 2>&1; then printf 'postgres\n'
    else printf 'nobody\n'
    fi
}

# become USER COMMAND...: runs a command as the server's user, replacing this process (so that $! stays its pid).
become() {
    local as=$1
    shift
    if ((EUID != 0)); then exec "$@"; fi
    exec setpriv --reuid="$as" --regid="$(id -g "$as")" --clear-groups -- "$@"
}

load_settings() {
    if [[ ! -f $dir/settings ]]; then
        [[ ${1:-} == create ]] || die "$dir holds no PostgreSQL; start one with: $0 start $dir"
        local chosen=${2:-} folder=$dir owner
        owner=$(server_user)
        [[ -n $chosen && $chosen != 0 ]] || chosen=$(free_port)
        # A data folder must be reached by its owner, and a socket's path has at most 107 bytes.
        if ! (become "$owner" test -x "$dir") 2>/dev/null || ((${#dir} > 80)); then
            folder=$(mktemp -d "${TMPDIR:-/tmp}/dataload-pg.XXXXXX")
        fi
        (
            umask 077
            printf 'port=%s\npassword=%s\nuser=%q\nhome=%q\n' "$chosen" "$(random_hex 16)" "$owner" "$folder" >"$dir/settings"
        )
    fi
    # shellcheck disable=SC1091
    source "$dir/settings"
    data=${home:?}/data user=${user:?}
}

url() { printf 'Host=127.0.0.1;Port=%s;Username=dataload;Password=%s;Database=postgres\n' "${port:?}" "${password:?}"; }
uri() { printf 'postgresql://dataload:%s@127.0.0.1:%s/postgres\n' "${password:?}" "${port:?}"; }

create_cluster() {
    local pwfile=$home/pwfile
    say "creating a private PostgreSQL cluster in $home"
    chmod 755 "$home"
    mkdir -p "$data" "$home/socket"
    (umask 077; printf '%s\n' "$password" >"$pwfile")
    if ((EUID == 0)); then chown "$user" "$data" "$home/socket" "$pwfile"; fi
    chmod 700 "$data" "$home/socket"
    # --no-sync: a cluster that is lost before its first start is simply created again.
    (cd "$home" && become "$user" "$bin/initdb" -D "$data" -U dataload --pwfile="$pwfile" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions) >"$dir/initdb.log" 2>&1 || {
        cat "$dir/initdb.log" >&2
        rm -rf "$data"
        die "initdb failed in $data"
    }
    rm -f "$pwfile"
    cat >>"$data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$home/socket'
max_connections = 400
shared_buffers = 256MB
fsync = on
synchronous_commit = on
max_wal_size = 2GB
logging_collector = off
log_min_duration_statement = 5000
CONF
}

start() {
    local pid tenths
    bin=$(server_bin)
    load_settings create "${1:-}"
    if alive "$dir/server"; then
        say "PostgreSQL in $dir runs already (pid $LIVE_PID)"
        url
        return 0
    fi
    if ! port_gets_free "$port"; then
        die "port $port of 127.0.0.1 is taken by another program; choose another: $0 start DIR PORT"
    fi
    [[ -f $data/postgresql.conf ]] || create_cluster
    say "starting a private PostgreSQL on 127.0.0.1:$port (folder $home)"
    trap 'say "interrupted: stopping PostgreSQL again"; stop; exit 130' INT TERM
    (cd "$home" && become "$user" setsid "$bin/postgres" -D "$data") </dev/null >>"$dir/postgres.log" 2>&1 &
    pid=$!
    save_pid "$dir/server" "$pid"
    disown -a
    tenths=$((start_seconds * 10))
    until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U dataload -d postgres; do
        if ! alive "$dir/server" || ((tenths-- <= 0)); then
            tail -n 30 "$dir/postgres.log" >&2 || true
            stop
            die "PostgreSQL did not answer on 127.0.0.1:$port within $start_seconds s; its log is $dir/postgres.log"
        fi
        sleep 0.1
    done
    trap - INT TERM
    url
}

stop() {
    if alive "$dir/server"; then say "stopping PostgreSQL (pid $LIVE_PID)"; fi
    end_process "$dir/server" 60 INT
}

# The workers are killed with their postmaster, so that a start right after finds no survivors.
kill_now() {
    local children=()
    if alive "$dir/server"; then
        say "killing PostgreSQL (pid $LIVE_PID)"
        kill -STOP "$LIVE_PID"
        mapfile -t children < <(children_of "$LIVE_PID")
        kill -KILL "$LIVE_PID"
        ((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2>/dev/null || true
    fi
    end_process "$dir/server" 5 KILL
    # A killed server that its parent has not reaped yet looks alive to the next one.
    if [[ -f $dir/settings ]]; then
        load_settings
        rm -f "$data/postmaster.pid" "$home"/socket/.s.PGSQL.*
    fi
}

remove() {
    stop
    if [[ -f $dir/settings ]]; then
        load_settings
        if [[ $home != "$dir" && $home == */dataload-pg.* ]]; then rm -rf "$home"; fi
    fi
    rm -rf "$dir"
}

(($# >= 2)) || { sed -n '2,/^set /p' "${BASH_SOURCE[0]}" | sed -n 's/^# \{0,1\}//p' >&2; exit 2; }
verb=$1
dir=$(absolute_folder "$2")
shift 2
case $verb in
    start) start "${1:-}" ;;
    stop) stop ;;
    kill) kill_now ;;
    restart) load_settings; stop; start ;;
    url) load_settings; url ;;
    uri) load_settings; uri ;;
    pid) alive "$dir/server" || die "no PostgreSQL runs in $dir"; printf '%s\n' "$LIVE_PID" ;;
    psql) load_settings; exec psql "$(uri)" "$@" ;;
    remove) remove ;;
    *) die "unknown verb '$verb'; use start, stop, kill, restart, url, uri, pid, psql or remove" ;;
esac
