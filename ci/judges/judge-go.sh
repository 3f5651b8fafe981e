# Go's crypto11: signers, a TLS server, decryption and certificates, from many goroutines.
# shellcheck shell=bash
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
cd "$SUPACRYPT_ROOT/ci/judges/go"
# crypto11 wants a newer Go than Debian 12 has; any since 1.21 fetches what go.mod asks for.
if ! go version | grep -Eq 'go1\.(2[1-9]|[3-9][0-9])'; then
    skipped "everything: there is no Go of 1.21 or newer"
    exit
fi
go build -mod=readonly -o "$JUDGE_WORK/judge" .
exec "$JUDGE_WORK/judge"
