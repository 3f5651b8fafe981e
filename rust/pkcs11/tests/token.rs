//! What an application sees of a keyring: the token, its objects, and what it may not do.

#[path = "token/allowed.rs"]
mod allowed;
mod common;
#[path = "token/halves.rs"]
mod halves;
#[path = "token/key_attributes.rs"]
mod key_attributes;
#[path = "token/mechanism_objects.rs"]
mod mechanism_objects;
#[path = "token/pins.rs"]
mod pins;
#[path = "token/unwrapping.rs"]
mod unwrapping;
#[path = "token/wrapping.rs"]
mod wrapping;

use cryptoki::{
    error::{Error, RvError},
    mechanism::{Mechanism, MechanismType},
    object::{Attribute, AttributeInfo, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    types::AuthPin,
};
use supacrypt_testkit::{Backend, KEYRING};

use common::{P256, end, load, open, p256};

fn main() {
    common::run(&[
        ("a_keyring_is_a_token", token),
        ("login_is_not_needed_and_does_no_harm", login),
        ("objects_are_found_by_what_they_are", find),
        ("attributes_tell_everything_but_the_secret", attributes),
        ("label_and_id_change_and_nothing_else", change),
        ("a_key_keeps_what_is_said_of_it", key_attributes::kept),
        ("a_key_comes_to_the_token_with_its_attributes", key_attributes::brought),
        ("attributes_change_in_their_direction_only", key_attributes::change),
        ("a_key_protects_data_until_its_end", key_attributes::dates),
        ("only_a_trusted_key_wraps_what_asks_for_one", key_attributes::trusted),
        ("a_key_may_want_a_login_for_each_operation", key_attributes::login),
        ("a_token_gets_a_pin_that_is_counted_and_changed", pins::set),
        ("a_key_may_want_the_pin_for_each_use", pins::for_each_use),
        ("each_half_of_a_pair_goes_on_its_own", halves::destroyed),
        ("no_half_of_an_undestroyable_pair_goes", halves::undestroyable),
        ("a_public_key_lives_alone_on_the_token", halves::public_alone),
        ("an_extractable_secret_leaves_wrapped", wrapping::secret),
        ("an_extractable_private_key_leaves_wrapped", wrapping::private),
        ("a_public_key_wraps_a_key_of_the_token", wrapping::by_public_key),
        ("a_key_leaves_by_a_trusted_one_where_it_says_so", wrapping::trusted),
        ("what_a_key_of_the_token_brings_back_nobody_sees", unwrapping::unseen),
        ("a_mechanism_that_gives_more_than_the_key_decrypts_here", unwrapping::padded),
        ("a_key_comes_back_as_its_template_says", unwrapping::described),
        ("what_is_no_such_key_does_not_come_back", unwrapping::refused),
        ("a_public_half_that_is_there_shows_once", unwrapping::halves),
        ("a_key_pair_is_used_by_the_mechanisms_of_its_list", allowed::halves),
        ("the_backend_holds_a_key_to_its_list", allowed::backend),
        ("a_public_half_encrypts_and_wraps_by_the_list_only", allowed::public_half),
        ("a_key_that_has_algorithms_alone_lists_what_can_do_them", allowed::algorithms_alone),
        ("a_key_comes_to_the_token_with_its_list", allowed::brought),
        ("what_the_list_leaves_out_is_not_derived", allowed::derives),
        ("a_mechanism_is_an_object_for_who_asks", mechanism_objects::found),
        ("a_mechanism_object_is_only_read", mechanism_objects::fixed),
        ("there_are_no_hardware_features", mechanism_objects::no_hardware_features),
        ("templates_that_make_no_sense_are_refused", refused_templates),
        ("wrong_handles_and_mechanisms_are_refused", refused_operations),
    ]);
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, expected: RvError) {
    match result {
        Err(Error::Pkcs11(error, _)) => assert_eq!(error, expected),
        other => panic!("{other:?} instead of {expected:?}"),
    }
}

fn token(_: &mut Backend) {
    let context = load();
    let slot = context.get_slots_with_token().expect("slots")[0];
    let info = context.get_token_info(slot).expect("token info");
    assert_eq!(info.label(), KEYRING);
    assert_eq!(info.manufacturer_id(), "Supacrypt");
    assert!(!info.login_required() && info.rng() && info.token_initialized());
    let mechanisms = context.get_mechanism_list(slot).expect("mechanisms");
    for expected in [MechanismType::ECDSA, MechanismType::RSA_PKCS_PSS, MechanismType::AES_GCM] {
        assert!(mechanisms.contains(&expected), "{expected}");
    }
    let info = context.get_mechanism_info(slot, MechanismType::ECDSA).expect("info");
    assert!(info.sign() && info.verify() && !info.encrypt());
    end(context);
}

fn login(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    p256(&session, "before login");
    let pin = AuthPin::new("anything".into());
    session.login(UserType::So, Some(&pin)).expect("a security officer");
    let user = session.login(UserType::User, Some(&pin));
    assert_refused(user, RvError::UserAnotherAlreadyLoggedIn);
    session.logout().expect("logged out");
    session.login(UserType::User, Some(&pin)).expect("any PIN will do");
    let again = open(&context).login(UserType::User, Some(&pin));
    assert_refused(again, RvError::UserAlreadyLoggedIn);
    session.logout().expect("logout");
    assert_refused(session.logout(), RvError::UserNotLoggedIn);
    drop(session);
    end(context);
}

fn find(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = p256(&session, "findable");
    session.update_attributes(private, &[Attribute::Id(vec![7, 7])]).expect("an id");
    let found = |template: &[Attribute]| session.find_objects(template).expect("a search");
    let label = Attribute::Label("findable".into());
    assert_eq!(found(std::slice::from_ref(&label)), [public, private]);
    let private_class = Attribute::Class(ObjectClass::PRIVATE_KEY);
    assert_eq!(found(&[private_class, Attribute::Id(vec![7, 7])]), [private]);
    assert_eq!(found(&[label.clone(), Attribute::Sign(true)]), [private]);
    assert_eq!(found(&[label.clone(), Attribute::KeyType(KeyType::EC)]).len(), 2);
    for nothing in [
        Attribute::KeyType(KeyType::RSA),
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::Token(false),
        Attribute::Id(vec![7; 200]),
    ] {
        assert_eq!(found(&[label.clone(), nothing.clone()]), [], "{nothing:?}");
    }
    drop(session);
    end(context);
}

fn attributes(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = p256(&session, "described");
    let described = session
        .get_attributes(
            public,
            &[AttributeType::EcParams, AttributeType::EcPoint, AttributeType::PublicKeyInfo],
        )
        .expect("attributes");
    let [Attribute::EcParams(curve), Attribute::EcPoint(point), Attribute::PublicKeyInfo(spki)] =
        &described[..]
    else {
        panic!("{described:?}")
    };
    assert_eq!(curve, P256);
    assert_eq!(point[..3], [0x04, 65, 0x04], "an uncompressed point in an OCTET STRING");
    assert!(spki.ends_with(&point[2..]));
    let facts = [
        AttributeType::Sensitive,
        AttributeType::NeverExtractable,
        AttributeType::Local,
        AttributeType::Private,
        AttributeType::Sign,
    ];
    for fact in session.get_attributes(private, &facts).expect("attributes") {
        assert!(
            matches!(
                fact,
                Attribute::Sensitive(true)
                    | Attribute::NeverExtractable(true)
                    | Attribute::Local(true)
                    | Attribute::Private(true)
                    | Attribute::Sign(true)
            ),
            "{fact:?}"
        );
    }
    // CKA_SUPACRYPT_KEY_NAME and CKA_SUPACRYPT_KEY_VERSION
    let ours = [0xd343_5001, 0xd343_5002].map(AttributeType::VendorDefined);
    let named = session.get_attributes(private, &ours).expect("attributes");
    let [Attribute::VendorDefined((_, name)), Attribute::VendorDefined((_, version))] = &named[..]
    else {
        panic!("{named:?}")
    };
    assert!(name.starts_with(b"keyrings/dev/keys/"), "{}", String::from_utf8_lossy(name));
    assert!(version.starts_with(name) && version.len() > name.len());
    let search = [Attribute::VendorDefined((ours[0], name.clone()))];
    assert_eq!(session.find_objects(&search).expect("a search").len(), 2, "both halves");

    let asked = [AttributeType::Value, AttributeType::Modulus, AttributeType::Label];
    let info = session.get_attribute_info(private, &asked).expect("info");
    assert!(
        matches!(
            info[..],
            [AttributeInfo::Sensitive, AttributeInfo::TypeInvalid, AttributeInfo::Available(9)]
        ),
        "{info:?}"
    );
    drop(session);
    end(context);
}

fn label(session: &Session, object: ObjectHandle) -> Vec<u8> {
    match &session.get_attributes(object, &[AttributeType::Label]).expect("a label")[..] {
        [Attribute::Label(label)] => label.clone(),
        other => panic!("{other:?}"),
    }
}

fn change(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = p256(&session, "old");
    session.update_attributes(private, &[Attribute::Label("new".into())]).expect("a label");
    assert_eq!(label(&session, public), b"new", "both halves are one key");
    let refused = session.update_attributes(private, &[Attribute::Extractable(true)]);
    assert_refused(refused, RvError::AttributeReadOnly);
    drop(session);
    end(context);
}

fn refused_templates(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let rsa = |public: &[Attribute], private: &[Attribute]| {
        session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, public, private)
    };
    let kept = Attribute::Token(true);
    let bits = Attribute::ModulusBits(2048.into());
    let kept = [kept];
    assert_refused(rsa(&[], &kept), RvError::TemplateIncomplete);
    assert_refused(rsa(&[Attribute::ModulusBits(1024.into())], &kept), RvError::KeySizeRange);
    let exponent = Attribute::PublicExponent(vec![3]);
    assert_refused(rsa(&[bits.clone(), exponent], &kept), RvError::AttributeValueInvalid);
    let slot = context.get_slots_with_token().expect("slots")[0];
    let reading = context.open_ro_session(slot).expect("a session");
    let refused = reading.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &[bits], &kept);
    assert_refused(refused, RvError::SessionReadOnly);
    drop((session, reading));
    end(context);
}

fn refused_operations(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = p256(&session, "misused");
    let digest = [1; 32];
    assert_refused(
        session.sign(&Mechanism::Ecdsa, public, &digest),
        RvError::KeyFunctionNotPermitted,
    );
    assert_refused(
        session.sign(&Mechanism::RsaPkcs, private, &digest),
        RvError::KeyTypeInconsistent,
    );
    assert_refused(
        session.sign(&Mechanism::EcdsaSha1, private, b"new signatures"),
        RvError::MechanismInvalid,
    );
    assert_refused(session.sign(&Mechanism::Ecdsa, private, &[1; 100]), RvError::DataLenRange);
    let signature = session.sign(&Mechanism::Ecdsa, private, &digest).expect("a signature");
    assert_refused(
        session.verify(&Mechanism::Ecdsa, public, &[2; 32], &signature),
        RvError::SignatureInvalid,
    );
    assert_refused(
        session.verify(&Mechanism::Ecdsa, public, &digest, &signature[1..]),
        RvError::SignatureLenRange,
    );
    session.seed_random(&[1]).expect("taken, and of no use");
    drop(session);
    end(context);
}
