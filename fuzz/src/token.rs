//! The token for random calls: keys of every kind, found again after the module was initialized
//! anew; what else inputs leave on it is destroyed.

use cryptoki_sys::*;
use supacrypt_pkcs11::CKA_SUPACRYPT_KEY_NAME;

use crate::{
    call,
    keys::{self, Pair},
    mechanisms::Known,
    module,
    templates::{Stock, value},
};

/// More objects than inputs leave behind.
const MOST: usize = 256;

pub struct Token {
    pub slot: CK_SLOT_ID,
    pub keys: Vec<Pair>,
    pub stock: Stock,
    pub known: Known,
    /// The keys' names, in their order.
    names: Vec<Vec<u8>>,
}

impl Token {
    /// With the module initialized.
    #[expect(clippy::new_without_default, reason = "it starts a backend")]
    pub fn new() -> Self {
        module::initialize();
        let slot = module::slot();
        let session = module::open(slot);
        let readable: Vec<_> = keys::make(session, false)
            .iter()
            .flat_map(|pair| [pair.public, pair.private])
            .collect();
        let keys = keys::make(session, true);
        let name = |pair: &Pair| value(session, pair.private, CKA_SUPACRYPT_KEY_NAME);
        let point = |pair: &Pair| value(session, pair.public, CKA_EC_POINT);
        let token = Token {
            slot,
            stock: Stock::of(session, &readable),
            known: Known {
                kinds: module::mechanisms(slot),
                points: keys.iter().filter_map(point).collect(),
            },
            names: keys.iter().map(|pair| name(pair).expect("keys have names")).collect(),
            keys,
        };
        assert_eq!(call!(C_CloseSession(session)), CKR_OK);
        token
    }

    /// Whether a handle is one of the token's keys, which inputs use and leave as they are.
    pub fn has(&self, object: CK_OBJECT_HANDLE) -> bool {
        self.keys.iter().any(|pair| [pair.public, pair.private].contains(&object))
    }

    /// Finds the keys again after the module was initialized, and destroys what else is there.
    pub fn find(&mut self) {
        self.slot = module::slot();
        let session = module::open(self.slot);
        assert_eq!(call!(C_FindObjectsInit(session, std::ptr::null_mut(), 0)), CKR_OK);
        let (mut found, mut count) = ([0; MOST], 0);
        let rv =
            call!(C_FindObjects(session, found.as_mut_ptr(), MOST as CK_ULONG, &raw mut count));
        assert_eq!(rv, CKR_OK);
        for object in &found[..count as usize] {
            let name = value(session, *object, CKA_SUPACRYPT_KEY_NAME);
            let place = self.names.iter().position(|own| Some(own) == name.as_ref());
            let Some(place) = place else {
                call!(C_DestroyObject(session, *object));
                continue;
            };
            let class = value(session, *object, CKA_CLASS).expect("keys have a class");
            let pair = &mut self.keys[place];
            if class == CKO_PUBLIC_KEY.to_ne_bytes() {
                pair.public = *object;
            } else if class == CKO_PRIVATE_KEY.to_ne_bytes() {
                pair.private = *object;
            } else {
                *pair = Pair { public: *object, private: *object };
            }
        }
        assert_eq!(call!(C_CloseSession(session)), CKR_OK);
    }

    /// Destroys what an input made, and closes its sessions.
    pub fn clear(&self, made: &[CK_OBJECT_HANDLE]) {
        let session = module::open(self.slot);
        for object in made.iter().filter(|object| !self.has(**object)) {
            call!(C_DestroyObject(session, *object));
        }
        assert_eq!(call!(C_CloseAllSessions(self.slot)), CKR_OK);
    }
}
