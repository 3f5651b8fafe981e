//! Processes that fork, and what a process holds at the moment. Linux: it reads procfs.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

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

/// Loses the right to read `file`, for good: nobody has it by the file's mode, and what lets root read
/// all the same is given up. Becoming somebody else would do, too, but where root is root of a container
/// only there may be nobody else.
///
/// # Panics
/// When that fails.
#[allow(unsafe_code, reason = "only the system can take rights away")]
pub fn lose_right_to(file: &Path) {
    /// `_LINUX_CAPABILITY_VERSION_3`, for which capabilities are two sets of three words.
    const VERSION: u32 = 0x2008_0522;
    let header: [u32; 2] = [VERSION, 0];
    let none = [0_u32; 6];
    fs::set_permissions(file, fs::Permissions::from_mode(0o0)).expect("the file is ours");
    // SAFETY: both are of the version's sizes, and the system only reads them.
    let lost = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
    assert!(lost == 0 && fs::read(file).is_err(), "{} can still be read", file.display());
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
