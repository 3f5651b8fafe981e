"""Round trips through PyKCS11, with its low-level view of templates, mechanisms and attributes."""

import hashlib
import os

import PyKCS11 as p11
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

MESSAGE = os.urandom(5000)
P256 = bytes.fromhex("06082a8648ce3d030107")


def pair(session, label, mechanism, public):
    """Makes a key pair of the token that can sign."""
    common = [(p11.CKA_TOKEN, True), (p11.CKA_LABEL, label), (p11.CKA_ID, label.encode())]
    return session.generateKeyPair(
        common + [(p11.CKA_VERIFY, True)] + public,
        common + [(p11.CKA_SIGN, True), (p11.CKA_PRIVATE, True), (p11.CKA_SENSITIVE, True)],
        mecha=p11.Mechanism(mechanism, None),
    )


def find(session, kind, label):
    """The one object of that class and label."""
    (found,) = session.findObjects([(p11.CKA_CLASS, kind), (p11.CKA_LABEL, label)])
    return found


def sign_with_rsa(session):
    template = [(p11.CKA_MODULUS_BITS, 2048), (p11.CKA_PUBLIC_EXPONENT, (1, 0, 1))]
    pair(session, "pykcs11-rsa", p11.CKM_RSA_PKCS_KEY_PAIR_GEN, template)
    private = find(session, p11.CKO_PRIVATE_KEY, "pykcs11-rsa")
    public = find(session, p11.CKO_PUBLIC_KEY, "pykcs11-rsa")
    modulus, exponent = session.getAttributeValue(public, [p11.CKA_MODULUS, p11.CKA_PUBLIC_EXPONENT])
    numbers = rsa.RSAPublicNumbers(
        int.from_bytes(bytes(exponent), "big"), int.from_bytes(bytes(modulus), "big")
    )
    key = numbers.public_key()
    mechanism = p11.Mechanism(p11.CKM_SHA256_RSA_PKCS, None)
    signature = bytes(session.sign(private, MESSAGE, mechanism))
    key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert session.verify(public, MESSAGE, signature, mechanism)
    assert not session.verify(public, MESSAGE + b"x", signature, mechanism)

    pss = p11.RSA_PSS_Mechanism(p11.CKM_SHA256_RSA_PKCS_PSS, p11.CKM_SHA256, p11.CKG_MGF1_SHA256, 32)
    signature = bytes(session.sign(private, MESSAGE, pss))
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    key.verify(signature, MESSAGE, scheme, hashes.SHA256())
    secret_parts = session.getAttributeValue(private, [p11.CKA_PRIVATE_EXPONENT], allAsBinary=True)
    assert secret_parts == [None], "a sensitive attribute was shown"


def sign_with_curve(session):
    pair(session, "pykcs11-ec", p11.CKM_EC_KEY_PAIR_GEN, [(p11.CKA_EC_PARAMS, tuple(P256))])
    private = find(session, p11.CKO_PRIVATE_KEY, "pykcs11-ec")
    public = find(session, p11.CKO_PUBLIC_KEY, "pykcs11-ec")
    (point,) = session.getAttributeValue(public, [p11.CKA_EC_POINT])
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes(point)[2:])
    digest = hashlib.sha256(MESSAGE).digest()
    signature = bytes(session.sign(private, digest, p11.Mechanism(p11.CKM_ECDSA, None)))
    numbers = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key.verify(encode_dss_signature(*numbers), MESSAGE, ec.ECDSA(hashes.SHA256()))


def encrypt(session):
    template = [
        (p11.CKA_TOKEN, True),
        (p11.CKA_LABEL, "pykcs11-aes"),
        (p11.CKA_VALUE_LEN, 32),
        (p11.CKA_ENCRYPT, True),
        (p11.CKA_DECRYPT, True),
    ]
    key = session.generateKey(template, mecha=p11.Mechanism(p11.CKM_AES_KEY_GEN, None))
    mechanism = p11.Mechanism(p11.CKM_AES_CBC_PAD, os.urandom(16))
    cipher = session.encrypt(key, MESSAGE, mechanism)
    assert bytes(session.decrypt(key, cipher, mechanism)) == MESSAGE
    gcm = p11.AES_GCM_Mechanism(os.urandom(12), b"header", 128)
    cipher = session.encrypt(key, MESSAGE, gcm)
    assert bytes(session.decrypt(key, cipher, gcm)) == MESSAGE
    session.destroyObject(key)
    assert not session.findObjects([(p11.CKA_LABEL, "pykcs11-aes")])


def digest(session):
    made = bytes(session.digest(MESSAGE, p11.Mechanism(p11.CKM_SHA256, None)))
    assert made == hashlib.sha256(MESSAGE).digest()
    assert len(session.generateRandom(100)) == 100


def main():
    library = p11.PyKCS11Lib()
    library.load(os.environ["P11_MODULE"])
    label = os.environ["P11_TOKEN"]
    (slot,) = [
        slot
        for slot in library.getSlotList(tokenPresent=True)
        if library.getTokenInfo(slot).label.strip() == label
    ]
    session = library.openSession(slot, p11.CKF_SERIAL_SESSION | p11.CKF_RW_SESSION)
    session.login(os.environ.get("P11_PIN") or "0000")
    for trip in (sign_with_rsa, sign_with_curve, encrypt, digest):
        trip(session)
        print(trip.__name__, "ok")
    session.logout()
    session.closeSession()


main()
