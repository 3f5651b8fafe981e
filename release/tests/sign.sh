#!/usr/bin/env bash
# sign.sh SYSTEM SUPACRYPT SUPACRYPTD SIGN MODULE COMMAND
#
# A module of another system at work: the program SIGN, run as SYSTEM's, makes keys and signs through
# MODULE, and COMMAND looks at them, both over mutual TLS with a backend of this system. OpenSSL
# verifies the signature with the public key that this system's own command shows.
set -euo pipefail
system=$1 supacrypt=$PWD/$2 supacryptd=$PWD/$3 sign=$PWD/$4 module=$PWD/$5 command=$PWD/$6
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/sign.XXXXXX")
export SUPACRYPT_CONFIG=$work/backend/client.toml

"$supacrypt" quickstart --quiet --dir "$work/backend" --supacryptd "$supacryptd"
trap 'kill "$(cat "$work/backend/supacryptd.pid")"' EXIT

case $system in
    windows-*)
        export SUPACRYPT_CONFIG="Z:${SUPACRYPT_CONFIG//\//\\}"
        module="Z:${module//\//\\}"
        # Wine dies of some of the variables that Bazel sets.
        clean=(env -i PATH=/usr/bin:/bin USER=root "HOME=$work" "WINEPREFIX=$work/wine" WINEDEBUG=-all
            "SUPACRYPT_CONFIG=$SUPACRYPT_CONFIG")
        "${clean[@]}" wineboot --init >"$work/wineboot" 2>&1 || { cat "$work/wineboot" >&2 && exit 1; }
        trap 'kill "$(cat "$work/backend/supacryptd.pid")"; "${clean[@]}" /usr/lib/x86_64-linux-gnu/wine/wineserver --kill' EXIT
        run=("${clean[@]}" wine)
        ;;
    linux-aarch64) run=(qemu-aarch64 -L /usr/aarch64-linux-gnu) ;;
    *) run=() ;;
esac

echo "what is signed" >"$work/message"
"${run[@]}" "$sign" "$module" other "$work/message" "$work/signature" | tr -d '\r' >"$work/key"
echo "signed on $system with $(cat "$work/key")"

"${run[@]}" "$command" key list >"$work/keys"
grep -q other "$work/keys"
SUPACRYPT_CONFIG=$work/backend/client.toml "$supacrypt" key public "$(cat "$work/key")" >"$work/public.pem"
openssl dgst -sha256 -verify "$work/public.pem" -signature "$work/signature" "$work/message"

echo "changed" >>"$work/message"
if openssl dgst -sha256 -verify "$work/public.pem" -signature "$work/signature" "$work/message"; then
    echo "another message has the same signature" >&2
    exit 1
fi

# A private key that others may read is refused on every system, by the system's own rules.
chmod 644 "$work/backend/pki/app.key"
if "${run[@]}" "$command" key list 2>"$work/refused"; then
    echo "a private key that everybody can read was used" >&2
    exit 1
fi
grep -q 'can be read by' "$work/refused" || { cat "$work/refused" >&2 && exit 1; }
tr -d '\r' <"$work/refused"
