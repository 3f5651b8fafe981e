//! Pages of a listing.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use supacrypt_core::{Digest, Error, Reason, Result};

/// One page of a listing.
#[derive(Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The token of the next page; empty on the last one.
    pub next_page_token: String,
}

/// Which page of a listing is wanted. The order is that of the items' ids.
#[derive(Clone, Debug)]
pub struct PageQuery {
    /// At most this many items, at least one.
    pub size: usize,
    /// After the item with this id; empty for the first page.
    pub after: String,
    fingerprint: [u8; FINGERPRINT_LEN],
}

const FINGERPRINT_LEN: usize = 8;

impl PageQuery {
    /// Reads `token`, which must come from a page of the same listing: one with the same `query`,
    /// whatever describes it.
    ///
    /// # Errors
    /// [`Reason::InvalidPageToken`].
    pub fn new(query: &[u8], size: usize, token: &str) -> Result<Self> {
        let mut fingerprint = [0; FINGERPRINT_LEN];
        let digest = supacrypt_crypto::digest(Digest::Sha256, query);
        fingerprint.copy_from_slice(&digest[..FINGERPRINT_LEN]);
        let mut page = PageQuery { size: size.max(1), after: String::new(), fingerprint };
        if !token.is_empty() {
            let invalid = || {
                Error::new(
                    Reason::InvalidPageToken,
                    "the page token does not come from the page before of the same listing",
                )
                .in_field("page_token")
            };
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
            let after = bytes.strip_prefix(&fingerprint).ok_or_else(invalid)?;
            page.after = String::from_utf8(after.to_vec()).map_err(|_| invalid())?;
        }
        Ok(page)
    }

    /// One row more than the page holds tells whether another page follows.
    pub(super) fn limit(&self) -> i64 {
        i64::try_from(self.size + 1).unwrap_or(i64::MAX)
    }

    /// Makes a page of up to [`limit`](Self::limit) items.
    pub(super) fn page<T>(&self, mut items: Vec<T>, id: impl Fn(&T) -> String) -> Page<T> {
        let more = items.len() > self.size;
        items.truncate(self.size);
        self.part(items, more, id)
    }

    /// Makes a page of these items, which `more` follow or not.
    pub(super) fn part<T>(&self, items: Vec<T>, more: bool, id: impl Fn(&T) -> String) -> Page<T> {
        let next_page_token = match items.last() {
            Some(last) if more => {
                let token = [&self.fingerprint, id(last).as_bytes()].concat();
                BASE64_URL_SAFE_NO_PAD.encode(token)
            }
            _ => String::new(),
        };
        Page { items, next_page_token }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_continues_its_own_listing_only() {
        let first = PageQuery::new(b"keys of dev", 2, "").unwrap();
        let page = first.page(vec!["a", "b", "c"], ToString::to_string);
        assert_eq!(page.items, ["a", "b"]);
        let second = PageQuery::new(b"keys of dev", 2, &page.next_page_token).unwrap();
        assert_eq!(second.after, "b");
        assert_eq!(second.page(vec!["c"], ToString::to_string).next_page_token, "");
        for (query, token) in
            [(&b"keys of prod"[..], page.next_page_token.as_str()), (b"keys of dev", "garbage")]
        {
            let error = PageQuery::new(query, 2, token).unwrap_err();
            assert_eq!(error.reason(), Reason::InvalidPageToken);
        }
    }
}
