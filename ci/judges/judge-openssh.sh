# OpenSSH with keys in the module: logins directly and through the agent, a signed file, and a
# certification authority for users, against a server of its own.
# shellcheck shell=bash
cd "$JUDGE_WORK"
# shellcheck source=/dev/null
source "$SUPACRYPT_ROOT/ci/lib/judges.sh"
module=$(realpath "$P11_MODULE")
token_tool --keypairgen --key-type EC:prime256v1 --label ssh-ec --id 0f01
token_tool --keypairgen --key-type RSA:2048 --label ssh-rsa --id 0f02
token_tool --keypairgen --key-type EC:secp384r1 --label ssh-ca --id 0f03

printf '#!/bin/sh\necho %s\n' "${P11_PIN:-0000}" >askpass
chmod 700 askpass
export SSH_ASKPASS=$PWD/askpass SSH_ASKPASS_REQUIRE=force

# The label is the comment of a key.
ssh-keygen -D "$module" >keys
for key in ssh-ec ssh-rsa ssh-ca; do grep " $key\$" keys >"$key.pub"; done

port=$(free_port)
user=$(id -un)
ssh-keygen -q -t ed25519 -N '' -f host
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 host.pub)" >known
cat >sshd_config <<CONF
ListenAddress 127.0.0.1:$port
HostKey $PWD/host
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
AuthorizedKeysFile $PWD/authorized
TrustedUserCAKeys $PWD/ssh-ca.pub
CONF
cat >ssh_config <<CONF
Host *
    Port $port
    UserKnownHostsFile $PWD/known
    GlobalKnownHostsFile none
    IdentitiesOnly yes
    PasswordAuthentication no
    KbdInteractiveAuthentication no
CONF
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
/usr/sbin/sshd -D -e -f sshd_config 2>sshd.log &
sshd=$!
ssh-agent -D -P "$module" -a agent >/dev/null &
agent=$!
trap 'kill $sshd $agent 2>/dev/null || true; wait; tail -n 20 sshd.log' EXIT
login() { ssh -F ssh_config "$@" 127.0.0.1 'echo "$SSH_CONNECTION"' | grep -q "$port\$"; }
eventually listening "$port"

: >authorized
! login -o IdentityAgent=none -o PKCS11Provider="$module" -i ssh-ec.pub || exit 1
for key in ssh-ec ssh-rsa; do
    cp "$key.pub" authorized
    login -o IdentityAgent=none -o PKCS11Provider="$module" -i "$key.pub"
    echo "login with $key"
done

export SSH_AUTH_SOCK=$PWD/agent
eventually test -S agent
ssh-add -s "$module"
for key in ssh-ec ssh-rsa; do
    ssh-add -T "$key.pub"
    cp "$key.pub" authorized
    login -i "$key.pub"
    echo "login with $key through the agent"
    echo text | ssh-keygen -q -Y sign -n file -f "$key.pub" >signature
    echo "someone $(cut -d' ' -f1,2 "$key.pub")" >signers
    echo text | ssh-keygen -Y verify -n file -f signers -I someone -s signature
    ! echo other | ssh-keygen -Y verify -n file -f signers -I someone -s signature || exit 1
done
ssh-add -e "$module"
! ssh-add -L || exit 1
unset SSH_AUTH_SOCK

: >authorized
ssh-keygen -q -t ed25519 -N '' -f user
ssh-keygen -q -s ssh-ca.pub -D "$module" -I judged -n "$user" -V +1h user.pub
ssh-keygen -L -f user-cert.pub
login -o IdentityAgent=none -i user
echo "login with a certificate"
