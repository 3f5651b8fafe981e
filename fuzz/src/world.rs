//! What each input finds: an initialized module, keys of every kind in a session and on the token, a
//! certificate and data in the session. Inputs leave them as they are.

use std::sync::LazyLock;

use cryptoki_sys::*;
use supacrypt_crypto::Certificate;

use crate::{
    call,
    keys::{self, Pair},
    mechanisms::Known,
    module,
    templates::{Stock, Template, value},
};

/// A certificate, which need not hold for anybody.
const CERTIFICATE: &[u8] = include_bytes!("../seeds/certificate/prime256v1");

pub static WORLD: LazyLock<World> = LazyLock::new(World::new);

pub struct World {
    pub slot: CK_SLOT_ID,
    /// The keys of the session, then those of the token.
    pub keys: Vec<Pair>,
    /// The halves of all keys, and the other objects.
    pub objects: Vec<CK_OBJECT_HANDLE>,
    pub stock: Stock,
    pub known: Known,
}

impl World {
    fn new() -> Self {
        module::initialize();
        let slot = module::slot();
        // Never closed: its objects stay.
        let session = module::open(slot);
        let of_session = keys::make(session, false);
        let mut readable: Vec<_> =
            of_session.iter().flat_map(|pair| [pair.public, pair.private]).collect();
        readable.extend(others(session));

        let point = |pair: &Pair| value(session, pair.public, CKA_EC_POINT);
        let points = of_session.iter().filter_map(point).collect();
        let stock = Stock::of(session, &readable);
        let of_token = keys::make(session, true);
        let halves = of_token.iter().flat_map(|pair| [pair.public, pair.private]);
        World {
            slot,
            objects: readable.iter().copied().chain(halves).collect(),
            keys: [of_session, of_token].concat(),
            stock,
            known: Known { kinds: module::mechanisms(slot), points },
        }
    }
}

/// A certificate and data.
fn others(session: CK_SESSION_HANDLE) -> [CK_OBJECT_HANDLE; 2] {
    let number = CK_ULONG::to_ne_bytes;
    let subject = Certificate::from_der(CERTIFICATE).expect("it is one").subject;
    let certificate = Template::of([
        (CKA_CLASS, &number(CKO_CERTIFICATE)[..]),
        (CKA_CERTIFICATE_TYPE, &number(CKC_X_509)),
        (CKA_VALUE, CERTIFICATE),
        (CKA_SUBJECT, &subject),
    ]);
    let data = Template::of([
        (CKA_CLASS, &number(CKO_DATA)[..]),
        (CKA_APPLICATION, b"fuzz"),
        (CKA_VALUE, b"data"),
    ]);
    [certificate, data].map(|mut template| {
        let mut object = 0;
        let (list, count) = (template.pointer(), template.count());
        let rv = call!(C_CreateObject(session, list, count, &raw mut object));
        assert_eq!(rv, CKR_OK);
        object
    })
}
