# What judge-newer-tools.sh runs in the root.
# shellcheck shell=bash
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
for judge in pkcs11-tool p11tool; do
    bash -euo pipefail "$SUPACRYPT_ROOT/ci/judges/judge-$judge.sh"
done
token_tool --test-threads IN --test-threads IN --test-threads ILGISLT0 --test-threads ILGISLT0
