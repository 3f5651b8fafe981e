//! Page tokens: one that no page gave out is refused, whatever the listing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use supacrypt_core::Reason;
use supacrypt_server::store::PageQuery;

fuzz_target!(|input: (&[u8], &str)| {
    let (query, token) = input;
    match PageQuery::new(query, 10, token) {
        Ok(page) => assert!(token.is_empty() && page.after.is_empty()),
        Err(error) => assert_eq!(error.reason(), Reason::InvalidPageToken),
    }
});
