"""Round trips through python-pkcs11: what is signed here verifies elsewhere, and the reverse."""

import hashlib
import os

import pkcs11
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

MESSAGE = os.urandom(5000)


def rsa(session):
    public, private = session.generate_keypair(
        KeyType.RSA, 2048, store=True, label="python-rsa", id=b"\x0d\x01"
    )
    signature = private.sign(MESSAGE, mechanism=Mechanism.SHA256_RSA_PKCS)
    assert public.verify(MESSAGE, signature, mechanism=Mechanism.SHA256_RSA_PKCS)
    assert not public.verify(MESSAGE + b"x", signature, mechanism=Mechanism.SHA256_RSA_PKCS)
    key = serialization.load_der_public_key(encode_rsa_public_key_info(public))
    key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    secret = public.encrypt(b"secret", mechanism=Mechanism.RSA_PKCS)
    assert private.decrypt(secret, mechanism=Mechanism.RSA_PKCS) == b"secret"


def encode_rsa_public_key_info(public):
    """SubjectPublicKeyInfo from PKCS#1, through a library that knows both."""
    numbers = serialization.load_der_public_key(encode_rsa_public_key(public))
    return numbers.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def elliptic_curve(session):
    parameters = session.create_domain_parameters(
        KeyType.EC,
        {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
        local=True,
    )
    public, private = parameters.generate_keypair(
        store=True, label="python-ec", id=b"\x0d\x02", mechanism=Mechanism.EC_KEY_PAIR_GEN
    )
    digest = hashlib.sha256(MESSAGE).digest()
    signature = private.sign(digest, mechanism=Mechanism.ECDSA)
    assert public.verify(digest, signature, mechanism=Mechanism.ECDSA)
    if Mechanism.ECDSA_SHA256 in session.token.slot.get_mechanisms():
        signature = private.sign(MESSAGE, mechanism=Mechanism.ECDSA_SHA256)
        assert public.verify(MESSAGE, signature, mechanism=Mechanism.ECDSA_SHA256)
    else:
        print("skipped: ECDSA_SHA256")
    half = len(signature) // 2
    der = encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )
    key = serialization.load_der_public_key(encode_ec_public_key(public))
    key.verify(der, MESSAGE, ec.ECDSA(hashes.SHA256()))
    try:
        key.verify(der, MESSAGE + b"x", ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return
    raise AssertionError("a signature of another message verifies")


def aes(session):
    key = session.generate_key(KeyType.AES, 256, store=True, label="python-aes", id=b"\x0d\x03")
    iv = os.urandom(16)
    secret = key.encrypt(MESSAGE, mechanism_param=iv)
    assert key.decrypt(secret, mechanism_param=iv) == MESSAGE


def main():
    token = pkcs11.lib(os.environ["P11_MODULE"]).get_token(token_label=os.environ["P11_TOKEN"])
    pin = os.environ.get("P11_PIN") or None
    with token.open(rw=True, user_pin=pin) as session:
        assert len(session.generate_random(256)) == 32
        for trip in (rsa, elliptic_curve, aes):
            trip(session)
            print(trip.__name__, "ok")
        labels = {key.label for key in session.get_objects() if key.label.startswith("python-")}
        assert labels == {"python-rsa", "python-ec", "python-aes"}, labels


main()
