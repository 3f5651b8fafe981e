//! The custodian alone, in a KMS that keeps its keys.

use aws_sdk_kms::types::{KeySpec as KmsSpec, KeyState, KeyUsageType, OriginType, Tag};
use supacrypt_core::{
    Algorithm, Digest, EncryptionScheme, KeySpec, KeyUsages, MacScheme, Operation, Reason,
    SignatureScheme,
};
use supacrypt_crypto::envelope::EnvelopeKey;
use supacrypt_crypto::{Key, generate};
use supacrypt_server::custody::{
    AwsCustodian, CryptoOutput, CryptoRequest, Custodian, Held, Wanted, Weight,
};

use crate::done;
use crate::keys::{arn, bytes, make, refused, schemes, sign};
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
const MACS: [(KeySpec, Digest); 3] = [
    (KeySpec::HmacSha256, Digest::Sha256),
    (KeySpec::HmacSha384, Digest::Sha384),
    (KeySpec::HmacSha512, Digest::Sha512),
];

pub(crate) async fn all(place: &Place) {
    let custodian = place.open().await;
    custodian.check().await.unwrap();
    offers(&custodian).await;
    done("kms_offers_what_it_does");
    signs(&custodian).await;
    done("every_scheme_signs_for_the_public_half");
    macs(&custodian).await;
    done("macs_are_made_and_verified");
    imports(&custodian, place).await;
    done("keys_are_brought");
    purposes(&custodian, place).await;
    done("a_key_is_made_for_one_purpose");
    lives(&custodian, place).await;
    done("a_key_lives_until_it_is_destroyed");
    halfway(&custodian, place).await;
    done("a_key_without_its_alias_is_held_too");
    adopts(&custodian, place).await;
    done("a_key_of_others_is_used_and_left_alone");
    seals(&custodian, place).await;
    done("a_seal_opens_what_it_closed_and_nothing_else");
}

async fn offers(custodian: &AwsCustodian) {
    let offered = custodian.capabilities();
    let macs = MACS.map(|(spec, _)| spec);
    assert!(PAIRS.iter().chain(&macs).all(|spec| offered.generates.contains(spec)));
    assert_eq!(offered.generates.len(), PAIRS.len() + macs.len());
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

async fn signs(custodian: &AwsCustodian) {
    for spec in PAIRS {
        let usages = custodian.usual_usages(spec);
        let (reference, handle, public) = make(custodian, spec, usages, &new_id()).await;
        let public = public.unwrap();
        assert_eq!(public.spec(), spec);
        for (scheme, input) in schemes(spec) {
            assert!(custodian.capabilities().algorithms.contains(Algorithm::Signature(scheme)));
            let request = sign(scheme, &input);
            assert_eq!(handle.weight(Operation::Sign), Weight::Remote);
            let signature = bytes(&handle, request).await;
            assert!(public.verify(scheme, &input, &signature).unwrap(), "{spec} {scheme}");
            // Verifying asks nobody.
            let verify = CryptoRequest::Verify {
                scheme,
                context: &[],
                input: &input,
                signature: &signature,
            };
            assert_ne!(handle.weight(Operation::Verify), Weight::Remote);
            assert!(matches!(handle.compute(&verify), Ok(CryptoOutput::Valid(true))), "{spec}");
        }
        // Who does not wait gets no signature.
        let (scheme, input) = schemes(spec).remove(0);
        let error = handle.compute(&sign(scheme, &input)).err().unwrap();
        assert_eq!(error.reason(), Reason::Internal);
        custodian.destroy(&reference).await.unwrap();
    }
}

async fn macs(custodian: &AwsCustodian) {
    for (spec, digest) in MACS {
        let context = new_id();
        let usages = custodian.usual_usages(spec);
        let (reference, handle, public) = make(custodian, spec, usages, &context).await;
        assert!(public.is_none());
        let scheme = MacScheme::hmac(digest);
        let input = b"a message";
        let mac = bytes(&handle, CryptoRequest::MacSign { scheme, input }).await;
        assert_eq!(mac.len(), digest.len());
        let short = MacScheme::Hmac { digest, length: 8 };
        let cut = bytes(&handle, CryptoRequest::MacSign { scheme: short, input }).await;
        assert_eq!(cut, mac[..8]);
        for (input, mac, expected) in [
            (&input[..], &mac[..], true),
            (b"another", &mac, false),
            (input, &mac[1..], false),
            (input, &[], false),
        ] {
            let request = CryptoRequest::MacVerify { scheme, input, mac };
            let Ok(CryptoOutput::Valid(valid)) = handle.perform(request).await else { panic!() };
            assert_eq!(valid, expected);
        }
        for input in [&[][..], &[7; 4097]] {
            let error = refused(&handle, CryptoRequest::MacSign { scheme, input }).await;
            assert_eq!(error.reason(), Reason::InputLength);
        }
        let whole = CryptoRequest::MacSign { scheme, input: &[7; 4096] };
        assert_eq!(bytes(&handle, whole).await.len(), digest.len());
        custodian.destroy(&reference).await.unwrap();
    }
}

async fn imports(custodian: &AwsCustodian, place: &Place) {
    for spec in [KeySpec::Rsa2048, KeySpec::Rsa4096, KeySpec::EcP256, KeySpec::EcP521] {
        let material = generate(spec).unwrap();
        let context = new_id();
        let wanted = Wanted { usages: custodian.usual_usages(spec), ..Wanted::usual(spec) };
        let brought = custodian.import(wanted, material.as_bytes(), context.as_bytes());
        let brought = brought.await.unwrap();
        let key = Key::load(spec, &material).unwrap();
        let public = key.public_key().unwrap();
        assert_eq!(brought.public_key.as_deref(), Some(public.spki_der()));
        let described = place.describe(arn(&brought.reference)).await;
        assert_eq!(described.origin, Some(OriginType::External));
        let handle = custodian.open(spec, &brought.reference, context.as_bytes()).await.unwrap();
        let (scheme, input) = schemes(spec).remove(0);
        let signature = bytes(&handle, sign(scheme, &input)).await;
        assert!(public.verify(scheme, &input, &signature).unwrap(), "{spec}");
        custodian.destroy(&brought.reference).await.unwrap();
    }
    for (spec, digest) in MACS {
        let material = generate(spec).unwrap();
        let (wanted, context) = (Wanted::usual(spec), new_id());
        let brought = custodian.import(wanted, material.as_bytes(), context.as_bytes());
        let brought = brought.await.unwrap();
        let handle = custodian.open(spec, &brought.reference, context.as_bytes()).await.unwrap();
        let (scheme, input) = (MacScheme::hmac(digest), b"a message");
        let mac = bytes(&handle, CryptoRequest::MacSign { scheme, input }).await;
        assert_eq!(mac, Key::load(spec, &material).unwrap().mac(scheme, input).unwrap(), "{spec}");
        custodian.destroy(&brought.reference).await.unwrap();
    }
    for (spec, material) in [(KeySpec::EcP256, &[7; 32][..]), (KeySpec::HmacSha256, &[7; 31])] {
        let refused = custodian.import(Wanted::usual(spec), material, new_id().as_bytes()).await;
        assert_eq!(refused.err().unwrap().reason(), Reason::InvalidKeyMaterial);
    }
}

async fn purposes(custodian: &AwsCustodian, place: &Place) {
    let oaep = EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha256 };
    let pkcs1 = SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 };
    let (reference, handle, _) =
        make(custodian, KeySpec::Rsa2048, KeyUsages::DECRYPT, &new_id()).await;
    let made = place.describe(arn(&reference)).await;
    assert_eq!(made.key_usage, Some(KeyUsageType::EncryptDecrypt));
    assert_eq!(refused(&handle, sign(pkcs1, &[7; 32])).await.reason(), Reason::UsageNotPermitted);
    let decrypt =
        |aad, ciphertext| CryptoRequest::Decrypt { scheme: oaep, iv: &[], aad, ciphertext };
    let error = refused(&handle, decrypt(b"label", &[7; 256])).await;
    assert_eq!(error.reason(), Reason::AlgorithmNotSupported);
    let error = refused(&handle, decrypt(b"", &[7; 255])).await;
    assert_eq!(error.reason(), Reason::InputLength);
    custodian.destroy(&reference).await.unwrap();

    let both = Wanted {
        spec: KeySpec::Rsa2048,
        usages: KeyUsages::SIGN.union(KeyUsages::DECRYPT),
        secret_length: None,
    };
    let error = custodian.generate(both, new_id().as_bytes()).await.err().unwrap();
    assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("key.usages")));
    let unknown = custodian.generate(Wanted::usual(KeySpec::Aes256), new_id().as_bytes()).await;
    assert_eq!(unknown.err().unwrap().reason(), Reason::AlgorithmNotSupported);
}

async fn lives(custodian: &AwsCustodian, place: &Place) {
    assert_eq!(custodian.held().await.unwrap(), [], "all that was made before is destroyed");
    let (spec, context) = (KeySpec::EcP256, new_id());
    let (reference, handle, _) = make(custodian, spec, spec.usual_usages(), &context).await;
    let request = sign(SignatureScheme::Ecdsa, &[7; 32]);
    let made = place.describe(arn(&reference)).await;
    assert_eq!(
        reference,
        [b"\x01", context.as_bytes(), b" ", made.arn().unwrap().as_bytes()].concat()
    );
    let held =
        Held { context: context.clone().into_bytes(), reference: reference.clone(), whole: true };
    assert_eq!(custodian.held().await.unwrap(), [held]);
    let other = open(&place.settings, &new_id()).await.unwrap();
    assert_eq!(other.held().await.unwrap(), [], "another store has keys of its own");

    let error = custodian.open(spec, &reference, b"another").await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianUnavailable);
    let error =
        custodian.open(KeySpec::EcP384, &reference, context.as_bytes()).await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianUnavailable);
    let error = custodian.export(spec, &reference, context.as_bytes()).await.err().unwrap();
    assert_eq!(error.reason(), Reason::UsageNotPermitted);

    custodian.set_enabled(&reference, false).await.unwrap();
    assert_eq!(refused(&handle, request).await.reason(), Reason::KeyVersionDisabled);
    custodian.set_enabled(&reference, true).await.unwrap();
    assert_eq!(bytes(&handle, request).await.len(), 64);
    custodian.destroy(&reference).await.unwrap();
    assert_eq!(refused(&handle, request).await.reason(), Reason::KeyVersionDestroyed);
    let error = custodian.open(spec, &reference, context.as_bytes()).await.err().unwrap();
    assert_eq!(error.reason(), Reason::KeyVersionDestroyed);
    let gone = place.describe(arn(&reference)).await;
    assert_eq!(gone.key_state, Some(KeyState::PendingDeletion));
    assert_eq!(custodian.held().await.unwrap(), []);
    custodian.destroy(&reference).await.unwrap();
    // What KMS has never had, or has no more.
    let unknown = arn(&reference).rsplit_once('/').unwrap().0;
    let unknown = format!("\x01{context} {unknown}/00000000-0000-4000-8000-000000000000");
    custodian.destroy(unknown.as_bytes()).await.unwrap();
    let error = custodian.open(spec, unknown.as_bytes(), context.as_bytes()).await.err().unwrap();
    assert_eq!(error.reason(), Reason::KeyVersionDestroyed);
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
    for name in [&theirs, id, &alias] {
        let adopted = custodian.adopt(name).await.unwrap();
        assert_eq!(adopted.spec, KeySpec::EcP256);
        assert_eq!(adopted.usages, KeyUsages::SIGN.union(KeyUsages::VERIFY));
        assert_eq!(adopted.versions.len(), 1);
        let version = &adopted.versions[0];
        assert_eq!(version.reference, format!("\x01adopted {theirs}").as_bytes());
        assert!(version.public_key.is_some());
    }
    let adopted = custodian.adopt(&alias).await.unwrap().versions.remove(0);
    let context = new_id();
    let handle =
        custodian.open(KeySpec::EcP256, &adopted.reference, context.as_bytes()).await.unwrap();
    assert_eq!(bytes(&handle, sign(SignatureScheme::Ecdsa, &[7; 32])).await.len(), 64);
    // It is theirs.
    custodian.set_enabled(&adopted.reference, false).await.unwrap();
    custodian.destroy(&adopted.reference).await.unwrap();
    assert_eq!(place.describe(&theirs).await.key_state, Some(KeyState::Enabled));
    assert_eq!(custodian.held().await.unwrap(), []);

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
    let symmetric = || place.others_key(KmsSpec::SymmetricDefault, KeyUsageType::EncryptDecrypt);
    let (one, other) = (symmetric().await, symmetric().await);
    let seal = custodian.seal(&one).await.unwrap();
    assert_eq!(seal.id(), format!("custodian:kms/{one}"));
    let key = EnvelopeKey::generate().unwrap();
    let wrapped = seal.wrap(&key).await.unwrap();
    let again = place.open().await.seal(&one).await.unwrap();
    assert_eq!(again.unwrap(&wrapped).await.unwrap().as_bytes(), key.as_bytes());

    let mut altered = wrapped.clone();
    *altered.last_mut().unwrap() ^= 1;
    let form = [&[9], &wrapped[1..]].concat();
    for wrong in [&altered[..], &form, &wrapped[..1], b""] {
        let error = seal.unwrap(wrong).await.err().unwrap();
        assert_eq!(error.reason(), Reason::SealUnavailable, "{error}");
    }
    let error = custodian.seal(&other).await.unwrap().unwrap(&wrapped).await.err().unwrap();
    assert_eq!(error.reason(), Reason::SealUnavailable, "{error}");
    // The same key, for something else.
    let client = place.client().await;
    let plaintext = aws_sdk_kms::primitives::Blob::new(key.as_bytes());
    let request = client.encrypt().key_id(&one).plaintext(plaintext);
    let elsewhere = request.encryption_context("purpose", "another").send().await.unwrap();
    let elsewhere = [&[1], elsewhere.ciphertext_blob.unwrap().as_ref()].concat();
    let error = seal.unwrap(&elsewhere).await.err().unwrap();
    assert_eq!(error.reason(), Reason::SealUnavailable, "{error}");

    let pair = place.others_key(KmsSpec::EccNistP256, KeyUsageType::SignVerify).await;
    for wrong in [&pair, "alias/nobody"] {
        let error = custodian.seal(wrong).await.err().unwrap();
        assert_eq!((error.reason(), error.field()), (Reason::Configuration, Some("seal.key")));
    }
    for key in [one, other, pair] {
        place.forget(&key).await;
    }
}
