"""moto's server, with what KMS documents and moto does not do: all actions take ARNs, digests are signed as
they are, salts of PSS are as long as the digest, and keys are used in the state Enabled alone."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
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


KmsBackend.__init__ = begin
KmsResponse.sign = used(sign)
for name in ("encrypt", "decrypt", "generate_mac", "get_public_key"):
    setattr(KmsResponse, name, used(getattr(KmsResponse, name)))
main()
