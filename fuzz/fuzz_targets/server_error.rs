//! Errors as they come from a server, ours or one that claims to be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use supacrypt_proto::{error_from_rpc_status, rpc_status};

fuzz_target!(|bytes: &[u8]| {
    let Ok(wire) = tonic_types::Status::decode(bytes) else { return };
    let error = error_from_rpc_status(&wire);
    assert_eq!(error_from_rpc_status(&rpc_status(&error)).reason(), error.reason());
});
