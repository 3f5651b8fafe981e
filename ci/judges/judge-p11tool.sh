# GnuTLS: lists everything, shows a key, and signs with one.
# shellcheck shell=bash
cd "$JUDGE_WORK"
export GNUTLS_PIN=${P11_PIN:-0000}
pkcs11-tool --module "$P11_MODULE" --token-label "$P11_TOKEN" --login --pin "$GNUTLS_PIN" \
    --keypairgen --key-type EC:prime256v1 --label gnutls-ec --id 0b01
p11tool --provider "$P11_MODULE" --list-tokens | grep "Label: $P11_TOKEN"
p11tool --provider "$P11_MODULE" --list-all --login "pkcs11:token=$P11_TOKEN" | tee objects
grep -q "Label: gnutls-ec" objects
p11tool --provider "$P11_MODULE" --login --export-pubkey "pkcs11:token=$P11_TOKEN;object=gnutls-ec;type=private" |
    openssl pkey -pubin -noout
p11tool --provider "$P11_MODULE" --login --test-sign "pkcs11:token=$P11_TOKEN;object=gnutls-ec;type=private"
