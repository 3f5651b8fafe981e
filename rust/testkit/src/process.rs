//! Processes that fork, and what a process holds at the moment. Linux: it reads procfs.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    ptr,
};

/// Who has no rights on Linux.
const NOBODY: libc::uid_t = 65534;

/// A child that hangs is ended after this many seconds, and has failed.
const HANGS: libc::c_uint = 60;

/// A child made by fork.
#[must_use = "a child that nobody waits for cannot fail"]
pub struct Forked(libc::pid_t);

/// Runs `work` in a child of this process.
///
/// # Panics
/// When the system makes no child.
#[allow(unsafe_code, reason = "forking is what is tested")]
pub fn fork(work: impl FnOnce()) -> Forked {
    // SAFETY: forking has no condition. A child of several threads must take no lock that another
    // thread may have held; those of the system's allocator are seen to, the others are tested.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork");
    if child == 0 {
        // SAFETY: no handler is set, so that the signal ends the process.
        unsafe { libc::alarm(HANGS) };
        let outcome = catch_unwind(AssertUnwindSafe(work));
        // SAFETY: ends the child at once, so that it does not clean up after its parent.
        unsafe { libc::_exit(i32::from(outcome.is_err())) };
    }
    Forked(child)
}

impl Forked {
    /// Waits for the child's end, and tells whether its work was done without a panic.
    #[allow(unsafe_code, reason = "forking is what is tested")]
    pub fn succeeded(self) -> bool {
        let mut status = -1;
        // SAFETY: the child is ours, and the status can be written.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        waited == self.0 && libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
    }
}

/// Loses the right to read `file`, for good: root becomes nobody, anybody else takes it from themselves.
///
/// # Panics
/// When that fails.
#[allow(unsafe_code, reason = "only the system can change who a process is")]
pub fn lose_right_to(file: &Path) {
    // SAFETY: these have no condition.
    let lost = unsafe {
        if libc::geteuid() == 0 {
            libc::setgroups(0, ptr::null()) == 0
                && libc::setgid(NOBODY) == 0
                && libc::setuid(NOBODY) == 0
        } else {
            fs::set_permissions(file, fs::Permissions::from_mode(0o0)).is_ok()
        }
    };
    assert!(lost && fs::read(file).is_err(), "{} can still be read", file.display());
}

/// How many threads this process has.
pub fn threads() -> usize {
    entries("/proc/self/task")
}

/// How many descriptors this process has open. Counting opens one more, each time.
pub fn descriptors() -> usize {
    entries("/proc/self/fd")
}

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).expect("procfs").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_panics_has_failed() {
        assert!(fork(|| {}).succeeded());
        assert!(!fork(|| panic!("on purpose")).succeeded());
    }
}
