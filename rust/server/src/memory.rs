//! Keeps the process's memory where it is: out of swap, out of core dumps, out of reach of other
//! processes of the same user.
#![allow(unsafe_code)]

use std::io;

use supacrypt_core::{Error, Reason, Result};

/// What to do about memory that cannot be locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryLock {
    /// Refuse to start.
    Require,
    /// Go on, and say so in the log.
    #[default]
    Try,
    /// Do not lock.
    Off,
}

/// Hardens this process for good: all memory, now and later, is locked as it is touched (mlockall
/// with `MCL_ONFAULT`), core dumps are off, and the process cannot be traced or read by others
/// (`PR_SET_DUMPABLE`). Returns whether memory is locked.
///
/// # Errors
/// [`Reason::Configuration`] when `lock` is [`MemoryLock::Require`] and locking fails, mostly
/// because of the limit `RLIMIT_MEMLOCK`; [`Reason::Internal`] when dumps cannot be turned off.
pub fn harden(lock: MemoryLock) -> Result<bool> {
    forbid_dumps().map_err(|error| Error::new(Reason::Internal, format!("core dumps: {error}")))?;
    if lock == MemoryLock::Off {
        return Ok(false);
    }
    match lock_all() {
        Ok(()) => Ok(true),
        Err(_) if lock == MemoryLock::Try => Ok(false),
        Err(error) => Err(Error::new(
            Reason::Configuration,
            format!(
                "memory cannot be locked: {error}. Raise the limit (LimitMEMLOCK=infinity in a \
                 systemd unit, `ulimit -l` in a shell) or set memory.lock to \"try\""
            ),
        )),
    }
}

fn forbid_dumps() -> io::Result<()> {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is a valid structure that the kernel only reads.
    check(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) })?;
    // SAFETY: takes integers only.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) })
}

fn lock_all() -> io::Result<()> {
    let flags = libc::MCL_CURRENT | libc::MCL_FUTURE | libc::MCL_ONFAULT;
    // SAFETY: takes an integer only.
    check(unsafe { libc::mlockall(flags) })
}

fn check(code: libc::c_int) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
