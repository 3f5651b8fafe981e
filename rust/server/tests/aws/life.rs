//! Keys that are made halfway, and for nobody.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use serde_json::json;
use supacrypt_core::{KeySpec, Reason};
use supacrypt_server::custody::{Custodian, Held, HeldState, Wanted};
use tokio::sync::Notify;

use crate::done;
use crate::wire::{ARN, Answer, Kms, Request};

const CONTEXT: &str = "version";
const ALIAS: &str = "alias/supacrypt/store/version";

pub(crate) async fn all() {
    made_in_order().await;
    done("a_key_is_made_with_its_tags_and_its_alias");
    abandoned().await;
    done("a_key_that_nobody_waits_for_is_destroyed");
    halfway().await;
    done("a_key_that_is_made_halfway_is_destroyed");
    new_keys_are_looked_for_again().await;
    done("a_new_key_is_looked_for_again");
    pages().await;
    done("all_pages_are_read");
}

fn made() -> Answer {
    Answer::ok(json!({ "KeyMetadata": { "KeyId": "made", "Arn": ARN } }))
}

fn nothing() -> Answer {
    Answer::ok(json!({}))
}

/// Without a public half, so that nothing has to be computed.
const SPEC: KeySpec = KeySpec::HmacSha256;

async fn made_in_order() {
    let kms = Kms::start(|request, _| match request.action.as_str() {
        "CreateKey" => made(),
        _ => nothing(),
    })
    .await;
    let custodian = kms.open().await;
    let made = custodian.generate(Wanted::usual(SPEC), CONTEXT.as_bytes()).await.unwrap();
    assert_eq!(made.reference, format!("\x01{CONTEXT} {ARN}").as_bytes());
    custodian.destroy(&made.reference).await.unwrap();
    let requests = kms.requests();
    let [create, alias, schedule, delete] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(create.body["KeySpec"], "HMAC_256");
    assert_eq!(create.body["KeyUsage"], "GENERATE_VERIFY_MAC");
    let tags = json!([
        { "TagKey": "supacrypt-store", "TagValue": "store" },
        { "TagKey": "supacrypt-version", "TagValue": CONTEXT },
    ]);
    assert_eq!(create.body["Tags"], tags);
    assert_eq!(alias.body, json!({ "AliasName": ALIAS, "TargetKeyId": ARN }));
    assert_eq!(schedule.action, "ScheduleKeyDeletion");
    assert_eq!(schedule.body, json!({ "KeyId": ARN, "PendingWindowInDays": 7 }));
    assert_eq!((delete.action.as_str(), &delete.body["AliasName"]), ("DeleteAlias", &json!(ALIAS)));
}

async fn abandoned() {
    let release = Arc::new(Notify::new());
    let when = Arc::clone(&release);
    let kms = Kms::start(move |request, _| match request.action.as_str() {
        "CreateKey" => Answer::After(Arc::clone(&when), Box::new(made())),
        _ => nothing(),
    })
    .await;
    let custodian = kms.open().await;
    {
        let mut making = custodian.generate(Wanted::usual(SPEC), CONTEXT.as_bytes());
        // Whoever asks goes away while KMS makes the key.
        poll_fn(|context| {
            assert!(making.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        kms.asked(1).await;
    }
    release.notify_one();
    kms.asked(4).await;
    let expected = ["CreateKey", "CreateAlias", "ScheduleKeyDeletion", "DeleteAlias"];
    assert_eq!(kms.actions(), expected);
    assert_eq!(kms.requests()[2].body["KeyId"], ARN);
}

async fn halfway() {
    let kms = Kms::start(|request, _| match request.action.as_str() {
        "CreateKey" => made(),
        "CreateAlias" => Answer::Refused(400, "AccessDeniedException", "no"),
        "DeleteAlias" => Answer::Refused(400, "NotFoundException", "no alias"),
        _ => nothing(),
    })
    .await;
    let custodian = kms.open().await;
    let refused = custodian.generate(Wanted::usual(SPEC), CONTEXT.as_bytes()).await;
    assert_eq!(refused.err().unwrap().reason(), Reason::CustodianDenied);
    kms.asked(4).await;
    assert_eq!(kms.actions()[2..], ["ScheduleKeyDeletion", "DeleteAlias"]);
}

async fn new_keys_are_looked_for_again() {
    // Not all of KMS has heard of the key; then the answer is lost, and then the alias is there.
    let kms = Kms::start(|request, before| match (request.action.as_str(), before) {
        ("CreateKey", _) => made(),
        ("CreateAlias", 0) => Answer::Refused(400, "NotFoundException", "no key"),
        ("CreateAlias", 1) => Answer::Nothing,
        ("CreateAlias", _) => Answer::Refused(400, "AlreadyExistsException", "an alias"),
        _ => nothing(),
    })
    .await;
    let custodian = kms.open().await;
    custodian.generate(Wanted::usual(SPEC), CONTEXT.as_bytes()).await.unwrap();
    assert_eq!(kms.actions(), ["CreateKey", "CreateAlias", "CreateAlias", "CreateAlias"]);
}

async fn pages() {
    let place = "arn:aws:kms:eu-central-1:111122223333:";
    let key = move |id: &str| json!({ "KeyId": id, "KeyArn": format!("{place}key/{id}") });
    let alias = move |name: &str, id: &str| {
        let arn = format!("{place}alias/{name}");
        json!({ "AliasName": format!("alias/{name}"), "AliasArn": arn, "TargetKeyId": id })
    };
    let tags = |version: &str| {
        json!({ "Tags": [
            { "TagKey": "supacrypt-version", "TagValue": version },
            { "TagKey": "supacrypt-store", "TagValue": "store" },
        ] })
    };
    let answer = move |Request { action, body }: &Request| {
        let (marker, key_id) = (body["Marker"].as_str(), body["KeyId"].as_str());
        let last = key_id.and_then(|arn| arn.rsplit_once('/')).map(|(_, id)| id);
        match (action.as_str(), marker, last) {
            ("ListAliases", None, _) => json!({
                "Aliases": [alias("aws/s3", "s3"), alias("supacrypt/store/one", "k1")],
                "NextMarker": "more", "Truncated": true,
            }),
            ("ListAliases", Some("more"), _) => {
                json!({ "Aliases": [alias("supacrypt/stores/x", "k2"), alias("supacrypt/store/two", "k3")] })
            }
            ("ListKeys", None, _) => {
                json!({ "Keys": [key("s3"), key("k1"), key("k2")], "NextMarker": "m", "Truncated": true })
            }
            ("ListKeys", Some("m"), _) => {
                json!({ "Keys": [key("k3"), key("k4"), key("k5"), key("k6")] })
            }
            ("ListResourceTags", _, Some("k4")) => tags("three"),
            ("ListResourceTags", _, Some("k5")) => tags("gone"),
            ("ListResourceTags", _, Some("k6")) => json!({ "Tags": [] }),
            ("DescribeKey", _, Some(id)) => {
                let state = if id == "k5" { "PendingDeletion" } else { "Enabled" };
                json!({ "KeyMetadata": { "KeyId": id, "KeyState": state } })
            }
            other => panic!("{other:?}"),
        }
    };
    let kms = Kms::start(move |request, _| Answer::ok(answer(request))).await;
    let mut held = kms.open().await.held().await.unwrap();
    held.sort_by(|one, other| one.reference[1..].cmp(&other.reference[1..]));
    let expected = [("one", "k1"), ("three", "k4"), ("two", "k3")].map(|(context, id)| Held {
        context: context.into(),
        reference: format!("\x01{context} {place}key/{id}").into_bytes(),
        state: HeldState::Whole,
    });
    assert_eq!(held, expected);
}
