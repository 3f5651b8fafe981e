//! The list of checks.

use crate::{checks, target::Target, verdict::Verdict};

/// One check.
pub struct Check {
    /// What it belongs to.
    pub group: &'static str,
    /// Its name in the group.
    pub name: &'static str,
    /// Where the standard says what is checked; empty where it is what programs need beyond it.
    pub section: &'static str,
    /// What a module that passes does.
    pub about: &'static str,
    run: fn(&Target) -> Verdict,
}

impl Check {
    pub(crate) const fn new(
        group: &'static str,
        name: &'static str,
        section: &'static str,
        about: &'static str,
        run: fn(&Target) -> Verdict,
    ) -> Self {
        Check { group, name, section, about, run }
    }

    /// `group/name`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }

    /// Whether `choice` is this check's name, its group's or both.
    pub fn is_chosen_by(&self, choice: &str) -> bool {
        choice == self.group || choice == self.name || choice == self.id()
    }

    /// Runs it, once in a process. Passing may come with a remark.
    ///
    /// # Errors
    /// When it does not pass, or cannot be run.
    pub fn run(&self, target: &Target) -> Verdict {
        (self.run)(target)
    }
}

/// All checks, group by group.
pub fn all() -> impl Iterator<Item = &'static Check> {
    checks::GROUPS.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_name_means_one_check_or_one_group() {
        let groups: HashSet<_> = all().map(|check| check.group).collect();
        let mut names = HashSet::new();
        for check in all() {
            assert!(names.insert(check.name), "{} twice", check.name);
            assert!(!groups.contains(check.name), "{} is a group too", check.name);
        }
    }

    #[test]
    fn the_page_says_what_each_check_says_of_itself() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/p11-check.md");
        let page = std::fs::read_to_string(path).unwrap();
        let documented: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .filter(|(id, _)| id.contains('/'))
            .map(|(id, rest)| (id.to_owned(), rest.split(" |").next().unwrap().to_owned()))
            .collect();
        let checks: Vec<_> = all().map(|check| (check.id(), check.about.to_owned())).collect();
        assert_eq!(documented, checks);
    }

    #[test]
    fn a_check_is_chosen_by_its_group_its_name_and_both() {
        let check = all().find(|check| check.name == "finalize-twice").unwrap();
        for choice in ["life", "finalize-twice", "life/finalize-twice"] {
            assert!(check.is_chosen_by(choice), "{choice}");
        }
        assert!(!check.is_chosen_by("fork/finalize-twice"));
    }
}
