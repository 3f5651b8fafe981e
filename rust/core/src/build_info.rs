//! What a program says of itself when it is asked for its version.

use std::{env::consts, fmt};

/// A build of a program. Displayed as the text of `--version`, without the program's name.
#[derive(Clone, Debug)]
pub struct BuildInfo {
    /// Its version.
    pub version: &'static str,
    /// What it was built from; known to releases only.
    pub commit: Option<&'static str>,
    /// What it can do, in words for people.
    pub features: Vec<String>,
}

impl BuildInfo {
    /// The system and the processor that it is for.
    pub const SYSTEM: (&'static str, &'static str) = (consts::OS, consts::ARCH);
}

impl fmt::Display for BuildInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BuildInfo { version, commit, features } = self;
        let commit = commit.unwrap_or("unknown: this is not a release");
        let (system, processor) = Self::SYSTEM;
        writeln!(formatter, "{version}")?;
        writeln!(formatter, "commit:   {commit}")?;
        writeln!(formatter, "system:   {system}, {processor}")?;
        write!(formatter, "features: {}", features.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_a_commit_says_so() {
        let build = |commit| BuildInfo { version: "1.2.3", commit, features: vec!["a".into()] };
        assert!(build(Some("abc")).to_string().contains("commit:   abc\n"));
        assert!(build(None).to_string().contains("not a release"));
    }
}
