//! What a client is told of Wycheproof's vectors, by each mechanism that the module offers. Keys are
//! session objects, whose operations are those that the engine does for the backend as well.
#![allow(unsafe_code, reason = "functions of C are called")]

#[path = "wycheproof/client.rs"]
mod client;
mod common;
#[path = "wycheproof/mac.rs"]
mod mac;
#[path = "wycheproof/verdicts.rs"]
mod verdicts;

fn main() {
    common::run(&[("macs_are_judged_as_wycheproof_says", mac::judge)]);
}
