//! The stream of operations of one connection: what waits is sent together, and answers come back
//! in any order.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use supacrypt_core::{Error, Reason};
use supacrypt_proto::{
    error_from_rpc_status, limits,
    v1::{
        PerformOperation, PerformRequest, crypto_service_client::CryptoServiceClient,
        perform_operation::Operation, perform_outcome::Outcome,
    },
};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;

use crate::{connection::Ended, failure::Failure, lock::Mutex, transport::Transport};

/// The largest answer: every operation of a full request answered with the largest output.
const LARGEST_ANSWER: usize = limits::OPERATIONS * (limits::INPUT + 1024);
/// What a request may grow to before the next one is begun, in bytes.
const LARGEST_REQUEST: usize = limits::MESSAGE - 4096;

/// Sends operations and hands out their outcomes.
pub(crate) struct Performer {
    queue: mpsc::UnboundedSender<PerformOperation>,
    waiting: Arc<Waiting>,
    next_id: AtomicU64,
}

/// Callers that wait for an outcome, by the operation's id.
#[derive(Default)]
struct Waiting(Mutex<State>);

#[derive(Default)]
struct State {
    callers: HashMap<u64, oneshot::Sender<Result<Outcome, Failure>>>,
    /// Why the stream ended, once it has.
    ended: Option<Failure>,
}

impl Performer {
    /// Opens the stream. Call inside the runtime.
    pub(crate) fn start(transport: Transport, ended: Ended) -> Self {
        let (queue, operations) = mpsc::unbounded_channel();
        let waiting = Arc::new(Waiting::default());
        tokio::spawn(run(transport, ended, operations, Arc::clone(&waiting)));
        Performer { queue, waiting, next_id: AtomicU64::new(0) }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Performs one operation. May be abandoned at any time; the outcome is then thrown away.
    pub(crate) async fn perform(&self, operation: Operation) -> Result<Outcome, Failure> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, outcome) = oneshot::channel();
        {
            let mut state = self.waiting.0.lock();
            if let Some(failure) = &state.ended {
                return Err(failure.clone());
            }
            state.callers.insert(id, sender);
        }
        let _abandon = Abandon { waiting: &self.waiting, id };
        // A closed queue means that the stream ended; whoever closed it answers all callers.
        let _ = self.queue.send(PerformOperation { id, operation: Some(operation) });
        match outcome.await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::lost(Error::new(
                Reason::Unreachable,
                "the connection ended before the answer came",
            ))),
        }
    }
}

/// Takes a caller off the list when it stops waiting, answered or not.
struct Abandon<'a> {
    waiting: &'a Waiting,
    id: u64,
}

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.waiting.0.lock().callers.remove(&self.id);
    }
}

impl Waiting {
    fn answer(&self, id: u64, outcome: Result<Outcome, Failure>) {
        let caller = self.0.lock().callers.remove(&id);
        if let Some(caller) = caller {
            // A caller that is gone does not want the answer.
            let _ = caller.send(outcome);
        }
    }

    fn end(&self, failure: Failure) {
        let callers = {
            let mut state = self.0.lock();
            state.ended = Some(failure.clone());
            std::mem::take(&mut state.callers)
        };
        for caller in callers.into_values() {
            let _ = caller.send(Err(failure.clone()));
        }
    }
}

async fn run(
    transport: Transport,
    ended: Ended,
    operations: mpsc::UnboundedReceiver<PerformOperation>,
    waiting: Arc<Waiting>,
) {
    let mut client = CryptoServiceClient::new(transport).max_decoding_message_size(LARGEST_ANSWER);
    let failure = match client.perform(Requests::new(operations)).await {
        Err(status) => ended.failure(&status).await,
        Ok(answers) => {
            let mut answers = answers.into_inner();
            loop {
                match answers.message().await {
                    Ok(Some(response)) => {
                        for outcome in response.outcomes {
                            waiting.answer(outcome.id, outcome_of(outcome.outcome));
                        }
                    }
                    Ok(None) => {
                        break Failure::lost(Error::new(
                            Reason::Unreachable,
                            "the server ended the stream of operations; it is shutting down",
                        ));
                    }
                    Err(status) => break ended.failure(&status).await,
                }
            }
        }
    };
    // Whatever ended the stream, it may have been on its way to perform what was sent.
    waiting.end(Failure { lost: true, ..failure });
}

fn outcome_of(outcome: Option<Outcome>) -> Result<Outcome, Failure> {
    match outcome {
        Some(Outcome::Error(status)) => Err(Failure::answered(error_from_rpc_status(&status))),
        Some(outcome) => Ok(outcome),
        None => Err(unexpected_answer()),
    }
}

/// The server answered something that was not asked.
pub(crate) fn unexpected_answer() -> Failure {
    Failure::answered(Error::new(
        Reason::Protocol,
        "the server's answer is not one to this request; is it of a newer version?",
    ))
}

/// Requests made of all the operations that wait, up to the limits of one message.
struct Requests {
    operations: mpsc::UnboundedReceiver<PerformOperation>,
    /// Received, but not sent yet, the next one last.
    backlog: Vec<PerformOperation>,
}

impl Requests {
    fn new(operations: mpsc::UnboundedReceiver<PerformOperation>) -> Self {
        Requests { operations, backlog: Vec::new() }
    }
}

impl Stream for Requests {
    type Item = PerformRequest;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<PerformRequest>> {
        let Requests { operations, backlog } = self.get_mut();
        if backlog.is_empty() {
            let received = ready!(operations.poll_recv_many(cx, backlog, limits::OPERATIONS));
            if received == 0 {
                return Poll::Ready(None);
            }
            backlog.reverse();
        }
        let mut request = PerformRequest { operations: Vec::with_capacity(backlog.len()) };
        let mut bytes = 0;
        while let Some(operation) = backlog.pop_if(|next| {
            bytes += size(next);
            bytes <= LARGEST_REQUEST
        }) {
            request.operations.push(operation);
        }
        Poll::Ready(Some(request))
    }
}

/// At least the encoded length of an operation, in bytes. Only the fields without a small limit
/// are counted exactly.
fn size(operation: &PerformOperation) -> usize {
    let fields = match &operation.operation {
        Some(Operation::Sign(request)) => request.input.len() + request.context.len(),
        Some(Operation::Verify(request)) => {
            request.input.len() + request.signature.len() + request.context.len()
        }
        Some(Operation::Encrypt(request)) => request.aad.len() + request.plaintext.len(),
        Some(Operation::Decrypt(request)) => request.aad.len() + request.ciphertext.len(),
        Some(Operation::MacSign(request)) => request.input.len(),
        Some(Operation::MacVerify(request)) => request.input.len() + request.mac.len(),
        Some(Operation::Decapsulate(request)) => request.ciphertext.len(),
        Some(Operation::Derive(request)) => {
            request.peer.len() + request.salt.len() + request.info.len()
        }
        Some(Operation::GenerateRandom(_)) | None => 0,
    };
    fields + 512
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use supacrypt_proto::v1::SignRequest;

    use super::*;

    fn operation(id: u64, input: usize) -> PerformOperation {
        let sign = SignRequest { input: vec![0; input], ..Default::default() };
        PerformOperation { id, operation: Some(Operation::Sign(sign)) }
    }

    async fn ids(requests: &mut Requests) -> Vec<u64> {
        let request = poll_fn(|cx| Pin::new(&mut *requests).poll_next(cx)).await.unwrap();
        request.operations.iter().map(|operation| operation.id).collect()
    }

    #[tokio::test]
    async fn what_waits_is_sent_together_in_order() {
        let (queue, operations) = mpsc::unbounded_channel();
        let mut requests = Requests::new(operations);
        for id in 0..3 {
            queue.send(operation(id, 32)).unwrap();
        }
        assert_eq!(ids(&mut requests).await, [0, 1, 2]);
        queue.send(operation(3, 32)).unwrap();
        assert_eq!(ids(&mut requests).await, [3]);
    }

    #[tokio::test]
    async fn a_request_stays_within_the_limits_of_a_message() {
        let (queue, operations) = mpsc::unbounded_channel();
        let mut requests = Requests::new(operations);
        for id in 0..300 {
            queue.send(operation(id, if id < 20 { limits::INPUT } else { 0 })).unwrap();
        }
        let mut sent = Vec::new();
        while sent.len() < 300 {
            let part = ids(&mut requests).await;
            assert!(!part.is_empty() && part.len() <= limits::OPERATIONS);
            sent.extend(part);
        }
        assert_eq!(sent, (0..300).collect::<Vec<_>>());
    }
}
