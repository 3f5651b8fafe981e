//! What every custodian does, whatever is behind it. Where they differ, their capabilities say so; what
//! those cannot say is said by a [`Place`].

mod agreement;
mod encryption;
mod example;
mod import;
mod key;
mod kinds;
mod life;
mod macs;
mod others;
mod refused;
mod signatures;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use supacrypt_core::{Algorithm, Capabilities, KeySpec};
use supacrypt_server::custody::Custodian;
use supacrypt_server::telemetry::Metrics;

/// Where a custodian has its keys. No key of the custodian's store is there yet.
pub(crate) struct Place<'a> {
    /// Where the custodian's calls are counted; `None` where it makes some that nobody waits for.
    pub(crate) metrics: Option<&'a Metrics>,
    /// Whether the custodian itself refuses to use a key that is disabled.
    pub(crate) disables: bool,
    /// How long it may take until a change shows there.
    pub(crate) settles: Duration,
    /// What is not asked of it.
    pub(crate) left_out: &'a [LeftOut],
    /// Keys of others there; `None` for a custodian that has no such keys.
    pub(crate) others: Option<Others<'a>>,
}

/// An algorithm that does not work at a place although the custodian offers it.
pub(crate) struct LeftOut {
    /// Its name.
    pub(crate) algorithm: &'static str,
    /// With which kinds of keys.
    pub(crate) specs: &'static [KeySpec],
    pub(crate) why: &'static str,
}

/// Keys that others made, by what the place calls them.
pub(crate) struct Others<'a> {
    /// A key pair on P-256, to sign and verify with.
    pub(crate) pair: &'a str,
    /// Keys to seal by.
    pub(crate) seals: [&'a str; 2],
}

impl Place<'_> {
    /// What keys of a kind are used by here.
    fn algorithms(&self, offered: &Capabilities, spec: KeySpec) -> Vec<Algorithm> {
        let left_out = |algorithm: &Algorithm| {
            let name = algorithm.to_string();
            self.left_out.iter().any(|each| each.algorithm == name && each.specs.contains(&spec))
        };
        let algorithms = offered.algorithms.iter().filter(|each| each.works_with(spec));
        algorithms.filter(|each| !left_out(each)).collect()
    }

    /// How often anything outside of this process was called.
    fn calls(&self) -> usize {
        let rendered = self.metrics.map(Metrics::render).unwrap_or_default();
        let calls =
            rendered.lines().filter(|line| line.starts_with("supacrypt_custodian_calls_total"));
        calls.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
    }

    /// Asks until a change shows.
    async fn shows<T: PartialEq + Debug>(&self, expected: T, ask: impl AsyncFn() -> T) {
        let end = Instant::now() + self.settles;
        loop {
            let found = ask().await;
            if found == expected {
                return;
            }
            assert!(Instant::now() < end, "{found:?}, not {expected:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// All cases.
pub(crate) async fn all(custodian: &dyn Custodian, place: &Place<'_>) {
    for LeftOut { algorithm, why, .. } in place.left_out {
        println!("left out of the contract: {algorithm}, for {why}");
    }
    custodian.check().await.unwrap();
    life::holds(custodian, place).await;
    done("it_holds_what_was_made_and_not_destroyed");
    kinds::all(custodian, place).await;
    done("every_kind_does_what_is_offered_and_nothing_else");
    import::all(custodian, place).await;
    done("keys_are_brought_and_stay_the_same");
    life::lives(custodian, place).await;
    done("a_key_lives_until_it_is_destroyed");
    life::busy(custodian).await;
    done("many_operations_are_done_at_once");
    others::adopted(custodian, place).await;
    done("keys_of_others_are_used_and_left_alone");
    others::seal(custodian, place).await;
    done("a_seal_opens_what_it_closed_and_nothing_else");
    life::leaves_nothing(custodian, place).await;
    done("nothing_is_left");
}

fn done(name: &str) {
    println!("test contract::{name} ... ok");
}

/// Whether keys are somewhere else and computed with there.
fn is_remote(custodian: &dyn Custodian) -> bool {
    !custodian.gates().is_empty()
}
