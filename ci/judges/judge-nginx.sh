# nginx serves TLS with a key in the module: four worker processes, each forked after the module
# was loaded, under load, while the backend is killed and comes back. nginx is never restarted.
# shellcheck shell=bash
cd "$JUDGE_WORK"
for part in common packages build backend up; do
    # shellcheck source=/dev/null
    source "$SUPACRYPT_ROOT/ci/lib/$part.sh"
done
openssl_engine_config engine.cnf
uri="pkcs11:token=$P11_TOKEN;object=nginx;type=private${P11_PIN:+;pin-value=$P11_PIN}"
pkcs11-tool --module "$P11_MODULE" --token-label "$P11_TOKEN" --login --pin "${P11_PIN:-0000}" \
    --keypairgen --key-type EC:prime256v1 --label nginx --id 0e01
OPENSSL_CONF=$PWD/engine.cnf openssl req -new -x509 -days 1 -engine pkcs11 -keyform engine \
    -key "$uri" -subj /CN=localhost -addext subjectAltName=DNS:localhost -sha256 -out cert.pem

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p logs
cat >nginx.conf <<CONF
worker_processes 4;
daemon off;
pid $PWD/nginx.pid;
error_log $PWD/logs/error.log info;
ssl_engine pkcs11;
env OPENSSL_CONF;
env SUPACRYPT_CONFIG;
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
trap 'kill $nginx 2>/dev/null; wait $nginx 2>/dev/null || true; tail -n 20 logs/error.log' EXIT

# Each request is a TLS handshake of its own, signed by the key.
request() {
    curl --silent --fail --max-time 15 --cacert cert.pem --resolve "localhost:$port:127.0.0.1" \
        "https://localhost:$port/"
}
requests() {
    local count=$1 number
    for ((number = 0; number < count; number++)); do
        [ "$(request)" = hello ] || return 1
    done
}
for ((try = 0; try < 100; try++)); do
    if request >/dev/null; then break; fi
    sleep 0.1
done

load() {
    local workers=() worker
    for worker in 1 2 3 4; do
        requests 25 &
        workers+=($!)
    done
    for worker in "${workers[@]}"; do wait "$worker" || return 1; done
}
load
echo "100 handshakes"

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
