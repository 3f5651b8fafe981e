//! Which page of a listing a request asks for.

use prost::Message;
use supacrypt_core::Result;
use supacrypt_proto::limits;

use crate::store::PageQuery;

/// The page after `page_token`. `query` is the request without what names the page, and ties the
/// tokens to it.
///
/// # Errors
/// [`Reason::InvalidPageToken`](supacrypt_core::Reason::InvalidPageToken).
pub(super) fn page(query: &impl Message, page_size: i32, page_token: &str) -> Result<PageQuery> {
    let size = match usize::try_from(page_size) {
        Ok(0) | Err(_) => limits::DEFAULT_PAGE,
        Ok(size) => size.min(limits::MAX_PAGE),
    };
    PageQuery::new(&query.encode_to_vec(), size, page_token)
}
