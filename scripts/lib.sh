# shellcheck shell=bash
# What the scripts share: speaking, free ports, and ending only processes that we started.

say() { printf '%s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Prints a TCP port of 127.0.0.1 on which nobody listens. The range lies below the ephemeral ports.
free_port() {
    local port attempt
    for attempt in {1..200}; do
        port=$((20000 + (${SRANDOM:-$RANDOM} % 12000)))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s\n' "$port"
            return 0
        fi
    done
    die "no free port found between 20000 and 31999 in $attempt tries; end some servers and start again"
}

# Whether nothing listens on a port of 127.0.0.1, within three seconds: a server that was killed lets go of its port only
# when the last of its threads has ended. port_gets_free PORT
port_gets_free() {
    local tenths
    for tenths in {1..30}; do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
        [[ $tenths == 30 ]] || sleep 0.1
    done
    return 1
}

# Prints random lowercase hex digits: random_hex BYTES
random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Prints when a process began (clock ticks since boot), nothing when it is gone or a zombie.
# A pid alone may be given anew to a stranger; the pid with its beginning may not.
began() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    stat=${stat##*) }
    # shellcheck disable=SC2086
    set -- $stat
    [[ $1 == Z || $1 == X ]] || printf '%s\n' "${20}"
}

# save_pid FILE PID
save_pid() { printf '%s %s\n' "$2" "$(began "$2")" >"$1"; }

# alive FILE: the process noted in FILE still runs. Sets LIVE_PID.
alive() {
    local start
    LIVE_PID=''
    [[ -r $1 ]] || return 1
    read -r LIVE_PID start <"$1" || return 1
    [[ -n $start && $(began "$LIVE_PID") == "$start" ]]
}

# end_process FILE SECONDS [SIGNAL]: asks the process noted in FILE to end, waits, then insists.
end_process() {
    local file=$1 tenths=$(($2 * 10)) signal=${3:-TERM}
    if alive "$file"; then
        kill -s "$signal" "$LIVE_PID" 2>/dev/null || true
        while alive "$file" && ((tenths-- > 0)); do sleep 0.1; done
        if alive "$file"; then
            say "process $LIVE_PID did not end in $2 s after SIG$signal: killing it"
            kill -KILL "$LIVE_PID" 2>/dev/null || true
            tenths=50
            while alive "$file" && ((tenths-- > 0)); do sleep 0.1; done
        fi
    fi
    rm -f "$file"
}

# Prints the pids of a process's children.
children_of() {
    local stat rest
    for stat in /proc/[0-9]*/stat; do
        { rest=$(<"$stat"); } 2>/dev/null || continue
        rest=${rest##*) }
        # shellcheck disable=SC2086
        set -- "$1" $rest
        if [[ $3 == "$1" ]]; then
            stat=${stat#/proc/}
            printf '%s\n' "${stat%/stat}"
        fi
    done
}

# The absolute path of a folder, made if it is missing.
absolute_folder() {
    mkdir -p "$1"
    (cd "$1" && pwd -P)
}

# What a simulation runs under, as `env` takes it. Each simulated node reads Akka's settings anew, which is a large string and many
# small ones: a young generation of 128 MiB, and strings of 2 MiB within it, leave the collector a third of the time.
# shellcheck disable=SC2034 # for who sources this
simulation_environment=(DOTNET_gcConcurrent=0 DOTNET_GCgen0size=8000000 DOTNET_GCLOHThreshold=200000)
