# Java's SunPKCS11: keytool makes keys and requests and imports issued chains, jarsigner signs, and a
# server speaks TLS, all with keys in the module.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
cat >pkcs11.cfg <<CONF
name = judged
library = $P11_MODULE
slot = $(slot_of_token)
CONF
pin=${P11_PIN:-0000}
store=(-keystore NONE -storetype PKCS11 -storepass "$pin")
# By its name, keys are made by the token too, and not made elsewhere and imported.
provider=(-addprovider SunPKCS11 -providerArg "$PWD/pkcs11.cfg" -providerName SunPKCS11-judged)
certificates() { keytool "${store[@]}" "${provider[@]}" "$@"; }
make_ca

for key in java-rsa:RSA:2048:SHA256withRSA java-ec:EC:256:SHA256withECDSA; do
    IFS=: read -r alias algorithm size signature <<<"$key"
    certificates -genkeypair -alias "$alias" -keyalg "$algorithm" -keysize "$size" -sigalg "$signature" \
        -dname CN=localhost -validity 1
    certificates -certreq -alias "$alias" -sigalg "$signature" -file "$alias.csr"
    openssl req -in "$alias.csr" -verify -noout
    issue "$alias.csr" "$alias.pem" subjectAltName=DNS:localhost
    cat "$alias.pem" ca.pem >chain.pem
    certificates -importcert -noprompt -trustcacerts -alias "$alias" -file chain.pem
    certificates -list -v -alias "$alias" >listed
    grep -q "Certificate chain length: 2" listed
done

# A key that was made elsewhere moves in, with its chain.
openssl req -new -newkey rsa:2048 -nodes -keyout moved.key -subj /CN=moved -out moved.csr 2>/dev/null
issue moved.csr moved.pem
openssl pkcs12 -export -in moved.pem -inkey moved.key -certfile ca.pem -name moved -passout pass:changeit \
    -out moved.p12
keytool -importkeystore -srckeystore moved.p12 -srcstoretype PKCS12 -srcstorepass changeit -srcalias moved \
    -destkeystore NONE -deststoretype PKCS11 -deststorepass "$pin" -destalias moved \
    -addprovider SunPKCS11 -providerArg "$PWD/pkcs11.cfg" -destprovidername SunPKCS11-judged
certificates -list | tee listed
grep -c PrivateKeyEntry listed | grep -x 3

# Who verifies has only the root.
keytool -importcert -noprompt -alias ca -file ca.pem -keystore trust.p12 -storetype PKCS12 \
    -storepass changeit
mkdir content
echo hello >content/hello
jar --create --file plain.jar -C content .
for alias in java-rsa java-ec; do
    jarsigner "${store[@]}" "${provider[@]}" -signedjar signed.jar plain.jar "$alias"
    jarsigner -verify -strict -keystore trust.p12 -storepass changeit signed.jar | tee verdict
    grep -q "jar verified" verdict
done

port=$(free_port)
java "$SUPACRYPT_ROOT/ci/judges/TlsServer.java" "$PWD/pkcs11.cfg" "$pin" "$port" &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true' EXIT
greeting() {
    openssl s_client -connect "127.0.0.1:$port" -servername localhost -verify_hostname localhost \
        -CAfile ca.pem -verify_return_error -quiet "$@" </dev/null 2>>client.log | grep -q hello
}
eventually greeting
for kind in ECDSA+SHA256 RSA-PSS+SHA256; do
    for version in -tls1_2 -tls1_3; do greeting "$version" -sigalgs "$kind"; done
done
