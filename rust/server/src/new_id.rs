//! Ids for what its maker gave none.

use supacrypt_core::{MAX_ID_LEN, ResourceId, Result};

use crate::store;

/// An id that people recognize: the label's letters and digits, or `otherwise` when it has none, and
/// six random characters.
///
/// # Errors
/// [`Reason::Internal`](supacrypt_core::Reason::Internal).
pub(crate) fn id_from_label(label: &str, otherwise: &str) -> Result<ResourceId> {
    const LONGEST_SLUG: usize = MAX_ID_LEN - 7;
    let mut slug = String::new();
    for character in label.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == LONGEST_SLUG {
            break;
        }
    }
    let slug = match slug.trim_end_matches('-') {
        "" => otherwise,
        slug => slug,
    };
    format!("{slug}-{}", store::random_text(6)?).parse()
}
