//! Calls of the PKCS#11 module in any order, with handles that are valid, old or guessed and buffers
//! of any length, against a backend that runs. Without initialization each call says so; operations
//! are there exactly as long as they should be; nothing is written beyond a buffer.
#![no_main]

use std::{
    cell::RefCell,
    ptr::{self, null_mut},
};

use cryptoki_sys::*;
use libfuzzer_sys::fuzz_target;
use supacrypt_fuzz::{
    buffer::Buffer,
    call,
    input::Input,
    keys::{Pair, mechanism},
    mechanisms::Mechanism,
    messages::GcmMessage,
    module,
    operations::{Bytes, KINDS, STAGES},
    templates::Template,
    token::Token,
};

/// The most calls of an input.
const MOST: usize = 64;
/// How many sessions an input keeps apart.
const SESSIONS: usize = 3;

/// Mechanisms that need no parameter, with the place of a key among the token's that fits.
const FITTING: [(CK_MECHANISM_TYPE, usize); 10] = [
    (CKM_RSA_PKCS, 0),
    (CKM_RSA_X_509, 0),
    (CKM_SHA256_RSA_PKCS, 0),
    (CKM_ECDSA_SHA256, 1),
    (CKM_EDDSA, 3),
    (CKM_ML_DSA, 5),
    (CKM_AES_ECB, 7),
    (CKM_AES_CMAC, 7),
    (CKM_SHA256_HMAC, 10),
    (CKM_SHA256, 0),
];

thread_local! {
    static TOKEN: RefCell<Token> = RefCell::new(Token::new());
}

fuzz_target!(|bytes: &[u8]| {
    TOKEN.with_borrow_mut(|token| {
        let sessions = [(); SESSIONS].map(|()| module::open(token.slot));
        let input = Input::new(bytes);
        let mut caller = Caller { input, token, sessions, made: Vec::new(), initialized: true };
        for _ in 0..MOST {
            if caller.input.is_empty() {
                break;
            }
            caller.call();
        }
        if !caller.initialized {
            caller.initialize();
        }
        caller.token.clear(&caller.made);
    });
});

/// An application.
struct Caller<'a> {
    input: Input<'a>,
    token: &'a mut Token,
    sessions: [CK_SESSION_HANDLE; SESSIONS],
    /// What it made since the module was initialized, whether that is still there or not.
    made: Vec<CK_OBJECT_HANDLE>,
    initialized: bool,
}

impl Caller<'_> {
    /// One call, as the input wants it.
    fn call(&mut self) {
        // It does not stay away long: there is little to see then.
        if !self.initialized && self.input.flag() {
            self.initialize();
        }
        let was_initialized = self.initialized;
        let rv = match self.input.byte() % 18 {
            0 => self.lifetime(),
            1 => self.open_or_close(),
            2 => self.login(),
            3 => self.ask(),
            4 => self.ask_nothing(),
            5 => self.search(),
            6 => self.read_or_change(),
            7 => self.create(),
            8 => self.generate(),
            9 | 10 => self.begin(),
            11 | 12 => self.go_on(),
            13 => self.two_at_once(),
            14 => self.wrap(),
            15 => self.derive(),
            16 => self.message_cipher(),
            _ => self.message_signature(),
        };
        let refused = matches!(
            rv,
            CKR_CRYPTOKI_NOT_INITIALIZED
                | CKR_ARGUMENTS_BAD
                | CKR_CANT_LOCK
                | CKR_FUNCTION_NOT_SUPPORTED
                | CKR_FUNCTION_NOT_PARALLEL
        );
        let may_be_done = was_initialized || self.initialized;
        assert!(may_be_done || refused, "{rv:#x} without initialization");
    }

    /// A session of the input's, or a guess.
    fn session(&mut self) -> CK_SESSION_HANDLE {
        match self.input.below(5 * SESSIONS) {
            0 => self.input.number(),
            index => self.sessions[index % SESSIONS],
        }
    }

    /// The slot, or a guess.
    fn slot(&mut self) -> CK_SLOT_ID {
        if self.input.below(8) == 7 { self.input.number() } else { self.token.slot }
    }

    /// A key of the token, an object that was made, or a guess.
    fn object(&mut self) -> CK_OBJECT_HANDLE {
        match self.input.byte() % 4 {
            0 => self.input.number(),
            1 if !self.made.is_empty() => self.input.pick(&self.made),
            2 => self.pair().public,
            _ => self.pair().private,
        }
    }

    fn pair(&mut self) -> Pair {
        self.input.pick(&self.token.keys)
    }

    fn buffer(&mut self) -> Buffer {
        match self.input.byte() {
            0 => Buffer::query(self.input.number()),
            255 => Buffer::of(4096),
            length => Buffer::of(length.into()),
        }
    }

    /// Bytes of the input, or null with a length.
    fn bytes(&mut self) -> Bytes {
        match self.input.byte() {
            0 => (null_mut(), self.input.number()),
            _ => {
                let bytes = self.input.bytes();
                (bytes.as_ptr().cast_mut(), bytes.len() as CK_ULONG)
            }
        }
    }

    fn template(&mut self) -> Template {
        Template::read(&mut self.input, &self.token.stock)
    }

    fn mechanism(&mut self) -> Mechanism {
        Mechanism::read(&mut self.input, &self.token.known)
    }

    /// Keeps what a call made.
    fn keep(&mut self, rv: CK_RV, object: CK_OBJECT_HANDLE) -> CK_RV {
        if rv == CKR_OK && object != CK_INVALID_HANDLE {
            self.made.push(object);
        }
        rv
    }

    fn lifetime(&mut self) -> CK_RV {
        match self.input.byte() % 8 {
            // Rarely, as it takes much longer than all else.
            0 => {
                let rv = call!(C_Finalize(null_mut()));
                self.initialized = false;
                rv
            }
            1 => call!(C_Finalize(ptr::dangling_mut())),
            2 => self.initialize_with_arguments(),
            3 if !self.initialized => self.initialize(),
            _ => {
                let mut arguments = CK_C_INITIALIZE_ARGS {
                    CreateMutex: None,
                    DestroyMutex: None,
                    LockMutex: None,
                    UnlockMutex: None,
                    flags: self.input.number(),
                    pReserved: null_mut(),
                };
                let rv = call!(C_Initialize((&raw mut arguments).cast()));
                self.begin_anew(rv)
            }
        }
    }

    fn initialize(&mut self) -> CK_RV {
        let rv = call!(C_Initialize(null_mut()));
        self.begin_anew(rv)
    }

    /// With half of the functions for locks, or a pointer that has to be null.
    fn initialize_with_arguments(&mut self) -> CK_RV {
        unsafe extern "C" fn lock(_: *mut std::ffi::c_void) -> CK_RV {
            CKR_OK
        }
        let flag = |input: &mut Input<'_>| input.flag().then_some(lock as _);
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: flag(&mut self.input),
            LockMutex: flag(&mut self.input),
            UnlockMutex: flag(&mut self.input),
            flags: self.input.number(),
            pReserved: if self.input.flag() { ptr::dangling_mut() } else { null_mut() },
        };
        let rv = call!(C_Initialize((&raw mut arguments).cast()));
        self.begin_anew(rv)
    }

    fn begin_anew(&mut self, rv: CK_RV) -> CK_RV {
        if rv == CKR_OK {
            assert!(!self.initialized, "initialized twice");
            self.initialized = true;
            self.made.clear();
            self.token.find();
        }
        rv
    }

    fn open_or_close(&mut self) -> CK_RV {
        match self.input.byte() % 8 {
            0..=3 => {
                let (slot, place) = (self.slot(), self.input.below(SESSIONS));
                let flags = match self.input.byte() {
                    flags @ 0..=7 => flags.into(),
                    _ => CKF_SERIAL_SESSION | CKF_RW_SESSION,
                };
                let mut session = 0;
                let rv = call!(C_OpenSession(slot, flags, null_mut(), None, &raw mut session));
                if rv == CKR_OK {
                    self.sessions[place] = session;
                }
                rv
            }
            4 => {
                call!(C_OpenSession(self.slot(), CKF_SERIAL_SESSION, null_mut(), None, null_mut()))
            }
            5 => call!(C_CloseAllSessions(self.slot())),
            _ => call!(C_CloseSession(self.session())),
        }
    }

    fn login(&mut self) -> CK_RV {
        let session = self.session();
        let (pin, length) = self.bytes();
        let user = self.input.number() % 4;
        match self.input.byte() % 6 {
            0 | 1 => call!(C_Login(session, user, pin, length)),
            2 => call!(C_LoginUser(session, user, pin, length, pin, length)),
            3 => call!(C_InitPIN(session, pin, length)),
            4 => call!(C_SetPIN(session, pin, length, pin, length)),
            _ => call!(C_Logout(session)),
        }
    }

    /// Asks for information, with a place for the answer or without.
    fn ask(&mut self) -> CK_RV {
        fn place<T>(input: &mut Input<'_>, value: &mut T) -> *mut T {
            if input.byte() == 0 { null_mut() } else { value }
        }
        let slot = self.slot();
        match self.input.byte() % 9 {
            0 => {
                let mut info = CK_INFO::default();
                call!(C_GetInfo(place(&mut self.input, &mut info)))
            }
            1 => {
                let mut info = CK_SLOT_INFO::default();
                call!(C_GetSlotInfo(slot, place(&mut self.input, &mut info)))
            }
            2 => {
                let mut info = CK_TOKEN_INFO::default();
                call!(C_GetTokenInfo(slot, place(&mut self.input, &mut info)))
            }
            3 => {
                let session = self.session();
                let mut info = CK_SESSION_INFO::default();
                call!(C_GetSessionInfo(session, place(&mut self.input, &mut info)))
            }
            4 => {
                let kind = self.input.number();
                let mut info = CK_MECHANISM_INFO::default();
                call!(C_GetMechanismInfo(slot, kind, place(&mut self.input, &mut info)))
            }
            5 => {
                let mut list = vec![0; self.input.byte().into()];
                let mut count = list.len() as CK_ULONG;
                let at = if list.is_empty() { null_mut() } else { list.as_mut_ptr() };
                call!(C_GetMechanismList(slot, at, place(&mut self.input, &mut count)))
            }
            6 => {
                let mut list = vec![0; self.input.below(3)];
                let mut count = list.len() as CK_ULONG;
                let at = if list.is_empty() { null_mut() } else { list.as_mut_ptr() };
                let present = self.input.byte();
                call!(C_GetSlotList(present, at, place(&mut self.input, &mut count)))
            }
            7 => {
                let (session, object) = (self.session(), self.object());
                let mut size = 0;
                call!(C_GetObjectSize(session, object, place(&mut self.input, &mut size)))
            }
            _ => {
                let (session, kind) = (self.session(), self.input.number());
                let mut flags = 0;
                let at = place(&mut self.input, &mut flags);
                call!(C_GetSessionValidationFlags(session, kind, at))
            }
        }
    }

    /// Calls that change nothing, whatever comes of them.
    fn ask_nothing(&mut self) -> CK_RV {
        let session = self.session();
        let (at, length) = self.bytes();
        let mut number = 0;
        let place = &raw mut number;
        match self.input.byte() % 9 {
            0 => call!(C_GetOperationState(session, at, place)),
            1 => call!(C_SetOperationState(session, at, length, 0, 0)),
            2 => call!(C_SeedRandom(session, at, length)),
            3 => {
                let mut random = vec![0; self.input.byte().into()];
                let length = random.len() as CK_ULONG;
                call!(C_GenerateRandom(session, random.as_mut_ptr(), length))
            }
            4 => call!(C_GenerateRandom(session, null_mut(), self.input.number())),
            5 => call!(C_GetFunctionStatus(session)),
            6 => call!(C_WaitForSlotEvent(CKF_DONT_BLOCK, place, null_mut())),
            7 => call!(C_InitToken(self.slot(), at, length, null_mut())),
            _ => call!(C_AsyncGetID(session, at, place)),
        }
    }

    fn search(&mut self) -> CK_RV {
        let session = self.session();
        match self.input.byte() % 4 {
            0 => {
                let mut template = self.template();
                call!(C_FindObjectsInit(session, template.pointer(), template.count()))
            }
            1 => call!(C_FindObjectsFinal(session)),
            _ => {
                let mut found = vec![0; self.input.byte().into()];
                let (most, mut count) = (found.len() as CK_ULONG, 0);
                let rv = call!(C_FindObjects(session, found.as_mut_ptr(), most, &raw mut count));
                assert!(count <= most);
                rv
            }
        }
    }

    fn read_or_change(&mut self) -> CK_RV {
        let (session, object) = (self.session(), self.object());
        let mut template = self.template();
        let (list, count) = (template.pointer(), template.count());
        match self.input.byte() % 4 {
            0 if !self.token.has(object) => call!(C_DestroyObject(session, object)),
            1 if !self.token.has(object) => {
                call!(C_SetAttributeValue(session, object, list, count))
            }
            2 => {
                let mut made = 0;
                let rv = call!(C_CopyObject(session, object, list, count, &raw mut made));
                self.keep(rv, made)
            }
            _ => call!(C_GetAttributeValue(session, object, list, count)),
        }
    }

    fn create(&mut self) -> CK_RV {
        let session = self.session();
        let mut template = self.template();
        let (list, count) = (template.pointer(), template.count());
        let mut made = 0;
        let rv = call!(C_CreateObject(session, list, count, &raw mut made));
        self.keep(rv, made)
    }

    fn generate(&mut self) -> CK_RV {
        let session = self.session();
        let (mut public, mut private) = (self.template(), self.template());
        let (list, count) = (public.pointer(), public.count());
        let mut made = Pair { public: 0, private: 0 };
        let rv = if self.input.flag() {
            let mut kind =
                mechanism(self.input.pick(&[CKM_AES_KEY_GEN, CKM_GENERIC_SECRET_KEY_GEN]));
            call!(C_GenerateKey(session, &raw mut kind, list, count, &raw mut made.public))
        } else {
            let kinds = [CKM_EC_KEY_PAIR_GEN, CKM_ML_KEM_KEY_PAIR_GEN];
            let mut kind = mechanism(self.input.pick(&kinds));
            call!(C_GenerateKeyPair(
                session,
                &raw mut kind,
                list,
                count,
                private.pointer(),
                private.count(),
                &raw mut made.public,
                &raw mut made.private,
            ))
        };
        self.keep(rv, made.public);
        self.keep(rv, made.private)
    }

    fn begin(&mut self) -> CK_RV {
        let (kind, session, key) = (self.input.pick(&KINDS), self.session(), self.object());
        match self.input.byte() % 8 {
            0 => kind.begin(session, null_mut(), key, (null_mut(), 0)),
            1 => call!(C_SessionCancel(session, self.input.number() << self.input.below(32))),
            2..=4 => {
                let mut mechanism = self.mechanism();
                let signature = self.bytes();
                kind.begin(session, mechanism.pointer(), key, signature)
            }
            _ => {
                let (fitting, place) = self.input.pick(&FITTING);
                let Pair { public, private } = self.token.keys[place];
                let key = if kind.takes_public() { public } else { private };
                let (mut mechanism, signature) = (mechanism(fitting), self.bytes());
                kind.begin(session, &raw mut mechanism, key, signature)
            }
        }
    }

    fn go_on(&mut self) -> CK_RV {
        let (kind, stage) = (self.input.pick(&KINDS), self.input.pick(&STAGES));
        let session = self.session();
        let (data, signature, buffer) = (self.bytes(), self.bytes(), self.buffer());
        kind.go_on(stage, session, data, signature, buffer)
    }

    fn two_at_once(&mut self) -> CK_RV {
        let session = self.session();
        let ((data, length), mut buffer) = (self.bytes(), self.buffer());
        let (to, most) = (buffer.pointer(), buffer.length());
        let rv = match self.input.byte() % 5 {
            0 => call!(C_DigestEncryptUpdate(session, data, length, to, most)),
            1 => call!(C_DecryptDigestUpdate(session, data, length, to, most)),
            2 => call!(C_SignEncryptUpdate(session, data, length, to, most)),
            3 => call!(C_DecryptVerifyUpdate(session, data, length, to, most)),
            _ => return call!(C_DigestKey(session, self.object())),
        };
        buffer.written(rv);
        rv
    }

    fn wrap(&mut self) -> CK_RV {
        let (session, key) = (self.session(), self.object());
        let mut mechanism = self.mechanism();
        if self.input.flag() {
            let (other, mut buffer) = (self.object(), self.buffer());
            let (to, most) = (buffer.pointer(), buffer.length());
            let rv = call!(C_WrapKey(session, mechanism.pointer(), key, other, to, most));
            buffer.written(rv);
            return rv;
        }
        let ((wrapped, length), mut template) = (self.bytes(), self.template());
        let mut made = 0;
        let rv = call!(C_UnwrapKey(
            session,
            mechanism.pointer(),
            key,
            wrapped,
            length,
            template.pointer(),
            template.count(),
            &raw mut made,
        ));
        self.keep(rv, made)
    }

    fn derive(&mut self) -> CK_RV {
        let (session, key) = (self.session(), self.object());
        let (mut mechanism, mut template) = (self.mechanism(), self.template());
        let (kind, list, count) = (mechanism.pointer(), template.pointer(), template.count());
        let mut made = 0;
        let rv = match self.input.byte() % 3 {
            0 => call!(C_DeriveKey(session, kind, key, list, count, &raw mut made)),
            1 => {
                let mut buffer = self.buffer();
                let (to, most) = (buffer.pointer(), buffer.length());
                let place = &raw mut made;
                let rv = call!(C_EncapsulateKey(session, kind, key, list, count, to, most, place));
                buffer.written(rv);
                rv
            }
            _ => {
                let (sent, length) = self.bytes();
                let place = &raw mut made;
                call!(C_DecapsulateKey(session, kind, key, list, count, sent, length, place))
            }
        };
        self.keep(rv, made)
    }

    fn message_cipher(&mut self) -> CK_RV {
        let session = self.session();
        let how = self.input.byte() % 10;
        if how < 2 {
            let (mut mechanism, key) = (self.mechanism(), self.object());
            let kind = mechanism.pointer();
            return if how == 0 {
                call!(C_MessageEncryptInit(session, kind, key))
            } else {
                call!(C_MessageDecryptInit(session, kind, key))
            };
        }
        let mut message = GcmMessage::read(&mut self.input);
        let (parameter, size) = (message.pointer(), message.length());
        let ((aad, aad_length), (data, length)) = (self.bytes(), self.bytes());
        let mut buffer = self.buffer();
        let (to, most) = (buffer.pointer(), buffer.length());
        let rv = match how {
            2 => call!(C_EncryptMessage(
                session, parameter, size, aad, aad_length, data, length, to, most
            )),
            3 => call!(C_DecryptMessage(
                session, parameter, size, aad, aad_length, data, length, to, most
            )),
            4 => return call!(C_EncryptMessageBegin(session, parameter, size, aad, aad_length)),
            5 => return call!(C_DecryptMessageBegin(session, parameter, size, aad, aad_length)),
            6 => {
                let flags = self.input.byte().into();
                call!(C_EncryptMessageNext(session, parameter, size, data, length, to, most, flags))
            }
            7 => {
                let flags = self.input.byte().into();
                call!(C_DecryptMessageNext(session, parameter, size, data, length, to, most, flags))
            }
            8 => return call!(C_MessageEncryptFinal(session)),
            _ => return call!(C_MessageDecryptFinal(session)),
        };
        buffer.written(rv);
        rv
    }

    fn message_signature(&mut self) -> CK_RV {
        let session = self.session();
        let how = self.input.byte() % 10;
        if how < 2 {
            let (mut mechanism, key) = (self.mechanism(), self.object());
            let kind = mechanism.pointer();
            return if how == 0 {
                call!(C_MessageSignInit(session, kind, key))
            } else {
                call!(C_MessageVerifyInit(session, kind, key))
            };
        }
        let ((data, length), (signature, size)) = (self.bytes(), self.bytes());
        let mut buffer = self.buffer();
        let (to, most) = (buffer.pointer(), buffer.length());
        let none = null_mut();
        let rv = match how {
            2 => call!(C_SignMessage(session, none, 0, data, length, to, most)),
            3 => return call!(C_VerifyMessage(session, none, 0, data, length, signature, size)),
            4 => return call!(C_SignMessageBegin(session, none, 0)),
            5 => return call!(C_VerifyMessageBegin(session, none, 0)),
            6 if self.input.flag() => {
                return call!(C_SignMessageNext(
                    session,
                    none,
                    0,
                    data,
                    length,
                    none.cast(),
                    none.cast()
                ));
            }
            6 => call!(C_SignMessageNext(session, none, 0, data, length, to, most)),
            7 => {
                return call!(C_VerifyMessageNext(session, none, 0, data, length, signature, size));
            }
            8 => return call!(C_MessageSignFinal(session)),
            _ => return call!(C_MessageVerifyFinal(session)),
        };
        buffer.written(rv);
        rv
    }
}
