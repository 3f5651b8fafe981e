# nginx serves TLS with a key in the module: four worker processes, each forked after the module
# was loaded, under load, while nginx reloads, and while the backend is killed and comes back.
# shellcheck shell=bash
cd "$JUDGE_WORK"
for part in common packages build backend up judges; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
openssl_engine_config engine.cnf
uri=$(uri_of nginx)
token_tool --keypairgen --key-type EC:prime256v1 --label nginx --id 0e01
OPENSSL_CONF=$PWD/engine.cnf openssl req -new -x509 -days 1 -engine pkcs11 -keyform engine \
    -key "$uri" -subj /CN=localhost -addext subjectAltName=DNS:localhost -sha256 -out cert.pem

port=$(free_port)
mkdir -p logs
cat >nginx.conf <<CONF
worker_processes 4;
daemon off;
pid $PWD/nginx.pid;
error_log $PWD/logs/error.log info;
ssl_engine pkcs11;
env OPENSSL_CONF;
env SUPACRYPT_CONFIG;
env SUPACRYPT_KEYRING;
env SOFTHSM2_CONF;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $PWD/logs/a;
    proxy_temp_path $PWD/logs/b;
    fastcgi_temp_path $PWD/logs/c;
    uwsgi_temp_path $PWD/logs/d;
    scgi_temp_path $PWD/logs/e;
    server {
        listen 127.0.0.1:$port ssl reuseport;
        ssl_certificate $PWD/cert.pem;
        ssl_certificate_key "engine:pkcs11:$uri";
        ssl_session_cache off;
        ssl_session_tickets off;
        location / { return 200 "hello"; }
    }
}
CONF
[ "$(id -u)" -ne 0 ] || sed -i '1i user root;' nginx.conf
OPENSSL_CONF=$PWD/engine.cnf nginx -p "$PWD" -c "$PWD/nginx.conf" -e "$PWD/logs/error.log" &
nginx=$!
trap 'kill $nginx 2>/dev/null || true; wait $nginx 2>/dev/null || true; tail -n 20 logs/error.log' EXIT

eventually request
load
echo "100 handshakes"

# The master reads the key again and forks new workers; the old ones finish what they have begun.
workers() { pgrep -P "$nginx" | sort; }
replaced() { [ -z "$(comm -12 <(workers) before)" ] && [ "$(workers | wc -l)" -eq 4 ]; }
for round in 1 2 3; do
    workers >before
    load &
    running=$!
    kill -HUP "$nginx"
    wait "$running" || { echo "a handshake failed across reload $round"; exit 1; }
    eventually replaced
done
load
echo "400 handshakes across three reloads"

if [ -n "${SUPACRYPTD_PID:-}" ]; then
    # Under load, so that handshakes are in flight when the backend dies.
    load &
    running=$!
    sleep 0.3
    kill -9 "$SUPACRYPTD_PID"
    sleep 0.5
    backend restart --dir "$JUDGE_BACKEND" >/dev/null
    wait "$running" || { echo "a handshake failed across the restart"; exit 1; }
    load
    echo "200 handshakes across a restart of the backend"
fi
kill -0 "$nginx"
