//! The results for people: a table, and what they mean against our aims.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use crate::options::SubjectKind;
use crate::plan::{Outcome, Workload};
use crate::protocol::{Algorithm, By};

/// One row for each figure of each subject. Markdown, so that it can go into a document.
pub(crate) fn table(outcomes: &[Outcome]) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    table.set_header(["what", "who", "a second", "p50", "p99", "grown by", "we are"]);
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut shown = None;
    for outcome in outcomes {
        let first = shown != Some(outcome.workload);
        shown = Some(outcome.workload);
        table.add_row([
            if first { outcome.workload.to_string() } else { String::new() },
            who(outcome),
            grouped(outcome.figures.per_second),
            time(outcome.figures.p50_us),
            time(outcome.figures.p99_us),
            outcome.grown.map_or(String::new(), |bytes| format!("{:.1} MiB", mib(bytes))),
            times_faster(outcomes, outcome).map_or(String::new(), |times| format!("{times:.2} ×")),
        ]);
    }
    table
}

/// What the table has to show for us to be content.
struct Aim {
    workload: Workload,
    bound: Bound,
}

enum Bound {
    /// So many times as fast as this peer.
    TimesFaster(SubjectKind, f64),
    /// A median of at most so many microseconds.
    MedianUs(f64),
    /// A process that grows by less than so many MiB.
    GrownMib(f64),
}

const fn sign(algorithm: Algorithm, threads: usize) -> Workload {
    Workload::Sign { algorithm, threads }
}

const fn find_by(by: By, keys: usize) -> Workload {
    Workload::Find { keys, by }
}

const AIMS: [Aim; 10] = [
    Aim { workload: sign(Algorithm::P256, 1), bound: Bound::MedianUs(120.0) },
    Aim {
        workload: sign(Algorithm::P256, 8),
        bound: Bound::TimesFaster(SubjectKind::Softhsm, 1.0),
    },
    Aim { workload: sign(Algorithm::P256, 8), bound: Bound::TimesFaster(SubjectKind::P11Kit, 3.0) },
    Aim {
        workload: sign(Algorithm::P256, 32),
        bound: Bound::TimesFaster(SubjectKind::Softhsm, 1.3),
    },
    Aim {
        workload: sign(Algorithm::Rsa2048, 8),
        bound: Bound::TimesFaster(SubjectKind::Softhsm, 3.0),
    },
    Aim { workload: find_by(By::Label, 10_000), bound: Bound::MedianUs(1_000.0) },
    Aim { workload: find_by(By::Label, 100_000), bound: Bound::MedianUs(1_000.0) },
    Aim { workload: find_by(By::Id, 100_000), bound: Bound::MedianUs(1_000.0) },
    Aim { workload: Workload::List { keys: 100_000 }, bound: Bound::GrownMib(20.0) },
    Aim { workload: Workload::Initialize, bound: Bound::MedianUs(50_000.0) },
];

/// One line for each aim that was measured.
pub(crate) fn verdicts(outcomes: &[Outcome]) -> Vec<String> {
    AIMS.iter().filter_map(|aim| verdict(outcomes, aim)).collect()
}

fn verdict(outcomes: &[Outcome], aim: &Aim) -> Option<String> {
    let (met, wanted, found) = match aim.bound {
        Bound::TimesFaster(peer, times) => {
            let theirs = find(outcomes, aim.workload, peer)?;
            let found = times_faster(outcomes, theirs)?;
            let wanted = format!("at least {times} × {}", peer.title());
            (found >= times, wanted, format!("{found:.2} ×"))
        }
        Bound::MedianUs(bound) => {
            let found = find(outcomes, aim.workload, SubjectKind::Ours)?.figures.p50_us;
            (found <= bound, format!("median at most {}", time(bound)), time(found))
        }
        Bound::GrownMib(bound) => {
            let found = mib(find(outcomes, aim.workload, SubjectKind::Ours)?.grown?);
            (found < bound, format!("less than {bound} MiB more memory"), format!("{found:.1} MiB"))
        }
    };
    let verdict = if met { "met   " } else { "missed" };
    Some(format!("{verdict}  {}: {wanted}; it is {found}", aim.workload))
}

/// How many times as fast as `theirs` we are: in operations a second where several threads compete,
/// in the median time where one waits.
fn times_faster(outcomes: &[Outcome], theirs: &Outcome) -> Option<f64> {
    let ours = find(outcomes, theirs.workload, SubjectKind::Ours)?;
    if theirs.subject == SubjectKind::Ours {
        return None;
    }
    Some(match theirs.workload {
        Workload::Sign { .. } => ours.figures.per_second / theirs.figures.per_second,
        Workload::Find { .. } | Workload::List { .. } | Workload::Initialize => {
            theirs.figures.p50_us / ours.figures.p50_us
        }
    })
}

fn find(outcomes: &[Outcome], workload: Workload, subject: SubjectKind) -> Option<&Outcome> {
    outcomes.iter().find(|outcome| outcome.workload == workload && outcome.subject == subject)
}

fn who(outcome: &Outcome) -> String {
    let title = outcome.subject.title();
    match (outcome.workload, outcome.keys) {
        (Workload::Find { keys: wanted, .. } | Workload::List { keys: wanted }, Some(keys))
            if keys != wanted =>
        {
            format!("{title} ({keys} keys)")
        }
        _ => title.into(),
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

fn time(us: f64) -> String {
    match us {
        us if us < 1_000.0 => format!("{us:.0} µs"),
        us if us < 1_000_000.0 => format!("{:.1} ms", us / 1e3),
        us => format!("{:.1} s", us / 1e6),
    }
}

fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("invariant: digits are ASCII"))
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Figures;

    fn outcome(subject: SubjectKind, workload: Workload, per_second: f64, p50_us: f64) -> Outcome {
        let figures = Figures { operations: 1, per_second, p50_us, p99_us: p50_us };
        Outcome { workload, subject, keys: None, grown: None, figures }
    }

    #[test]
    fn signing_is_compared_by_throughput_and_finding_by_the_median() {
        let (signing, finding) = (sign(Algorithm::P256, 8), find_by(By::Label, 10_000));
        let outcomes = [
            outcome(SubjectKind::Ours, signing, 30_000.0, 900.0),
            outcome(SubjectKind::Softhsm, signing, 20_000.0, 100.0),
            outcome(SubjectKind::Ours, finding, 1_000.0, 2_000.0),
            outcome(SubjectKind::Softhsm, finding, 10_000.0, 10_000.0),
        ];
        assert_eq!(times_faster(&outcomes, &outcomes[1]), Some(1.5));
        assert_eq!(times_faster(&outcomes, &outcomes[3]), Some(5.0));
        assert_eq!(times_faster(&outcomes, &outcomes[0]), None);
        let verdicts = verdicts(&outcomes);
        assert_eq!(verdicts.len(), 2, "only what was measured is judged: {verdicts:?}");
        assert!(verdicts[0].starts_with("met"), "{verdicts:?}");
        assert!(verdicts[1].starts_with("missed"), "{verdicts:?}");
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(grouped(1_234_567.4), "1,234,567");
        assert_eq!(grouped(999.0), "999");
        assert_eq!(
            (time(15.2), time(1_500.0), time(2.5e6)),
            ("15 µs".into(), "1.5 ms".into(), "2.5 s".into())
        );
    }

    #[test]
    fn a_peer_with_fewer_keys_is_named_as_such() {
        let mut found = outcome(SubjectKind::Softhsm, find_by(By::Label, 10_000), 1.0, 1.0);
        found.keys = Some(4_321);
        assert!(table(&[found]).to_string().contains("SoftHSM2 in-process (4321 keys)"));
    }
}
