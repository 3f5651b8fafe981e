use std::cell::Cell;

use super::*;
use crate::telemetry::Metrics;

const PATIENCE: Duration = Duration::from_secs(5);

fn gate(concurrency: usize) -> Gate {
    let metrics = Metrics::new().custodians.endpoint("vault", "https://vault");
    Gate::new("vault", "https://vault", PATIENCE, concurrency.try_into().unwrap(), metrics)
}

fn failure(reason: Reason) -> Refusal {
    Error::new(reason, "as the test wants it").into()
}

#[tokio::test(start_paused = true)]
async fn what_may_help_is_repeated_and_what_lasts_is_not() {
    for (effect, reason, calls) in [
        (Effect::Repeatable, Reason::CustodianUnavailable, 4),
        (Effect::Repeatable, Reason::CustodianThrottled, 4),
        (Effect::Repeatable, Reason::CustodianDenied, 1),
        (Effect::Lasting, Reason::CustodianUnavailable, 1),
    ] {
        let (gate, called) = (gate(1), Cell::new(0));
        let refused = gate.pass(effect, async || {
            called.set(called.get() + 1);
            Err::<(), _>(failure(reason))
        });
        assert_eq!(refused.await.unwrap_err().reason(), reason);
        assert_eq!(called.get(), calls, "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_asked_again_when_it_said_and_not_later_than_one_waits() {
    for (after, calls) in [(2, 2), (60, 1)] {
        let (gate, called) = (gate(1), Cell::new(0));
        let begun = tokio::time::Instant::now();
        let outcome = gate.pass(Effect::Repeatable, async || {
            called.set(called.get() + 1);
            if called.get() == 2 {
                return Ok(());
            }
            let throttled = Error::new(Reason::CustodianThrottled, "later");
            Err(Refusal::until(throttled, Some(Duration::from_secs(after))))
        });
        assert_eq!(outcome.await.is_ok(), calls == 2);
        assert_eq!(called.get(), calls);
        if calls == 2 {
            assert!(begun.elapsed() >= Duration::from_secs(after));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_is_left_alone_and_then_tried_once() {
    let gate = gate(1);
    let hang = || std::future::pending::<Result<(), Refusal>>();
    for _ in 0..5 {
        let error = gate.pass(Effect::Repeatable, hang).await.unwrap_err();
        assert_eq!(error.reason(), Reason::DeadlineExceeded);
        assert!(error.message().contains("https://vault"), "{error}");
    }
    assert!(gate.status().open);
    let refused = gate.pass(Effect::Lasting, async || Ok::<_, Refusal>(())).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::CustodianUnavailable);
    assert!(refused.message().contains("left alone"), "{refused}");
    std::thread::sleep(Duration::from_millis(1100));
    assert!(gate.status().open, "nobody has seen yet");
    gate.pass(Effect::Lasting, async || Ok::<_, Refusal>(())).await.unwrap();
    assert!(!gate.status().open);
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_on_the_way_than_may_be() {
    let gate = gate(2);
    let hang = || std::future::pending::<Result<(), Refusal>>();
    let (first, second) = (gate.pass(Effect::Lasting, hang), gate.pass(Effect::Lasting, hang));
    let third = async {
        tokio::task::yield_now().await;
        assert_eq!(gate.status().in_flight, 2);
        let error = gate.pass(Effect::Lasting, async || Ok::<_, Refusal>(())).await.unwrap_err();
        assert_eq!(error.reason(), Reason::CustodianThrottled);
    };
    tokio::select! {
        biased;
        _ = first => unreachable!(),
        _ = second => unreachable!(),
        () = third => {}
    }
    assert_eq!(gate.status().in_flight, 0);
    assert!(!gate.status().open, "nothing is known of calls that were given up");
}

#[tokio::test(start_paused = true)]
async fn who_is_left_alone_during_a_call_is_told_why() {
    let gate = gate(1);
    let refuse = async || Err::<(), _>(failure(Reason::CustodianUnavailable));
    // Four calls, and one that opens the breaker.
    for _ in 0..2 {
        let error = gate.pass(Effect::Repeatable, refuse).await.unwrap_err();
        assert_eq!(error.message(), "as the test wants it");
    }
    assert!(gate.status().open);
    let error = gate.pass(Effect::Repeatable, refuse).await.unwrap_err();
    assert!(error.message().contains("left alone"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_no_use_is_an_answer() {
    let (gate, called) = (gate(1), Cell::new(0));
    for _ in 0..9 {
        let error = Error::new(Reason::CustodianUnavailable, "a key of another type");
        let refused = gate.pass(Effect::Repeatable, async || {
            called.set(called.get() + 1);
            Err::<(), _>(Refusal::useless(error.clone()))
        });
        assert_eq!(refused.await.unwrap_err(), error);
    }
    assert_eq!(called.get(), 9);
    assert!(!gate.status().open);
}
