# NSS: the module in a database of modules, requests and certificates for keys in it, signed messages.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
db=sql:$PWD/db
mkdir db
echo "${P11_PIN:-0000}" >pin
head -c 100 /dev/urandom >noise
certificates() { certutil -d "$db" -f pin "$@"; }
on_token() { certificates -h "$P11_TOKEN" "$@"; }

certutil -N -d "$db" --empty-password
modutil -dbdir "$db" -force -add judged -libfile "$P11_MODULE"
modutil -dbdir "$db" -list judged | grep -i "token name: *$P11_TOKEN"
make_ca
certificates -A -n ca -t CT,C,C -i ca.pem

# A key made here, requested, issued, imported.
for key in nss-rsa:rsa:-g:2048 nss-ec:ec:-q:nistp256; do
    IFS=: read -r name type option size <<<"$key"
    on_token -R -k "$type" "$option" "$size" -s "CN=$name,E=$name@example.org" -z noise -o "$name.csr"
    openssl req -inform der -in "$name.csr" -verify -noout
    openssl req -inform der -in "$name.csr" -out "$name.csr.pem"
    issue "$name.csr.pem" "$name.pem" extendedKeyUsage=emailProtection
    on_token -A -n "$name" -t ,, -i "$name.pem"
done
# A key made here, and a certificate that it signs itself.
on_token -S -x -k ec -q nistp384 -n nss-self -s CN=nss-self -t ,, -v 1 -z noise
on_token -L | tee list
for name in nss-rsa nss-ec nss-self; do grep -q "$P11_TOKEN:$name *u,u,u" list; done
on_token -K | tee keys
on_token -L -n "$P11_TOKEN:nss-self" -a -o self.pem
openssl verify -CAfile self.pem self.pem

echo "a message" >message
for name in nss-rsa nss-ec; do
    cmsutil -S -d "$db" -f pin -N "$P11_TOKEN:$name" -G -H SHA256 -i message -o signed
    openssl cms -verify -inform der -in signed -CAfile ca.pem | cmp - message
    cmsutil -D -d "$db" -f pin -i signed | cmp - message
done
openssl cms -encrypt -aes128 -outform der -in message -out secret nss-rsa.pem
cmsutil -D -d "$db" -f pin -i secret | tr -d '\r' | cmp - message

certificates -D -n "$P11_TOKEN:nss-self"
! on_token -L | grep nss-self
