#!/usr/bin/env bash
# A private RabbitMQ: own node name, ports, data, log, configuration, cookie and epmd, all in one
# folder, on 127.0.0.1 only. It touches no other broker of this machine.
#
#   rabbitmq.sh start DIR [PORT]   start, wait until it takes AMQP connections, print its URL
#   rabbitmq.sh stop DIR           stop in order; data stays
#   rabbitmq.sh kill DIR           end at once, as a crash would; data stays
#   rabbitmq.sh restart DIR        stop and start on the same port
#   rabbitmq.sh url DIR            print its AMQP URL
#   rabbitmq.sh pid DIR            print the pid of the broker
#   rabbitmq.sh ctl DIR ARGS...    run rabbitmqctl on it
#   rabbitmq.sh remove DIR         stop and delete the folder
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"

start_seconds=${DATALOAD_SERVER_START_SECONDS:-90}

server_bin() {
    local candidate
    for candidate in /usr/lib/rabbitmq/bin /usr/local/lib/rabbitmq/bin /opt/rabbitmq/sbin; do
        if [[ -x $candidate/rabbitmq-server ]]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    die "rabbitmq-server is not installed; run $here/install.sh rabbitmq-server first"
}

# Choices made at the first start (ports, names, password) are kept, so that a restart has the same.
load_settings() {
    if [[ ! -f $dir/settings ]]; then
        [[ ${1:-} == create ]] || die "$dir holds no RabbitMQ; start one with: $0 start $dir"
        local amqp=${2:-} dist epmd
        [[ -n $amqp && $amqp != 0 ]] || amqp=$(free_port)
        dist=$(free_port)
        epmd=$(free_port)
        while [[ $dist == "$amqp" ]]; do dist=$(free_port); done
        while [[ $epmd == "$amqp" || $epmd == "$dist" ]]; do epmd=$(free_port); done
        (
            umask 077
            {
                printf 'amqp_port=%s\ndist_port=%s\nepmd_port=%s\n' "$amqp" "$dist" "$epmd"
                printf 'node=dataload-%s@localhost\n' "$(random_hex 6)"
                printf 'password=%s\n' "$(random_hex 16)"
            } >"$dir/settings"
        )
    fi
    # shellcheck disable=SC1091
    source "$dir/settings"
}

url() { printf 'amqp://dataload:%s@127.0.0.1:%s/\n' "${password:?}" "${amqp_port:?}"; }

# The environment that keeps the broker, its tools and its epmd inside the folder.
export_environment() {
    export HOME=$dir/home
    export ERL_EPMD_PORT=${epmd_port:?} ERL_EPMD_ADDRESS=127.0.0.1
    export RABBITMQ_NODENAME=${node:?} RABBITMQ_USE_LONGNAME=false
    export RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$amqp_port RABBITMQ_DIST_PORT=${dist_port:?}
    export RABBITMQ_CONF_ENV_FILE=$dir/rabbitmq-env.conf
    export RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf RABBITMQ_ADVANCED_CONFIG_FILE=$dir/advanced.config
    export RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins
    export RABBITMQ_MNESIA_BASE=$dir/mnesia RABBITMQ_MNESIA_DIR=$dir/mnesia/node
    export RABBITMQ_PLUGINS_EXPAND_DIR=$dir/plugins-expand RABBITMQ_FEATURE_FLAGS_FILE=$dir/mnesia/feature_flags
    export RABBITMQ_LOG_BASE=$dir/log RABBITMQ_LOGS=$dir/log/rabbitmq.log
    export RABBITMQ_GENERATED_CONFIG_DIR=$dir/generated RABBITMQ_PID_FILE=$dir/broker.pid
    # Erlang threads that spin before they sleep take a tenth of a processor beside the queues of a whole test run, which do nothing.
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdio none'
    # Under this flag the start script becomes the Erlang VM itself: its pid is the broker's.
    export RUNNING_UNDER_SYSTEMD=true
    unset NOTIFY_SOCKET RABBITMQ_NODE_ONLY RABBITMQ_ALLOW_INPUT ERL_LIBS ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS
}

write_configuration() {
    mkdir -p "$dir/home" "$dir/mnesia" "$dir/log" "$dir/generated"
    : >"$dir/rabbitmq-env.conf"
    printf '[].\n' >"$dir/advanced.config"
    printf '[].\n' >"$dir/enabled_plugins"
    if [[ ! -f $dir/home/.erlang.cookie ]]; then
        (umask 077; random_hex 20 >"$dir/home/.erlang.cookie")
        chmod 400 "$dir/home/.erlang.cookie"
    fi
    (
        umask 077
        cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.default = 127.0.0.1:$amqp_port
default_user = dataload
default_pass = $password
loopback_users.dataload = true
log.file.level = info
disk_free_limit.absolute = 100MB
vm_memory_high_watermark.relative = 0.3
CONF
    )
}

# A broker that is ready answers an AMQP greeting with a method frame (a byte 1).
answers() {
    local first=''
    (
        exec 3<>"/dev/tcp/127.0.0.1/$amqp_port" || exit 1
        printf 'AMQP\x00\x00\x09\x01' >&3
        first=$(timeout 2 head -c 1 <&3 | od -An -tx1 | tr -d ' ')
        [[ $first == 01 ]]
    ) 2>/dev/null
}

start() {
    local bin pid tenths
    bin=$(server_bin)
    load_settings create "${1:-}"
    if alive "$dir/broker"; then
        say "RabbitMQ in $dir runs already (pid $LIVE_PID)"
        url
        return 0
    fi
    if ! port_gets_free "$amqp_port"; then
        die "port $amqp_port of 127.0.0.1 is taken by another program; choose another: $0 start DIR PORT"
    fi
    write_configuration
    export_environment
    say "starting a private RabbitMQ on 127.0.0.1:$amqp_port (node $node, folder $dir)"
    trap 'say "interrupted: stopping RabbitMQ again"; stop; exit 130' INT TERM
    setsid "$(epmd_bin)" -port "$epmd_port" -address 127.0.0.1 </dev/null >>"$dir/log/epmd.log" 2>&1 &
    save_pid "$dir/epmd" $!
    setsid "$bin/rabbitmq-server" </dev/null >>"$dir/log/startup.log" 2>&1 &
    pid=$!
    save_pid "$dir/broker" "$pid"
    disown -a
    tenths=$((start_seconds * 10))
    until answers; do
        if ! alive "$dir/broker" || ((tenths-- <= 0)); then
            tail -n 30 "$dir/log/startup.log" "$dir/log/rabbitmq.log" >&2 2>/dev/null || true
            stop
            die "RabbitMQ did not answer on 127.0.0.1:$amqp_port within $start_seconds s; its log is $dir/log/rabbitmq.log"
        fi
        sleep 0.1
    done
    trap - INT TERM
    url
}

epmd_bin() {
    local candidate
    for candidate in /usr/lib/erlang/bin/epmd /usr/local/lib/erlang/bin/epmd "$(command -v epmd || true)"; do
        if [[ -x $candidate ]]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    die "epmd, a part of Erlang, is not installed; run $here/install.sh rabbitmq-server first"
}

stop() {
    if alive "$dir/broker"; then say "stopping RabbitMQ (pid $LIVE_PID)"; fi
    end_process "$dir/broker" 60
    end_process "$dir/epmd" 5
}

kill_now() {
    if alive "$dir/broker"; then say "killing RabbitMQ (pid $LIVE_PID)"; fi
    end_process "$dir/broker" 5 KILL
    end_process "$dir/epmd" 5
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
    pid) alive "$dir/broker" || die "no RabbitMQ runs in $dir"; printf '%s\n' "$LIVE_PID" ;;
    ctl) load_settings; bin=$(server_bin); export_environment; exec "$bin/rabbitmqctl" --node "$node" "$@" ;;
    remove) stop; rm -rf "$dir" ;;
    *) die "unknown verb '$verb'; use start, stop, kill, restart, url, pid, ctl or remove" ;;
esac
