# python-pkcs11: a round trip for each kind of key.
# shellcheck shell=bash
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
exec "$(python_venv)/bin/python" "$SUPACRYPT_ROOT/ci/judges/python_pkcs11.py"
