# python-pkcs11's own tests: those that pass with SoftHSM2 must pass. What a module lacks is skipped.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
venv=$(python_venv)
# By this name its tests know SoftHSM2, and do for it what they would skip otherwise.
ln -s "$P11_MODULE" libsofthsm2.so
export PKCS11_MODULE=$PWD/libsofthsm2.so PKCS11_TOKEN_LABEL=$P11_TOKEN PKCS11_TOKEN_PIN=${P11_PIN:-0000}
export PKCS11_TOKEN_SO_PIN=${P11_SO_PIN:-0000}
PYTHONPATH=$venv/source "$venv/bin/python" "$SUPACRYPT_ROOT/ci/judges/python_suite.py" \
    "$venv/source/tests" "$SUPACRYPT_ROOT/ci/judges/python_suite.txt"
