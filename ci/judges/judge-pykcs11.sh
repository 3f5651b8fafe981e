# PyKCS11, the other module of Python: finds, signs, verifies, encrypts, digests.
# shellcheck shell=bash
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
exec "$(python_venv)/bin/python" "$SUPACRYPT_ROOT/ci/judges/pykcs11.py"
