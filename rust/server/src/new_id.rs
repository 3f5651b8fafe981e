//! Ids for what its maker gave none.

use supacrypt_core::{MAX_ID_LEN, ResourceId, Result};

use crate::store;

/// An id that people recognize: the label's letters and digits, or `otherwise` when it has none, and
/// random characters: so many that among millions of one label no two are the same.
///
/// # Errors
/// [`Reason::Internal`](supacrypt_core::Reason::Internal).
pub(crate) fn id_from_label(label: &str, otherwise: &str) -> Result<ResourceId> {
    const RANDOM: usize = 12;
    const LONGEST_SLUG: usize = MAX_ID_LEN - RANDOM - 1;
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
    format!("{slug}-{}", store::random_text(RANDOM)?).parse()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_of_one_label_are_recognized_and_never_the_same() {
        let ids: HashSet<_> =
            (0..100_000).map(|_| id_from_label("TLS, www", "key").unwrap().to_string()).collect();
        assert_eq!(ids.len(), 100_000);
        assert!(ids.iter().all(|id| id.starts_with("tls-www-")));
        let long = id_from_label(&"x".repeat(200), "key").unwrap();
        assert_eq!(long.as_str().len(), MAX_ID_LEN);
    }
}
