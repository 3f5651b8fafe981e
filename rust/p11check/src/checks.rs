//! The checks, group by group.

mod arguments;
mod find;
mod fork;
mod handles;
mod info;
mod lengths;
mod life;
mod restart;
mod threads;

use crate::check::Check;

/// All groups, in the order in which they are run.
pub(crate) const GROUPS: &[&[Check]] = &[
    life::CHECKS,
    fork::CHECKS,
    threads::CHECKS,
    handles::CHECKS,
    lengths::CHECKS,
    arguments::CHECKS,
    find::CHECKS,
    info::CHECKS,
    restart::CHECKS,
];
