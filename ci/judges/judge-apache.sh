# Apache httpd serves TLS with a key in the module: several processes with threads, under load, while
# it reloads gracefully.
# shellcheck shell=bash
cd "$JUDGE_WORK"
for part in common up judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
openssl_engine_config engine.cnf
uri=$(uri_of apache)
token_tool --keypairgen --key-type RSA:2048 --label apache --id 1001
OPENSSL_CONF=$PWD/engine.cnf openssl req -new -x509 -days 1 -engine pkcs11 -keyform engine \
    -key "$uri" -subj /CN=localhost -addext subjectAltName=DNS:localhost -sha256 -out cert.pem

port=$(free_port)
mkdir www
echo hello >www/index.html
cat >httpd.conf <<CONF
ServerRoot $PWD
DefaultRuntimeDir $PWD
PidFile $PWD/httpd.pid
ServerName localhost
Listen 127.0.0.1:$port
$(for name in mpm_event authz_core dir ssl; do
    echo "LoadModule ${name}_module /usr/lib/apache2/modules/mod_$name.so"
done)
ErrorLog $PWD/error.log
DocumentRoot $PWD/www
DirectoryIndex index.html
StartServers 4
MinSpareThreads 64
MaxSpareThreads 256
ThreadsPerChild 16
MaxRequestWorkers 64
KeepAlive Off
SSLCryptoDevice pkcs11
SSLSessionCache none
SSLEngine On
SSLCertificateFile $PWD/cert.pem
SSLCertificateKeyFile "$uri"
CONF
# Debian's Apache does not serve as root.
mapfile -t nobody < <(unprivileged)
OPENSSL_CONF=$PWD/engine.cnf "${nobody[@]}" apache2 -f "$PWD/httpd.conf" -DFOREGROUND &
apache=$!
trap 'kill $apache 2>/dev/null || true; wait $apache 2>/dev/null || true; tail -n 20 error.log' EXIT

eventually request
load
echo "100 handshakes"

workers() { pgrep -P "$apache" | sort; }
replaced() { [ -z "$(comm -12 <(workers) before)" ] && [ -n "$(workers)" ]; }
for round in 1 2 3; do
    workers >before
    load &
    running=$!
    kill -USR1 "$apache"
    wait "$running" || { echo "a handshake failed across reload $round"; exit 1; }
    eventually replaced
done
load
kill -0 "$apache"
echo "400 handshakes across three reloads"
