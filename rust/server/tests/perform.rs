//! The stream of operations.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::HashMap;

use common::{ADMIN, APP, Backend, reason, sign, sign_rsa};
use supacrypt_core::Reason;
use supacrypt_crypto::PublicKey;
use supacrypt_proto::v1::crypto_service_client::CryptoServiceClient;
use supacrypt_proto::v1::perform_operation::Operation;
use supacrypt_proto::v1::perform_outcome::Outcome;
use supacrypt_proto::{error_from_rpc_status, limits, v1};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;

/// An open stream.
struct Stream {
    send: mpsc::Sender<v1::PerformRequest>,
    receive: Streaming<v1::PerformResponse>,
}

impl Stream {
    async fn open(mut client: CryptoServiceClient<Channel>) -> Stream {
        let (send, requests) = mpsc::channel(16);
        let receive = client.perform(ReceiverStream::new(requests)).await.unwrap().into_inner();
        Stream { send, receive }
    }

    async fn send(&self, operations: Vec<(u64, Operation)>) {
        let operations = operations
            .into_iter()
            .map(|(id, operation)| v1::PerformOperation { id, operation: Some(operation) })
            .collect();
        self.send.send(v1::PerformRequest { operations }).await.unwrap();
    }

    /// The next `count` outcomes, in the order they came.
    async fn outcomes(&mut self, count: usize) -> Vec<(u64, Outcome)> {
        let mut outcomes = Vec::new();
        while outcomes.len() < count {
            let message = self.receive.message().await.unwrap().expect("the stream goes on");
            let each = message.outcomes.into_iter();
            outcomes.extend(each.map(|outcome| (outcome.id, outcome.outcome.unwrap())));
        }
        outcomes
    }
}

fn failure(outcome: &Outcome) -> Reason {
    match outcome {
        Outcome::Error(status) => error_from_rpc_status(status).reason(),
        other => panic!("not an error: {other:?}"),
    }
}

async fn public_key(backend: &Backend, name: &str) -> PublicKey {
    let request = v1::GetPublicKeyRequest { name: name.into() };
    let answer = backend.keys(APP).await.get_public_key(request).await.unwrap().into_inner();
    PublicKey::from_spki_der(&answer.der).unwrap()
}

#[tokio::test]
async fn every_operation_is_answered_by_its_id_and_recorded() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::EcP256).await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    let count = 200;
    stream.send((0..count).map(|id| (id, Operation::Sign(sign(&name)))).collect()).await;
    let outcomes: HashMap<_, _> = stream.outcomes(count as usize).await.into_iter().collect();
    let public = public_key(&backend, &name).await;
    for id in 0..count {
        let Outcome::Sign(answer) = &outcomes[&id] else { panic!("{:?}", outcomes[&id]) };
        assert_eq!(answer.name, "", "the caller named the version");
        let scheme = supacrypt_core::SignatureScheme::Ecdsa;
        assert!(public.verify(scheme, &[7; 32], &answer.signature).unwrap());
    }
    let entries = backend.audit().await;
    let signed = entries.iter().filter(|entry| entry.action == "Sign");
    let signed: Vec<_> = signed.collect();
    assert_eq!(signed.len(), count as usize);
    assert!(signed.iter().all(|entry| entry.resource == name
        && entry.principal == APP
        && entry.algorithm == "ecdsa"
        && entry.reason.is_empty()));
}

#[tokio::test]
async fn a_slow_operation_holds_up_no_quick_one() {
    let backend = Backend::start().await;
    let slow = backend.make_key("slow", v1::KeySpec::Rsa4096).await;
    let quick = backend.make_key("quick", v1::KeySpec::Ed25519).await;
    let mut scheme = v1::SignatureScheme::default();
    scheme.set_type(v1::signature_scheme::Type::Ed25519);
    let quickly = v1::SignRequest {
        name: quick,
        scheme: Some(scheme),
        input: b"message".to_vec(),
        ..Default::default()
    };
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    // Open both keys, which takes a task for the quick one too.
    stream.send(vec![(1, Operation::Sign(quickly.clone()))]).await;
    stream.outcomes(1).await;
    let mut operations: Vec<_> =
        (10..18).map(|id| (id, Operation::Sign(sign_rsa(&slow)))).collect();
    operations.push((2, Operation::Sign(quickly)));
    stream.send(operations).await;
    let order: Vec<_> = stream.outcomes(9).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(order[0], 2, "{order:?}");
}

#[tokio::test]
async fn a_failed_operation_is_an_outcome_and_the_stream_goes_on() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::EcP256).await;
    backend.make_keyring("other", &[]).await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    let mut short = sign(&name);
    short.input.truncate(5);
    let mut huge = sign(&name);
    huge.input = vec![0; limits::INPUT + 1];
    let mut unnamed = sign(&name);
    unnamed.scheme = None;
    let random = |length| Operation::GenerateRandom(v1::GenerateRandomRequest { length });
    stream
        .send(vec![
            (1, Operation::Sign(sign("keyrings/dev/keys/none/versions/1"))),
            (2, Operation::Sign(sign("keyrings/other/keys/k/versions/1"))),
            (3, Operation::Sign(sign("keyrings/absent/keys/k/versions/1"))),
            (4, Operation::Sign(sign("no name"))),
            (5, Operation::Sign(sign_rsa(&name))),
            (6, Operation::Sign(short)),
            (7, Operation::Sign(huge)),
            (8, Operation::Sign(unnamed)),
            (9, random(0)),
        ])
        .await;
    let outcomes: HashMap<_, _> = stream.outcomes(9).await.into_iter().collect();
    assert_eq!(failure(&outcomes[&1]), Reason::KeyNotFound);
    assert_eq!(failure(&outcomes[&2]), Reason::KeyringNotGranted);
    assert_eq!(failure(&outcomes[&3]), Reason::KeyringNotGranted);
    assert_eq!(failure(&outcomes[&4]), Reason::InvalidResourceName);
    assert_eq!(failure(&outcomes[&5]), Reason::AlgorithmMismatch);
    assert_eq!(failure(&outcomes[&6]), Reason::InputLength);
    assert_eq!(failure(&outcomes[&7]), Reason::InvalidArgument);
    assert_eq!(failure(&outcomes[&8]), Reason::InvalidArgument);
    assert_eq!(failure(&outcomes[&9]), Reason::InvalidArgument);
    // The caller sees no difference between the two, the operator does.
    backend.recorded("Sign", "KEYRING_NOT_GRANTED").await;
    backend.recorded("Sign", "KEYRING_NOT_FOUND").await;

    stream.send(vec![(1, Operation::Sign(sign(&name))), (2, random(40))]).await;
    let outcomes: HashMap<_, _> = stream.outcomes(2).await.into_iter().collect();
    assert!(matches!(&outcomes[&1], Outcome::Sign(_)));
    assert!(matches!(&outcomes[&2], Outcome::GenerateRandom(bytes) if bytes.data.len() == 40));
}

#[tokio::test]
async fn a_key_by_its_own_name_is_its_primary_version_and_the_answer_says_which() {
    let backend = Backend::start().await;
    backend.make_key("k", v1::KeySpec::EcP256).await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    for version in 1..=2 {
        stream.send(vec![(1, Operation::Sign(sign("keyrings/dev/keys/k")))]).await;
        let outcomes = stream.outcomes(1).await;
        let (_, Outcome::Sign(answer)) = &outcomes[0] else { panic!("{outcomes:?}") };
        assert_eq!(answer.name, format!("keyrings/dev/keys/k/versions/{version}"));
        let request = v1::CreateKeyVersionRequest {
            parent: "keyrings/dev/keys/k".into(),
            ..Default::default()
        };
        backend.keys(ADMIN).await.create_key_version(request).await.unwrap();
    }
}

#[tokio::test]
async fn a_grant_that_is_taken_back_ends_the_use_at_once() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::EcP256).await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    stream.send(vec![(1, Operation::Sign(sign(&name)))]).await;
    assert!(matches!(stream.outcomes(1).await[0].1, Outcome::Sign(_)));
    let request = v1::UpdateKeyringRequest {
        keyring: Some(v1::Keyring { name: "keyrings/dev".into(), ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["grants".into()] }),
    };
    let channel = backend.channel(ADMIN).await;
    v1::keyring_service_client::KeyringServiceClient::new(channel)
        .update_keyring(request)
        .await
        .unwrap();
    stream.send(vec![(2, Operation::Sign(sign(&name)))]).await;
    assert_eq!(failure(&stream.outcomes(1).await[0].1), Reason::KeyringNotGranted);
}

#[tokio::test]
async fn a_disabled_version_signs_no_more_on_an_open_stream() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::EcP256).await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    stream.send(vec![(1, Operation::Sign(sign(&name)))]).await;
    stream.outcomes(1).await;
    let request = v1::DisableKeyVersionRequest { name: name.clone() };
    backend.keys(ADMIN).await.disable_key_version(request).await.unwrap();
    stream.send(vec![(2, Operation::Sign(sign(&name)))]).await;
    assert_eq!(failure(&stream.outcomes(1).await[0].1), Reason::KeyVersionDisabled);
}

#[tokio::test]
async fn a_message_with_too_many_operations_ends_the_stream_after_what_came_before() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::Rsa2048).await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    stream.send(vec![(1, Operation::Sign(sign_rsa(&name)))]).await;
    let random = || Operation::GenerateRandom(v1::GenerateRandomRequest { length: 1 });
    stream.send((0..=limits::OPERATIONS as u64).map(|id| (id, random())).collect()).await;
    assert!(matches!(stream.outcomes(1).await[0], (1, Outcome::Sign(_))));
    let status = stream.receive.message().await.unwrap_err();
    assert_eq!(reason(&status), Reason::InvalidArgument);
    backend.recorded("Perform", "INVALID_ARGUMENT").await;
}

#[tokio::test]
async fn a_message_over_the_size_limit_ends_the_stream_with_its_own_reason() {
    let backend = Backend::start().await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    let mut huge = sign("keyrings/dev/keys/k");
    huge.input = vec![0; limits::MESSAGE];
    stream.send(vec![(1, Operation::Sign(huge))]).await;
    let status = stream.receive.message().await.unwrap_err();
    assert_eq!(reason(&status), Reason::MessageTooLarge);
    backend.recorded("Perform", "MESSAGE_TOO_LARGE").await;
}

#[tokio::test]
async fn large_answers_are_spread_over_messages_within_the_limit() {
    let backend = Backend::start().await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    let random = |length| Operation::GenerateRandom(v1::GenerateRandomRequest { length });
    stream.send((0..64).map(|id| (id, random(limits::RANDOM as u32))).collect()).await;
    let mut outcomes = 0;
    while outcomes < 64 {
        let message = stream.receive.message().await.unwrap().unwrap();
        assert!(prost::Message::encoded_len(&message) <= limits::MESSAGE);
        outcomes += message.outcomes.len();
    }
}

#[tokio::test]
async fn more_slow_operations_than_a_stream_may_have_running_are_all_answered() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::Rsa2048).await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    let count = 600;
    let batches = (0..count).collect::<Vec<u64>>();
    for batch in batches.chunks(limits::OPERATIONS) {
        stream.send(batch.iter().map(|id| (*id, Operation::Sign(sign_rsa(&name)))).collect()).await;
    }
    let mut ids: Vec<_> =
        stream.outcomes(count as usize).await.into_iter().map(|(id, _)| id).collect();
    ids.sort_unstable();
    assert_eq!(ids, batches);
}

#[tokio::test]
async fn what_was_begun_for_a_caller_who_hung_up_is_recorded() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::Rsa4096).await;
    let mut stream = Stream::open(backend.crypto(APP).await).await;
    stream.send((0..20).map(|id| (id, Operation::Sign(sign_rsa(&name)))).collect()).await;
    // One answer tells that all were started: they came in one message.
    stream.outcomes(1).await;
    drop(stream);
    let recorded = || async {
        let entries = backend.audit().await;
        entries.iter().filter(|entry| entry.action == "Sign").count()
    };
    let wait = async {
        while recorded().await < 16 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), wait).await.unwrap();
}
