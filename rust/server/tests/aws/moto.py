"""moto's server, with what KMS documents and moto does not do: all actions take ARNs, digests are signed as
they are, salts of PSS are as long as the digest, keys are used in the state Enabled alone, RSA decrypts, two
keys agree on a secret, and material is imported."""

import base64
import json

import time

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from moto.core.exceptions import JsonRESTError
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.server import main


class Keys(dict):
    def __missing__(self, key):
        if ":key/" in key:
            return self[key.split(":key/")[1]]
        raise KeyError(key)


def begin(backend, *arguments, _begin=KmsBackend.__init__, **named):
    _begin(backend, *arguments, **named)
    backend.keys = Keys()


def used(action):
    """An action that uses the key."""

    def act(response):
        response._validate_key_id(response._get_param("KeyId"))
        key = response.kms_backend.describe_key(response._get_param("KeyId"))
        if key.key_state == "PendingDeletion":
            raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        if key.key_state == "Disabled" and action.__name__ != "get_public_key":
            raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
        return action(response)

    return act


def sign(response):
    key = response.kms_backend.describe_key(response._get_param("KeyId"))
    algorithm, message = response._get_param("SigningAlgorithm"), response._get_param("Message")
    if key.key_usage != "SIGN_VERIFY":
        raise JsonRESTError("InvalidKeyUsageException", "")
    if algorithm not in key.signing_algorithms:
        raise JsonRESTError("ValidationException", algorithm)
    hashed = digest = getattr(hashes, "SHA" + algorithm[-3:])()
    if response._get_param("MessageType") == "DIGEST":
        if len(message) != digest.digest_size:
            raise JsonRESTError("ValidationException", "Digest is invalid length for algorithm.")
        hashed = utils.Prehashed(digest)
    private = key.private_key.private_key
    if algorithm.startswith("ECDSA"):
        signature = private.sign(message, ec.ECDSA(hashed))
    elif algorithm.startswith("RSASSA_PSS"):
        pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
        signature = private.sign(message, pss, hashed)
    else:
        signature = private.sign(message, padding.PKCS1v15(), hashed)
    signature = base64.b64encode(signature).decode()
    return json.dumps({"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": algorithm})


def decrypt(response, decrypt=KmsResponse.decrypt):
    algorithm = response._get_param("EncryptionAlgorithm") or "SYMMETRIC_DEFAULT"
    if algorithm == "SYMMETRIC_DEFAULT":
        return decrypt(response)
    key = response.kms_backend.describe_key(response._get_param("KeyId"))
    if key.key_usage != "ENCRYPT_DECRYPT":
        raise JsonRESTError("InvalidKeyUsageException", "")
    digest = {"RSAES_OAEP_SHA_1": hashes.SHA1, "RSAES_OAEP_SHA_256": hashes.SHA256}[algorithm]()
    oaep = padding.OAEP(mgf=padding.MGF1(digest), algorithm=digest, label=None)
    try:
        plaintext = key.private_key.private_key.decrypt(response._get_param("CiphertextBlob"), oaep)
    except ValueError:
        raise JsonRESTError("InvalidCiphertextException", "")
    plaintext = base64.b64encode(plaintext).decode()
    return json.dumps({"KeyId": key.arn, "Plaintext": plaintext, "EncryptionAlgorithm": algorithm})


def derive_shared_secret(response):
    key = response.kms_backend.describe_key(response._get_param("KeyId"))
    if key.key_usage != "KEY_AGREEMENT":
        raise JsonRESTError("InvalidKeyUsageException", "")
    peer = serialization.load_der_public_key(base64.b64decode(response._get_param("PublicKey")))
    secret = base64.b64encode(key.private_key.private_key.exchange(ec.ECDH(), peer)).decode()
    return json.dumps({"KeyId": key.arn, "SharedSecret": secret})


WRAPPING = []
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def get_parameters_for_import(response):
    key = response.kms_backend.describe_key(response._get_param("KeyId"))
    if key.origin != "EXTERNAL" or response._get_param("WrappingKeySpec") != "RSA_4096":
        raise JsonRESTError("ValidationException", "")
    if not WRAPPING:
        WRAPPING.append(rsa.generate_private_key(public_exponent=65537, key_size=4096))
    key.wrapped_by = response._get_param("WrappingAlgorithm")
    public = WRAPPING[0].public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return json.dumps({
        "KeyId": key.arn,
        "ImportToken": base64.b64encode(key.id.encode()).decode(),
        "PublicKey": base64.b64encode(public).decode(),
        "ParametersValidTo": time.time() + 86400,
    })


def import_key_material(response):
    key = response.kms_backend.describe_key(response._get_param("KeyId"))
    if base64.b64decode(response._get_param("ImportToken")) != key.id.encode():
        raise JsonRESTError("InvalidImportTokenException", "")
    encrypted = base64.b64decode(response._get_param("EncryptedKeyMaterial"))
    material = WRAPPING[0].decrypt(encrypted[:512], OAEP)
    if key.wrapped_by == "RSA_AES_KEY_WRAP_SHA_256":
        material = keywrap.aes_key_unwrap_with_padding(material, encrypted[512:])
    elif key.key_spec.startswith("RSA") or len(encrypted) != 512:
        raise JsonRESTError("IncorrectKeyMaterialException", "")
    if key.key_spec.startswith("HMAC"):
        key.key_material = material
    else:
        key.private_key.private_key = serialization.load_der_private_key(material, None)
    return json.dumps({"KeyId": key.arn})


KmsBackend.__init__ = begin
KmsResponse.get_parameters_for_import = get_parameters_for_import
KmsResponse.import_key_material = import_key_material
for action in (sign, decrypt, derive_shared_secret):
    setattr(KmsResponse, action.__name__, used(action))
for name in ("encrypt", "generate_mac", "get_public_key"):
    setattr(KmsResponse, name, used(getattr(KmsResponse, name)))
main()
