//! What is left in the process after `C_Finalize`. Linux: it reads procfs.

use std::{
    collections::HashSet,
    fs, thread,
    time::{Duration, Instant},
};

use super::use_it;
use crate::{
    application::Application,
    target::Target,
    verdict::{Verdict, ensure, passed, skipped},
};

/// How long a thread that has ended may still be listed.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn threads(target: &Target) -> Verdict {
    let Some(before) = count_threads() else { return skipped("counting threads needs Linux") };
    let application = Application::start(target)?;
    use_it(&application)?;
    let used = count_threads().unwrap_or_default();
    application.module.finalize()?;
    let finalized = Instant::now();
    let left = loop {
        let left = count_threads().unwrap_or_default().saturating_sub(before);
        if left == 0 || finalized.elapsed() > PATIENCE {
            break left;
        }
        thread::sleep(Duration::from_millis(5));
    };
    ensure(left == 0, || format!("{left} threads are left"))?;
    match used.saturating_sub(before) {
        0 => passed(),
        started => Ok(format!("starts {started} threads, and ends them")),
    }
}

pub(super) fn descriptors(target: &Target) -> Verdict {
    let Some(before) = open_files() else { return skipped("listing descriptors needs Linux") };
    let mut application = Application::start(target)?;
    let mut rounds = Vec::new();
    for round in 0..3 {
        if round > 0 {
            application.initialize_again()?;
        }
        use_it(&application)?;
        application.module.finalize()?;
        rounds.push(open_files().unwrap_or_default());
    }
    let left: Vec<_> = rounds[2].difference(&before).collect();
    let connections = connections();
    let left_connected = left.iter().filter(|(_, file)| connections.contains(file)).count();
    ensure(left_connected == 0, || format!("{left_connected} connections are left open"))?;
    let growth = rounds[2].len().saturating_sub(rounds[0].len());
    ensure(growth == 0, || format!("two more rounds left {growth} more descriptors open"))?;
    match &left[..] {
        [] => passed(),
        left => {
            let files: Vec<_> = left.iter().map(|(_, file)| file.as_str()).collect();
            Ok(format!("keeps open: {}", files.join(", ")))
        }
    }
}

fn count_threads() -> Option<usize> {
    Some(fs::read_dir("/proc/self/task").ok()?.count())
}

/// The number of each descriptor, and its file in the words of procfs.
fn open_files() -> Option<HashSet<(String, String)>> {
    let entries = fs::read_dir("/proc/self/fd").ok()?;
    // The one that reads this list is closed by the time it is looked at.
    let file = |entry: fs::DirEntry| {
        let file = fs::read_link(entry.path()).ok()?;
        let name = entry.file_name();
        (!file.starts_with("/proc"))
            .then(|| (name.to_string_lossy().into_owned(), file.to_string_lossy().into_owned()))
    };
    Some(entries.flatten().filter_map(file).collect())
}

/// The sockets of TCP that there are, as descriptors name them.
fn connections() -> HashSet<String> {
    let table = |name| fs::read_to_string(format!("/proc/self/net/{name}")).unwrap_or_default();
    let inode = |line: &str| Some(format!("socket:[{}]", line.split_whitespace().nth(9)?));
    ["tcp", "tcp6"].map(table).iter().flat_map(|table| table.lines().filter_map(inode)).collect()
}
