//! Forking.

use std::{
    io::{PipeReader, Read, Write, pipe},
    os::unix::process::ExitStatusExt,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitStatus,
    time::Duration,
};

use crate::verdict::{Stop, Verdict};

/// The longest text that a child hands over, in bytes; a pipe holds as many without a reader.
const LONGEST_TEXT: usize = 2048;

/// A child made by [`fork`].
#[must_use = "a child that nobody waits for cannot fail"]
pub(crate) struct Forked {
    process: libc::pid_t,
    verdict: PipeReader,
}

/// Ends this process with a signal when `limit` has passed, in whole seconds and at least one: a
/// child that hangs shall not outlive who waits for it.
pub fn end_after(limit: Duration) {
    let seconds = libc::c_uint::try_from(limit.as_secs().max(1)).unwrap_or(libc::c_uint::MAX);
    // SAFETY: takes no pointers.
    unsafe { libc::alarm(seconds) };
}

/// Runs `work` in a child of this process, which has `limit` for it.
///
/// # Errors
/// When the system makes no child.
pub(crate) fn fork(limit: Duration, work: impl FnOnce() -> Verdict) -> Result<Forked, Stop> {
    let unable = |error: std::io::Error| Stop::Skipped(format!("cannot fork: {error}"));
    let (verdict, mut hand_over) = pipe().map_err(unable)?;
    // SAFETY: forking has no condition. A child of several threads must take no lock that another
    // thread may have held; the system sees to its allocator's, and the module's are what is checked.
    let process = unsafe { libc::fork() };
    if process < 0 {
        return Err(unable(std::io::Error::last_os_error()));
    }
    if process == 0 {
        end_after(limit);
        let outcome = catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(Stop::Failed("the child panicked".to_owned())));
        let (tag, text) = match outcome {
            Ok(text) => (b'p', text),
            Err(Stop::Failed(text)) => (b'f', text),
            Err(Stop::Skipped(text)) => (b's', text),
        };
        let end = text.floor_char_boundary(LONGEST_TEXT);
        // Without it the parent takes the child for one that crashed.
        let written = hand_over.write_all(&[&[tag], &text.as_bytes()[..end]].concat());
        // SAFETY: ends the child at once, so that it does not clean up after its parent.
        unsafe { libc::_exit(i32::from(written.is_err())) };
    }
    Ok(Forked { process, verdict })
}

impl Forked {
    /// Waits for the child's end and answers its verdict; `who` is what to call it. One that
    /// crashes or hangs has failed.
    pub(crate) fn verdict(mut self, who: &str) -> Verdict {
        let mut status = 0;
        // SAFETY: the child is ours and nobody else waits for it; the status can be written.
        let waited = unsafe { libc::waitpid(self.process, &raw mut status, 0) };
        let status = ExitStatus::from_raw(status);
        if waited == self.process && status.signal() == Some(libc::SIGALRM) {
            return Err(Stop::Failed(format!("{who} hung")));
        }
        if waited != self.process || !status.success() {
            return Err(Stop::Failed(format!("{who} ended with {status}")));
        }
        let mut text = [0; LONGEST_TEXT + 1];
        // One read: it was one write, and a grandchild may still have the other end open.
        let length = self.verdict.read(&mut text).unwrap_or(0);
        let Some((tag, text)) = text[..length].split_first() else {
            return Err(Stop::Failed(format!("{who} left without a word")));
        };
        let text = String::from_utf8_lossy(text).into_owned();
        match tag {
            b'p' => Ok(text),
            b's' => Err(Stop::Skipped(format!("{who}: {text}"))),
            _ => Err(Stop::Failed(format!("{who}: {text}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[test]
    fn the_verdict_of_a_child_is_its_parents() {
        let said = |work: fn() -> Verdict| fork(LIMIT, work).unwrap().verdict("the child");
        assert_eq!(said(|| Ok("so".to_owned())), Ok("so".to_owned()));
        let failed = Stop::Failed("the child: why".to_owned());
        assert_eq!(said(|| Err(Stop::Failed("why".to_owned()))), Err(failed));
    }

    #[test]
    fn a_child_that_crashes_or_hangs_has_failed() {
        let crashed = fork(LIMIT, || std::process::abort()).unwrap().verdict("the child");
        let Err(Stop::Failed(why)) = crashed else { panic!("{crashed:?}") };
        assert!(why.contains("SIGABRT"), "{why}");
        let hung = fork(Duration::from_secs(1), || {
            loop {
                std::thread::park();
            }
        });
        assert_eq!(hung.unwrap().verdict("the child"), Err(Stop::Failed("the child hung".into())));
    }
}
