//! Templates of the PKCS#11 module: whatever they say, an object shows what it was made with, a
//! change is made as a whole or not at all, and a search finds what the template describes.
#![no_main]

use cryptoki_sys::*;
use libfuzzer_sys::fuzz_target;
use supacrypt_fuzz::{
    call,
    input::Input,
    keys::mechanism,
    module,
    templates::{SUBSTANCE, TYPES, Template, value},
    world::{WORLD, World},
};

/// Longer than any value that can be changed.
const ENOUGH: usize = 2048;
/// How many of the objects that were found are looked at.
const SAMPLE: usize = 3;

/// What makes keys in no time.
const QUICK_PAIRS: [CK_MECHANISM_TYPE; 5] = [
    CKM_EC_KEY_PAIR_GEN,
    CKM_EC_EDWARDS_KEY_PAIR_GEN,
    CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
    CKM_ML_DSA_KEY_PAIR_GEN,
    CKM_ML_KEM_KEY_PAIR_GEN,
];
const SECRETS: [CK_MECHANISM_TYPE; 3] =
    [CKM_AES_KEY_GEN, CKM_CHACHA20_KEY_GEN, CKM_GENERIC_SECRET_KEY_GEN];

fuzz_target!(|bytes: &[u8]| {
    let world = &*WORLD;
    let session = module::open(world.slot);
    let mut input = Input::new(bytes);
    let mut made = make(world, session, &mut input);
    for _ in 0..input.below(4) {
        let mut template = Template::read(&mut input, &world.stock);
        let own = made.first().copied();
        let any = own.unwrap_or_else(|| input.pick(&world.objects));
        match (input.byte() % 4, own) {
            (0, Some(own)) => change(session, own, &mut template),
            (1, _) => find(session, &mut template),
            (2, _) => made.extend(copy(session, any, &mut template)),
            _ => read(session, any, &mut template),
        }
    }
    for object in made {
        call!(C_DestroyObject(session, object));
    }
    assert_eq!(call!(C_CloseSession(session)), CKR_OK);
});

/// Makes objects of a template in one of the ways there are; none, where it is refused.
fn make(world: &World, session: CK_SESSION_HANDLE, input: &mut Input<'_>) -> Vec<CK_OBJECT_HANDLE> {
    let how = input.byte() % 5;
    let mut template = Template::read(input, &world.stock);
    let (list, count) = (template.pointer(), template.count());
    let mut made = [0, 0];
    let rv = match how {
        0 | 1 => call!(C_CreateObject(session, list, count, &raw mut made[0])),
        2 => return copy(session, input.pick(&world.objects), &mut template).into_iter().collect(),
        3 => {
            let mut kind = mechanism(input.pick(&SECRETS));
            call!(C_GenerateKey(session, &raw mut kind, list, count, &raw mut made[0]))
        }
        _ => {
            let mut kind = mechanism(input.pick(&QUICK_PAIRS));
            let mut private = Template::read(input, &world.stock);
            let (private, private_count) = (private.pointer(), private.count());
            let [public_key, private_key] = &mut made;
            call!(C_GenerateKeyPair(
                session,
                &raw mut kind,
                list,
                count,
                private,
                private_count,
                public_key,
                private_key
            ))
        }
    };
    if rv != CKR_OK {
        assert_eq!(made, [0, 0], "a handle of nothing");
        return Vec::new();
    }
    if value(session, made[0], CKA_TOKEN) == Some(vec![CK_FALSE]) {
        shows(session, made[0], &template, &[&SUBSTANCE[..], &[CKA_MODULUS_BITS]].concat());
    } else {
        is_named(session, made[0], &template);
    }
    made.into_iter().filter(|object| *object != 0).collect()
}

fn copy(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: &mut Template,
) -> Option<CK_OBJECT_HANDLE> {
    let mut made = 0;
    let (list, count) = (template.pointer(), template.count());
    if call!(C_CopyObject(session, object, list, count, &raw mut made)) != CKR_OK {
        return None;
    }
    if value(session, made, CKA_TOKEN) == Some(vec![CK_FALSE]) {
        shows(session, made, template, &[]);
    } else {
        // What a certificate of the token says of itself is read from it.
        is_named(session, made, template);
    }
    Some(made)
}

fn change(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: &mut Template) {
    let before = state(session, object);
    let (list, count) = (template.pointer(), template.count());
    if call!(C_SetAttributeValue(session, object, list, count)) == CKR_OK {
        shows(session, object, template, &[]);
    } else {
        assert_eq!(state(session, object), before, "half of a change");
    }
}

fn find(session: CK_SESSION_HANDLE, template: &mut Template) {
    let (list, count) = (template.pointer(), template.count());
    if call!(C_FindObjectsInit(session, list, count)) != CKR_OK {
        return;
    }
    let (mut found, mut number) = ([0; SAMPLE], 0);
    let rv = call!(C_FindObjects(session, found.as_mut_ptr(), SAMPLE as CK_ULONG, &raw mut number));
    assert_eq!(rv, CKR_OK);
    assert_eq!(call!(C_FindObjectsFinal(session)), CKR_OK);
    for object in &found[..number as usize] {
        for (kind, wanted) in template.values() {
            assert_eq!(value(session, *object, kind).as_deref(), Some(wanted), "{kind:#x}");
        }
    }
}

/// Reads into the template's own values, which may be null, too short or far too long.
fn read(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: &mut Template) {
    let before = template.list().to_vec();
    call!(C_GetAttributeValue(session, object, template.pointer(), template.count()));
    for (before, after) in before.iter().zip(template.list()) {
        assert_eq!((before.type_, before.pValue), (after.type_, after.pValue));
        let (capacity, told) = (before.ulValueLen, after.ulValueLen);
        let fits = told == CK_UNAVAILABLE_INFORMATION || told <= capacity;
        assert!(fits || before.pValue.is_null(), "{told} bytes in {capacity}");
    }
}

/// Asserts that an object has the attributes of a template, but for those that it may show otherwise
/// or hides.
fn shows(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: &Template,
    but: &[CK_ATTRIBUTE_TYPE],
) {
    for (kind, wanted) in template.values().filter(|(kind, _)| !but.contains(kind)) {
        match (value(session, object, kind).as_deref(), wanted) {
            // The token keeps truth, not the byte that said so.
            (Some([found]), [wanted]) => assert_eq!(*found == 0, *wanted == 0, "{kind:#x}"),
            (Some(found), wanted) => assert_eq!(found, wanted, "{kind:#x}"),
            (None, _) => {}
        }
    }
}

/// Asserts that an object of the token has the name that it was made with, but for a public key, which
/// the token may have had before. What else a template says of a new key there may come to nothing.
fn is_named(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE, template: &Template) {
    if value(session, object, CKA_CLASS) == Some(CKO_PUBLIC_KEY.to_ne_bytes().to_vec()) {
        return;
    }
    let others: Vec<_> =
        TYPES.into_iter().filter(|kind| ![CKA_LABEL, CKA_ID].contains(kind)).collect();
    shows(session, object, template, &others);
}

/// All attributes of an object.
fn state(session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> Vec<(CK_ULONG, Vec<u8>)> {
    let mut all = Template::of(TYPES.map(|kind| (kind, &[0; ENOUGH][..])));
    call!(C_GetAttributeValue(session, object, all.pointer(), all.count()));
    let known = |length| if length == CK_UNAVAILABLE_INFORMATION { 0 } else { length as usize };
    let value = |attribute: &CK_ATTRIBUTE| {
        let length = attribute.ulValueLen;
        // SAFETY: the module wrote no more than there was room for.
        let value = unsafe { std::slice::from_raw_parts(attribute.pValue.cast(), known(length)) };
        (length, value.to_vec())
    };
    all.list().iter().map(value).collect()
}
