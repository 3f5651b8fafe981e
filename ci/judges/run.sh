#!/usr/bin/env bash
# run.sh [--softhsm | --table] [NAME...]
#
# Runs the judges in this folder, or those that are named, against a backend of its own: programs that
# nobody here wrote, which say whether the PKCS#11 module keeps to the standard. Ends with
# "N passed, N failed".
#
#   --softhsm  judges SoftHSM2 instead, which shows whether a complaint is about ours or about the judge
#   --table    judges both, and prints a table in Markdown
#
# With SUPACRYPT_JUDGE_MODULE, SUPACRYPT_JUDGE_TOKEN and SUPACRYPT_JUDGE_PIN set, another module is
# judged.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SUPACRYPT_ROOT=$(cd "$here/../.." && pwd)
for part in common packages build backend judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
export SUPACRYPT_PROFILE=${SUPACRYPT_PROFILE:-dev} SUPACRYPT_ROOT SUPACRYPT_CACHE

modules=(ours) table='' names=()
while [ $# -gt 0 ]; do
    case $1 in
        --softhsm) modules=(softhsm) ;;
        --table) modules=(ours softhsm) table=1 ;;
        -*) die "run.sh does not know '$1'" ;;
        *) names+=("$1") ;;
    esac
    shift
done
[ -z "${SUPACRYPT_JUDGE_MODULE:-}" ] || modules=(other)

work=$(mktemp -d)
JUDGE_BACKEND=$work/backend
export JUDGE_BACKEND
trap 'if backend_pid "$JUDGE_BACKEND" >/dev/null; then backend stop --dir "$JUDGE_BACKEND"; fi; rm -rf "$work"' EXIT

need_judge_packages

# start_module MODULE: what all judges find in their environment.
start_module() {
    local exports
    unset SUPACRYPTD_PID P11_SO_PIN P11_LACKS
    case $1 in
        ours)
            exports=$(backend start --dir "$JUDGE_BACKEND")
            eval "$exports"
            ;;
        other)
            export P11_MODULE=$SUPACRYPT_JUDGE_MODULE P11_TOKEN=$SUPACRYPT_JUDGE_TOKEN
            export P11_PIN=${SUPACRYPT_JUDGE_PIN:-}
            ;;
    esac
}

# make_token MODULE NAME: prints exports for a token of the judge's own.
make_token() {
    case $1 in
        ours) our_token "$2" ;;
        softhsm) softhsm_token "$work/softhsm/$2" "$2" ;;
    esac
}

# chosen: the names of the judges to run.
chosen() {
    local judge name
    if [ ${#names[@]} -gt 0 ]; then
        printf '%s\n' "${names[@]}"
        return
    fi
    for judge in "$here"/judge-*.sh; do
        name=$(basename "$judge" .sh)
        echo "${name#judge-}"
    done
}

passed=0 failed=0
declare -A verdicts

# judge MODULE NAME
judge() {
    local module=$1 name=$2 verdict skips exports start dir=$work/$1/$2
    start=$(date +%s%N)
    mkdir -p "$dir"
    exports=$(make_token "$module" "$name")
    eval "$exports"
    if JUDGE_WORK=$dir bash -euo pipefail "$here/judge-$name.sh" </dev/null >"$dir.log" 2>&1; then
        verdict=ok passed=$((passed + 1))
        skips=$(grep -c '^skipped: ' "$dir.log" || true)
        [ "$skips" -eq 0 ] || verdict="ok, $skips skipped"
    else
        verdict=FAILED failed=$((failed + 1))
    fi
    verdicts[$module/$name]=$verdict
    printf '%-20s %-16s %6d ms\n' "$name" "$verdict" $((($(date +%s%N) - start) / 1000000))
    if [ "$verdict" = FAILED ]; then
        tail -n 40 "$dir.log"
        tail -n 10 "$JUDGE_BACKEND/supacryptd.log" 2>/dev/null || true
    fi
}

for module in "${modules[@]}"; do
    start_module "$module"
    for name in $(chosen); do judge "$module" "$name"; done
done
if [ -n "$table" ]; then
    printf '\n| judge | what it does | ours | SoftHSM2 |\n|---|---|---|---|\n'
    for name in $(chosen); do
        # What a judge does is said by the comment that it begins with.
        about=$(sed '/^# shellcheck/,$d; s/^# //' "$here/judge-$name.sh" | paste -sd' ')
        printf '| [%s](../ci/judges/judge-%s.sh) | %s | %s | %s |\n' "$name" "$name" "$about" \
            "${verdicts[ours/$name]}" "${verdicts[softhsm/$name]}"
    done
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
