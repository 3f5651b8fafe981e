#!/usr/bin/env bash
# Runs every judge in this folder against a backend of its own: programs that nobody here wrote,
# which say whether the PKCS#11 module keeps to the standard. Ends with "N passed, N failed".
#
# With SUPACRYPT_JUDGE_MODULE, SUPACRYPT_JUDGE_TOKEN and SUPACRYPT_JUDGE_PIN set, another module is
# judged, which shows whether a complaint is about ours or about the judge.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SUPACRYPT_ROOT=$(cd "$here/../.." && pwd)
for part in common packages build backend; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
export SUPACRYPT_PROFILE=${SUPACRYPT_PROFILE:-dev}

work=$(mktemp -d)
JUDGE_BACKEND=$work/backend
export JUDGE_BACKEND SUPACRYPT_ROOT
trap 'if backend_pid "$JUDGE_BACKEND" >/dev/null; then backend stop --dir "$JUDGE_BACKEND"; fi; rm -rf "$work"' EXIT

need_judge_packages
if [ -n "${SUPACRYPT_JUDGE_MODULE:-}" ]; then
    P11_MODULE=$SUPACRYPT_JUDGE_MODULE P11_TOKEN=$SUPACRYPT_JUDGE_TOKEN P11_PIN=${SUPACRYPT_JUDGE_PIN:-}
    export P11_MODULE P11_TOKEN P11_PIN
else
    exports=$(backend start --dir "$JUDGE_BACKEND")
    eval "$exports"
fi

judges=("$here"/judge-*.sh)
[ $# -gt 0 ] && judges=("${@/#/$here/judge-}") && judges=("${judges[@]/%/.sh}")
passed=0 failed=0
for judge in "${judges[@]}"; do
    name=$(basename "$judge" .sh)
    start=$(date +%s%N)
    mkdir "$work/$name"
    if JUDGE_WORK=$work/$name bash -euo pipefail "$judge" >"$work/$name.log" 2>&1; then
        verdict=ok passed=$((passed + 1))
    else
        verdict=FAILED failed=$((failed + 1))
    fi
    printf '%-28s %-6s %6d ms\n' "${name#judge-}" "$verdict" $((($(date +%s%N) - start) / 1000000))
    if [ "$verdict" = FAILED ]; then
        tail -n 40 "$work/$name.log"
        tail -n 10 "$JUDGE_BACKEND/supacryptd.log" 2>/dev/null || true
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
