//! The custodian alone, in a KMS that keeps its keys: what is particular to KMS.

use aws_sdk_kms::types::{KeySpec as KmsSpec, KeyState, KeyUsageType, OriginType, Tag};
use supacrypt_core::{
    Digest, EncryptionScheme, KeySpec, KeyUsages, MacScheme, Reason, SignatureScheme,
};
use supacrypt_crypto::envelope::EnvelopeKey;
use supacrypt_server::custody::{AwsCustodian, CryptoRequest, Custodian, Wanted};

use crate::done;
use crate::keys::{arn, bytes, make, refused, sign};
use crate::place::{Place, new_id, open};

const PAIRS: [KeySpec; 7] = [
    KeySpec::Rsa2048,
    KeySpec::Rsa3072,
    KeySpec::Rsa4096,
    KeySpec::EcP256,
    KeySpec::EcP384,
    KeySpec::EcP521,
    KeySpec::EcSecp256k1,
];
const MACS: [KeySpec; 3] = [KeySpec::HmacSha256, KeySpec::HmacSha384, KeySpec::HmacSha512];

pub(crate) async fn all(place: &Place) {
    let custodian = place.open().await;
    offers(&custodian).await;
    done("kms_offers_what_it_does");
    stored(&custodian, place).await;
    done("a_key_is_stored_by_its_arn");
    brought(&custodian, place).await;
    done("material_is_external_and_as_long_as_kms_wants_it");
    macs(&custodian).await;
    done("macs_are_of_messages_that_are_not_too_long");
    purposes(&custodian, place).await;
    done("a_key_is_made_for_one_purpose");
    halfway(&custodian, place).await;
    done("a_key_without_its_alias_is_held_too");
    adopts(&custodian, place).await;
    done("a_key_of_others_has_several_names");
    seals(&custodian, place).await;
    done("a_seal_opens_what_is_for_it");
}

async fn offers(custodian: &AwsCustodian) {
    let offered = custodian.capabilities();
    assert!(PAIRS.iter().chain(&MACS).all(|spec| offered.generates.contains(spec)));
    assert_eq!(offered.generates.len(), PAIRS.len() + MACS.len());
    assert_eq!(offered.imports, offered.generates);
    let names: Vec<_> = offered.algorithms.names().collect();
    for name in
        ["rsa-pkcs1-sha256", "rsa-pss-sha512", "ecdsa", "rsa-oaep-sha1", "hmac-sha384", "ecdh"]
    {
        assert!(names.iter().any(|offered| offered == name), "{name}");
    }
    for name in ["rsa-pkcs1-sha1", "rsa-pkcs1-raw", "rsa-raw", "ml-dsa", "ed25519", "aes-gcm"] {
        assert!(!names.iter().any(|offered| offered == name), "{name}");
    }
}

async fn purposes(custodian: &AwsCustodian, place: &Place) {
    let oaep = EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha256 };
    let pkcs1 = SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 };
    let (reference, handle) =
        make(custodian, KeySpec::Rsa2048, KeyUsages::DECRYPT, &new_id()).await;
    let made = place.describe(arn(&reference)).await;
    assert_eq!(made.key_usage, Some(KeyUsageType::EncryptDecrypt));
    assert_eq!(refused(&handle, sign(pkcs1, &[7; 32])).await.reason(), Reason::UsageNotPermitted);
    let labelled =
        CryptoRequest::Decrypt { scheme: oaep, iv: &[], aad: b"label", ciphertext: &[7; 256] };
    let error = refused(&handle, labelled).await;
    assert_eq!(error.reason(), Reason::AlgorithmNotSupported);
    custodian.destroy(&reference).await.unwrap();

    let both = Wanted {
        spec: KeySpec::Rsa2048,
        usages: KeyUsages::SIGN.union(KeyUsages::DECRYPT),
        secret_length: None,
    };
    let error = custodian.generate(both, new_id().as_bytes()).await.err().unwrap();
    assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("key.usages")));
}

async fn stored(custodian: &AwsCustodian, place: &Place) {
    let (spec, context) = (KeySpec::EcP256, new_id());
    let (reference, _) = make(custodian, spec, spec.usual_usages(), &context).await;
    let made = place.describe(arn(&reference)).await;
    assert_eq!(
        reference,
        [b"\x01", context.as_bytes(), b" ", made.arn().unwrap().as_bytes()].concat()
    );
    let other = open(&place.settings, &new_id()).await.unwrap();
    assert_eq!(other.held().await.unwrap(), [], "another store has keys of its own");
    custodian.destroy(&reference).await.unwrap();
    let gone = place.describe(arn(&reference)).await;
    assert_eq!(gone.key_state, Some(KeyState::PendingDeletion));
    // What KMS has never had, or has no more.
    let unknown = arn(&reference).rsplit_once('/').unwrap().0;
    let unknown = format!("\x01{context} {unknown}/00000000-0000-4000-8000-000000000000");
    custodian.destroy(unknown.as_bytes()).await.unwrap();
    let error = custodian.open(spec, unknown.as_bytes(), context.as_bytes()).await.err().unwrap();
    assert_eq!(error.reason(), Reason::KeyVersionDestroyed);
}

async fn brought(custodian: &AwsCustodian, place: &Place) {
    let spec = KeySpec::HmacSha256;
    let import = async |material: &[u8]| {
        custodian.import(Wanted::usual(spec), material, new_id().as_bytes()).await
    };
    let reference = import(&[7; 32]).await.unwrap().reference;
    assert_eq!(place.describe(arn(&reference)).await.origin, Some(OriginType::External));
    custodian.destroy(&reference).await.unwrap();
    for other in [31, 33] {
        let error = import(&vec![7; other]).await.err().unwrap();
        assert_eq!(error.reason(), Reason::InvalidKeyMaterial);
    }
}

async fn macs(custodian: &AwsCustodian) {
    let spec = KeySpec::HmacSha512;
    let (reference, handle) = make(custodian, spec, spec.usual_usages(), &new_id()).await;
    let scheme = MacScheme::hmac(Digest::Sha512);
    for input in [&[][..], &[7; 4097]] {
        let error = refused(&handle, CryptoRequest::MacSign { scheme, input }).await;
        assert_eq!(error.reason(), Reason::InputLength);
    }
    let whole = CryptoRequest::MacSign { scheme, input: &[7; 4096] };
    assert_eq!(bytes(&handle, whole).await.len(), 64);
    custodian.destroy(&reference).await.unwrap();
}

async fn halfway(custodian: &AwsCustodian, place: &Place) {
    let client = place.client().await;
    let tag =
        |key: &str, value: &str| Tag::builder().tag_key(key).tag_value(value).build().unwrap();
    let context = new_id();
    // Beside others that are not the store's: one without tags, one of another store.
    let mut others = vec![place.others_key(KmsSpec::EccNistP256, KeyUsageType::SignVerify).await];
    let mut made = Vec::new();
    for store in [&new_id(), place.store()] {
        let request = client.create_key().key_spec(KmsSpec::EccNistP256);
        let request = request.key_usage(KeyUsageType::SignVerify);
        let request = request.tags(tag("supacrypt-store", store));
        let request = request.tags(tag("supacrypt-version", &context));
        made.push(request.send().await.unwrap().key_metadata.unwrap().arn.unwrap());
    }
    let ours = made.pop().unwrap();
    let held = custodian.held().await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].context.as_slice(), arn(&held[0].reference)), (context.as_bytes(), &*ours));
    custodian.destroy(&held[0].reference).await.unwrap();
    assert_eq!(custodian.held().await.unwrap(), []);
    others.append(&mut made);
    for other in others {
        assert_eq!(place.describe(&other).await.key_state, Some(KeyState::Enabled));
        place.forget(&other).await;
    }
}

async fn adopts(custodian: &AwsCustodian, place: &Place) {
    let client = place.client().await;
    let theirs = place.others_key(KmsSpec::EccNistP256, KeyUsageType::SignVerify).await;
    let alias = format!("alias/supacrypt-test-{}", new_id());
    client.create_alias().alias_name(&alias).target_key_id(&theirs).send().await.unwrap();
    let id = theirs.rsplit_once('/').unwrap().1;
    for (name, whose) in [(&*theirs, "adopted"), (id, "adopted"), (&*alias, &*alias)] {
        let adopted = custodian.adopt(name).await.unwrap();
        assert_eq!(adopted.spec, KeySpec::EcP256);
        assert_eq!(adopted.usages, KeyUsages::SIGN.union(KeyUsages::VERIFY));
        assert_eq!(adopted.versions.len(), 1);
        let version = &adopted.versions[0];
        assert_eq!(version.reference, format!("\x01{whose} {theirs}").as_bytes());
    }
    // One of a store has rules there that another name for it would pass by.
    let made =
        custodian.generate(Wanted::usual(KeySpec::EcP256), b"0123456789abcdefghijklmnop").await;
    let made = made.unwrap();
    let error = custodian.adopt(arn(&made.reference)).await.err().unwrap();
    assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("source")));
    custodian.destroy(&made.reference).await.unwrap();
    client.delete_alias().alias_name(&alias).send().await.unwrap();
    client.disable_key().key_id(id).send().await.unwrap();
    let error = custodian.adopt(&theirs).await.err().unwrap();
    assert_eq!(error.reason(), Reason::KeyVersionDisabled);
    place.forget(id).await;
    for gone in [&theirs, &alias, "alias/nobody"] {
        let error = custodian.adopt(gone).await.err().unwrap();
        assert_eq!((error.reason(), error.field()), (Reason::KeyNotFound, Some("source")));
    }
    let aes = place.others_key(KmsSpec::SymmetricDefault, KeyUsageType::EncryptDecrypt).await;
    let error = custodian.adopt(&aes).await.err().unwrap();
    assert_eq!(error.reason(), Reason::AlgorithmNotSupported);
    assert!(error.message().contains("seal"), "{error}");
    place.forget(&aes).await;
}

async fn seals(custodian: &AwsCustodian, place: &Place) {
    let one = place.others_key(KmsSpec::SymmetricDefault, KeyUsageType::EncryptDecrypt).await;
    let seal = custodian.seal(&one).await.unwrap();
    let key = EnvelopeKey::generate().unwrap();
    // The same key, for something else.
    let client = place.client().await;
    let plaintext = aws_sdk_kms::primitives::Blob::new(key.as_bytes());
    let request = client.encrypt().key_id(&one).plaintext(plaintext);
    let elsewhere = request.encryption_context("purpose", "another").send().await.unwrap();
    let elsewhere = [&[1], elsewhere.ciphertext_blob.unwrap().as_ref()].concat();
    let error = seal.unwrap(&elsewhere).await.err().unwrap();
    assert_eq!(error.reason(), Reason::SealUnavailable, "{error}");
    place.forget(&one).await;
}
