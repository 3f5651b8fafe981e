//! How much memory this process has.

use anyhow::Context;

/// Resident memory in bytes.
pub(super) fn resident() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc is not there")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 =
        kib.and_then(|kib| kib.parse().ok()).context("/proc/self/status has no VmRSS")?;
    Ok(kib * 1024)
}
