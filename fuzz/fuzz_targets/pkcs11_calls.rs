//! Calls of the PKCS#11 module in any order, with handles that are valid, old or guessed and buffers
//! of any length, against a backend that runs. Without initialization each call says so; operations
//! are there exactly as long as they should be; nothing is written beyond a buffer.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use supacrypt_fuzz::{caller, token::Token};

thread_local! {
    static TOKEN: RefCell<Token> = RefCell::new(Token::new());
}

fuzz_target!(|bytes: &[u8]| {
    TOKEN.with_borrow_mut(|token| caller::run(bytes, token));
});
