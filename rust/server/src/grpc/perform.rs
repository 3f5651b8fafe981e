//! `Perform`: a stream of operations, answered as they are done.
//!
//! The stream is driven by whoever sends its answers. Light operations are performed right there,
//! between reading a message and answering it: no task, no channel, no other thread. The rest runs
//! in tasks and is answered when it is done, in whatever order.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::unfold;
use prost::Message;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::{Validate, limits, rpc_status, status, v1};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Status, Streaming};
use v1::perform_operation::Operation as Wire;
use v1::perform_outcome::Outcome;

use super::operation::{StreamedOperation, random};
use super::refused::unreadable;
use crate::service::{InFlight, Service, Subject};
use crate::transport::Peer;

/// Operations performed before their answers are sent. A client that sends many at once gets the
/// first answers, and can go on, while the server is busy with the rest.
const GROUP: usize = 16;

/// Operations of one stream that run in tasks. At the limit nothing more is read, until HTTP/2's
/// flow control makes the client wait.
const MAX_RUNNING: usize = 256;

/// Encoded size at which an answer is closed and another begun, bytes: one more outcome of the
/// largest kind still fits under the limit of a message.
const ANSWER: usize = limits::MESSAGE / 2;

/// The answers to the operations that arrive in `inbound`.
pub(super) fn perform(
    service: Arc<Service>,
    peer: Peer,
    inbound: Streaming<v1::PerformRequest>,
) -> impl Stream<Item = Result<v1::PerformResponse, Status>> + Send {
    let session = Session {
        draining: Box::pin(service.draining().clone().cancelled_owned()),
        in_flight: InFlight::new(Arc::clone(&service), peer.clone()),
        service,
        peer,
        inbound,
        arrived: VecDeque::new(),
        answers: VecDeque::new(),
        input: Input::Open,
    };
    unfold(session, |mut session| async move {
        let answer = session.next().await?;
        Some((answer, session))
    })
}

struct Session {
    service: Arc<Service>,
    peer: Peer,
    inbound: Streaming<v1::PerformRequest>,
    /// Received and not started.
    arrived: VecDeque<v1::PerformOperation>,
    in_flight: InFlight<StreamedOperation>,
    /// Recorded and not sent.
    answers: VecDeque<v1::PerformOutcome>,
    input: Input,
    /// Kept for the life of the stream: registering anew for each message would cost a lock.
    draining: Pin<Box<WaitForCancellationFutureOwned>>,
}

enum Input {
    Open,
    /// Nothing more is read. Once all is answered the stream ends, with this error if there is one.
    Over(Option<Error>),
}

impl Session {
    async fn next(&mut self) -> Option<Result<v1::PerformResponse, Status>> {
        loop {
            self.start_group();
            for (id, result) in self.in_flight.settle().await {
                let outcome = result.unwrap_or_else(|error| Outcome::Error(rpc_status(&error)));
                self.answers.push_back(v1::PerformOutcome { id, outcome: Some(outcome) });
            }
            if !self.answers.is_empty() {
                return Some(Ok(self.answer()));
            }
            if !self.arrived.is_empty() {
                continue;
            }
            match &mut self.input {
                Input::Over(error) if self.in_flight.running() == 0 => {
                    return error.take().map(|error| Err(status(&error)));
                }
                _ => self.wait().await,
            }
        }
    }

    /// Waits until there is something to do.
    async fn wait(&mut self) {
        let reading = matches!(self.input, Input::Open) && self.in_flight.running() < MAX_RUNNING;
        tokio::select! {
            biased;
            () = &mut self.draining, if matches!(self.input, Input::Open) => {
                self.input = Input::Over(None);
            }
            () = self.in_flight.progress() => {}
            message = self.inbound.message(), if reading => self.receive(message).await,
        }
    }

    async fn receive(&mut self, message: Result<Option<v1::PerformRequest>, Status>) {
        let message = match message {
            Ok(Some(message)) => message.validate().map(|()| message),
            Ok(None) => {
                self.input = Input::Over(None);
                return;
            }
            Err(status) => match unreadable(&status) {
                Some(error) => Err(error),
                // The client is gone.
                None => {
                    self.input = Input::Over(None);
                    return;
                }
            },
        };
        match message {
            Ok(message) => self.arrived = message.operations.into(),
            Err(error) => {
                self.service.refused(&self.peer, &Subject::new("Perform", ""), &error).await;
                self.input = Input::Over(Some(error));
            }
        }
    }

    fn start_group(&mut self) {
        for _ in 0..GROUP {
            let Some(v1::PerformOperation { id, operation }) = self.arrived.pop_front() else {
                return;
            };
            let operation = match operation {
                Some(Wire::Sign(request)) => StreamedOperation::Sign(request),
                Some(Wire::Verify(request)) => StreamedOperation::Verify(request),
                Some(Wire::Encrypt(request)) => StreamedOperation::Encrypt(request),
                Some(Wire::Decrypt(request)) => StreamedOperation::Decrypt(request),
                Some(Wire::MacSign(request)) => StreamedOperation::MacSign(request),
                Some(Wire::MacVerify(request)) => StreamedOperation::MacVerify(request),
                Some(Wire::Decapsulate(request)) => StreamedOperation::Decapsulate(request),
                Some(Wire::Derive(request)) => StreamedOperation::Derive(request),
                Some(Wire::GenerateRandom(request)) => {
                    let result = random(&request).map(Outcome::GenerateRandom);
                    self.in_flight.done(id, &Subject::new("GenerateRandom", ""), result);
                    continue;
                }
                None => {
                    let error = Error::new(
                        Reason::InvalidArgument,
                        "the operation is missing, or newer than this server",
                    );
                    let error = error.in_field("operations.operation");
                    self.in_flight.done(id, &Subject::new("Perform", ""), Err(error));
                    continue;
                }
            };
            self.in_flight.start(id, operation);
        }
    }

    /// As many answers as fit in a message.
    fn answer(&mut self) -> v1::PerformResponse {
        let mut outcomes = Vec::with_capacity(self.answers.len());
        let mut size = 0;
        while size < ANSWER
            && let Some(outcome) = self.answers.pop_front()
        {
            size += outcome.encoded_len();
            outcomes.push(outcome);
        }
        v1::PerformResponse { outcomes }
    }
}
