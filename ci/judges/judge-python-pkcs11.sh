# python-pkcs11: a round trip for each kind of key.
# shellcheck shell=bash
venv=${SUPACRYPT_CACHE:-$HOME/.cache/supacrypt}/python-pkcs11
if ! "$venv/bin/python" -c 'import pkcs11' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet python-pkcs11==0.7.0 cryptography
fi
exec "$venv/bin/python" "$SUPACRYPT_ROOT/ci/judges/python_pkcs11.py"
