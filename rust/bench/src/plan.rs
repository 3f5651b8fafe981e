//! What is measured, in which order, and for how long.

use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;

use crate::options::{Options, SubjectKind};
use crate::protocol::{Algorithm, Answer, By, Figures, Request, Span};
use crate::subject::{Subject, Worker};

/// How long a peer may take to make keys before it is measured with fewer.
const POPULATE_AT_MOST: Duration = Duration::from_secs(60);
/// How long we may, where it is about many.
const POPULATE_MANY_AT_MOST: Duration = Duration::from_secs(1_800);

/// One thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(crate) enum Workload {
    /// Signing with so many threads at once.
    Sign { algorithm: Algorithm, threads: usize },
    /// Finding one of so many keys.
    Find { keys: usize, by: By },
    /// Listing so many keys.
    List { keys: usize },
    /// `C_Initialize` in a new process.
    Initialize,
}

/// The figures of one subject under one workload.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) workload: Workload,
    pub(crate) subject: SubjectKind,
    /// Keys there really were, where the workload wants a number of them.
    pub(crate) keys: Option<usize>,
    /// Bytes of memory that the process has got since it opened the module, where that was asked.
    pub(crate) grown: Option<u64>,
    pub(crate) figures: Figures,
}

impl Outcome {
    fn new(workload: Workload, subject: SubjectKind, figures: Figures) -> Outcome {
        Outcome { workload, subject, keys: None, grown: None, figures }
    }
}

/// What is measured, and for how long.
pub(crate) struct Plan {
    rounds: u32,
    span: Span,
    threads: Vec<usize>,
    populations: [usize; 2],
    many: Option<usize>,
    initializations: usize,
}

impl Plan {
    pub(crate) fn new(options: &Options) -> Plan {
        let (rounds, seconds) =
            if options.quick { (1, 0.5) } else { (options.rounds.max(1), options.seconds) };
        let measure = Duration::from_secs_f64((seconds / f64::from(rounds)).max(0.1));
        let warm_up = Duration::from_millis(if options.quick { 100 } else { 500 });
        Plan {
            rounds,
            span: Span { warm_up, measure },
            threads: options.threads.clone(),
            many: options.many,
            populations: [100, if options.quick { 1_000 } else { 10_000 }],
            initializations: if options.quick { 3 } else { 10 },
        }
    }

    /// Measures everything. Tells on standard error what it is doing.
    pub(crate) fn run(&self, subjects: &[Subject]) -> anyhow::Result<Vec<Outcome>> {
        let mut outcomes = self.initialize(subjects)?;
        let mut workers = subjects
            .iter()
            .map(|subject| Worker::start(subject).map(|(worker, _)| worker))
            .collect::<anyhow::Result<Vec<_>>>()?;
        for algorithm in [Algorithm::P256, Algorithm::Rsa2048] {
            for threads in &self.threads {
                outcomes.extend(self.sign(&mut workers, algorithm, *threads)?);
            }
        }
        let subjects: Vec<_> =
            subjects.iter().filter(|subject| !subject.kind.only_signs()).cloned().collect();
        workers.retain(|worker| !worker.kind().only_signs());
        for keys in self.populations {
            let populations = populate(&mut workers, keys, POPULATE_AT_MOST)?;
            outcomes.extend(self.find(&mut workers, keys, By::Label, &populations)?);
        }
        if let Some(keys) = self.many {
            outcomes.extend(self.many(&subjects, &mut workers, keys)?);
        }
        Ok(outcomes)
    }

    /// Processes that did nothing before find keys, and list them all.
    fn many(
        &self,
        subjects: &[Subject],
        makers: &mut [Worker],
        keys: usize,
    ) -> anyhow::Result<Vec<Outcome>> {
        let populations = populate(makers, keys, POPULATE_MANY_AT_MOST)?;
        let mut workers = subjects
            .iter()
            .map(|subject| Worker::start(subject).map(|(worker, _)| worker))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let workload = Workload::List { keys };
        eprintln!("{workload}");
        let mut outcomes = Vec::new();
        for (worker, keys) in workers.iter_mut().zip(&populations) {
            let Answer::Measured(figures) = worker.ask(&Request::List)? else {
                bail!("not figures")
            };
            let Answer::Grown { bytes } = worker.ask(&Request::Growth)? else { bail!("not bytes") };
            let outcome = Outcome::new(workload, worker.kind(), figures);
            outcomes.push(Outcome { keys: Some(*keys), grown: Some(bytes), ..outcome });
        }
        for by in [By::Label, By::Id] {
            outcomes.extend(self.find(&mut workers, keys, by, &populations)?);
        }
        Ok(outcomes)
    }

    fn initialize(&self, subjects: &[Subject]) -> anyhow::Result<Vec<Outcome>> {
        eprintln!("C_Initialize");
        let mut took = vec![Vec::new(); subjects.len()];
        for _ in 0..self.initializations {
            for (subject, took) in subjects.iter().zip(&mut took) {
                let (_, answer) = Worker::start(subject)?;
                let Answer::Opened { initialize } = answer else { bail!("not an opened module") };
                took.push(initialize);
            }
        }
        let outcome = |(subject, mut took): (&Subject, Vec<Duration>)| {
            took.sort_unstable();
            let us = |duration: Duration| duration.as_secs_f64() * 1e6;
            let p50_us = us(took[took.len() / 2]);
            let figures = Figures {
                operations: took.len() as u64,
                per_second: 1e6 / p50_us,
                p50_us,
                // So few are measured that the slowest stands for the percentile.
                p99_us: us(took[took.len() - 1]),
            };
            Outcome::new(Workload::Initialize, subject.kind, figures)
        };
        Ok(subjects.iter().zip(took).map(outcome).collect())
    }

    fn sign(
        &self,
        workers: &mut [Worker],
        algorithm: Algorithm,
        threads: usize,
    ) -> anyhow::Result<Vec<Outcome>> {
        let workload = Workload::Sign { algorithm, threads };
        eprintln!("{workload}");
        let figures =
            self.go_round(workers, &Request::Sign { algorithm, threads, span: self.span })?;
        let outcome =
            |(worker, figures): (&Worker, Figures)| Outcome::new(workload, worker.kind(), figures);
        Ok(workers.iter().zip(figures).map(outcome).collect())
    }

    fn find(
        &self,
        workers: &mut [Worker],
        keys: usize,
        by: By,
        populations: &[usize],
    ) -> anyhow::Result<Vec<Outcome>> {
        let workload = Workload::Find { keys, by };
        eprintln!("{workload}");
        let figures = self.go_round(workers, &Request::Find { by, span: self.span })?;
        let outcome = |((worker, keys), figures): ((&Worker, &usize), Figures)| {
            let outcome = Outcome::new(workload, worker.kind(), figures);
            Outcome { keys: Some(*keys), ..outcome }
        };
        Ok(workers.iter().zip(populations).zip(figures).map(outcome).collect())
    }

    /// Has all workers measure one after the other, again and again: what disturbs the machine
    /// meanwhile disturbs all of them.
    fn go_round(&self, workers: &mut [Worker], request: &Request) -> anyhow::Result<Vec<Figures>> {
        let mut figures = Vec::new();
        for _ in 0..self.rounds {
            figures = workers
                .iter_mut()
                .map(|worker| match worker.ask(request)? {
                    Answer::Measured(figures) if figures.operations > 0 => Ok(figures),
                    Answer::Measured(_) => Err(anyhow::anyhow!("nothing was done in time"))
                        .context(worker.kind().title()),
                    _ => bail!("not figures"),
                })
                .collect::<anyhow::Result<_>>()?;
        }
        Ok(figures)
    }
}

/// Has all workers make keys; returns how many each has.
fn populate(
    workers: &mut [Worker],
    keys: usize,
    ours_at_most: Duration,
) -> anyhow::Result<Vec<usize>> {
    let mut populations = Vec::new();
    for worker in workers {
        eprintln!("making {keys} keys: {}", worker.kind().title());
        let at_most = match worker.kind() {
            SubjectKind::Softhsm | SubjectKind::P11Kit => POPULATE_AT_MOST,
            SubjectKind::Ours | SubjectKind::Sealed | SubjectKind::Remote => ours_at_most,
        };
        let request = Request::Populate { keys, at_most };
        let Answer::Populated { keys } = worker.ask(&request)? else { bail!("not keys") };
        populations.push(keys);
    }
    Ok(populations)
}

impl std::fmt::Display for Workload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Workload::Sign { algorithm, threads } => {
                let algorithm = match algorithm {
                    Algorithm::P256 => "ECDSA P-256",
                    Algorithm::Rsa2048 => "RSA-2048",
                };
                let threads_word = if *threads == 1 { "thread" } else { "threads" };
                write!(f, "{algorithm} sign, {threads} {threads_word}")
            }
            Workload::Find { keys, by: By::Label } => write!(f, "find by label, {keys} keys"),
            Workload::Find { keys, by: By::Id } => write!(f, "find by id, {keys} keys"),
            Workload::List { keys } => write!(f, "list {keys} keys"),
            Workload::Initialize => f.write_str("C_Initialize"),
        }
    }
}
