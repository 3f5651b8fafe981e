# A backend of one's own, in the background. Sourced.
# shellcheck shell=bash

backend() {
    local action=${1:-} dir=$SUPACRYPT_CACHE/dev-backend profile=${SUPACRYPT_PROFILE:-release}
    shift || true
    while [ $# -gt 0 ]; do
        case $1 in
            --dir) dir=${2:?--dir wants a directory}; shift 2 ;;
            *) die "backend $action does not know '$1'" ;;
        esac
    done
    case $action in
        start) backend_start "$dir" "$profile" ;;
        stop) backend_stop "$dir" ;;
        restart) backend_restart "$dir" "$profile" ;;
        env) backend_env "$dir" "$profile" ;;
        *) die "backend start, stop, restart or env?" ;;
    esac
}

# Makes the directory the first time; starts what is in it every time.
backend_start() {
    local dir=$1 profile=$2
    if backend_pid "$dir" >/dev/null; then
        die "a backend runs from $dir already; './dev backend env --dir $dir' shows how to use it, './dev backend stop --dir $dir' ends it"
    fi
    need_build_packages
    build_programs "$profile" >&2
    if [ -e "$dir/supacryptd.toml" ]; then
        backend_launch "$dir" "$profile"
    else
        PATH=$(programs_dir "$profile"):$PATH supacrypt quickstart --dir "$dir" >&2
    fi
    backend_env "$dir" "$profile"
}

backend_restart() {
    local dir=$1 profile=$2
    if backend_pid "$dir" >/dev/null; then backend_stop "$dir"; fi
    backend_launch "$dir" "$profile"
    backend_env "$dir" "$profile"
}

backend_launch() {
    local dir=$1 profile=$2 try pid
    rm -f "$dir/data/endpoints.json"
    "$(programs_dir "$profile")/supacryptd" --config "$dir/supacryptd.toml" \
        </dev/null >>"$dir/supacryptd.log" 2>&1 &
    pid=$!
    echo "$pid" >"$dir/supacryptd.pid"
    disown
    for ((try = 0; try < 500; try++)); do
        [ -e "$dir/data/endpoints.json" ] && return
        # Not backend_pid: for a moment the process is still this shell by name.
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.02
    done
    tail -n 5 "$dir/supacryptd.log" >&2
    die "the backend in $dir did not start; its log is above"
}

# The process that runs from this directory, if one does. A number alone proves nothing: it may
# belong to another process by now.
backend_pid() {
    local pid
    pid=$(cat "$1/supacryptd.pid" 2>/dev/null) || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q "supacryptd.*$1/supacryptd.toml" || return 1
    echo "$pid"
}

backend_stop() {
    local dir=$1 pid try
    pid=$(backend_pid "$dir") || die "no backend runs from $dir"
    kill "$pid"
    for ((try = 0; try < 600; try++)); do
        if ! kill -0 "$pid" 2>/dev/null; then
            rm -f "$dir/supacryptd.pid"
            return
        fi
        sleep 0.05
    done
    die "the backend $pid in $dir still finishes its work after 30 s; 'kill -9 $pid' ends it anyway"
}

backend_env() {
    local dir=$1 profile=$2 pid
    pid=$(backend_pid "$dir") || die "no backend runs from $dir; './dev backend start --dir $dir' starts one"
    printf 'export %s\n' \
        "SUPACRYPT_CONFIG='$dir/client.toml'" \
        "SUPACRYPT_ADMIN_CONFIG='$dir/admin.toml'" \
        "SUPACRYPTD_PID=$pid" \
        "SUPACRYPT_METRICS='http://$(jq -r .metrics "$dir/data/endpoints.json")/metrics'" \
        "P11_MODULE='$(programs_dir "$profile")/libsupacrypt_pkcs11.so'" \
        "P11_TOKEN=dev" \
        "P11_PIN="
}
