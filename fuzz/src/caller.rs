//! An application that calls the module in any order, as the fuzzer's bytes want it.

mod lifetime;
mod messages;
mod objects;
mod operations;
mod questions;

use std::ptr::null_mut;

use cryptoki_sys::*;

use crate::{
    buffer::Buffer, input::Input, keys::Pair, mechanisms::Mechanism, module, operations::Bytes,
    templates::Template, token::Token,
};

/// The most calls of an input.
const MOST: usize = 64;
/// How many sessions an input keeps apart.
const SESSIONS: usize = 3;

/// An application.
struct Caller<'a> {
    input: Input<'a>,
    token: &'a mut Token,
    sessions: [CK_SESSION_HANDLE; SESSIONS],
    /// What it made since the module was initialized, whether that is still there or not.
    made: Vec<CK_OBJECT_HANDLE>,
    initialized: bool,
}

/// Makes the calls that the bytes stand for.
pub fn run(bytes: &[u8], token: &mut Token) {
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
}
