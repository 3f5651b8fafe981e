//! Calls of any method of the API, for administration.

use std::{future::Future, ops::ControlFlow, time::Instant};

use supacrypt_core::Result;
use tonic::{Response, Status, Streaming};

use crate::{Client, Transport, failure::Failure};

/// Whether a call may be sent again when it is not known whether it was performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It only reads, or does the same when repeated.
    Safe,
    /// It must not happen twice.
    Never,
}

impl Client {
    /// Calls a method of the API: `call` gets a transport for one of the generated clients in
    /// `supacrypt_proto::v1`, once for each attempt.
    ///
    /// # Errors
    /// Those of the method, and those of every method of this crate.
    pub fn call<T, F>(&self, retry: Retry, call: impl Fn(Transport) -> F) -> Result<T>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        self.attempt(retry, async |connection, left| {
            let result = call(connection.transport().with_timeout(left)).await;
            connection.answer(result).await
        })
    }

    /// Reads a stream of the API until it ends or `on_item` says stop. It is begun again only
    /// before it has begun; there is no deadline.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn stream<T, F>(
        &self,
        open: impl Fn(Transport) -> F,
        mut on_item: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<()>
    where
        F: Future<Output = Result<Response<Streaming<T>>, Status>>,
    {
        let process = self.process()?;
        let deadline = Instant::now() + self.config().timeouts.operation;
        let connection =
            self.connection(&process, deadline).map_err(|failure: Failure| failure.error)?;
        process.run(async {
            let failed = async |status| connection.failure(&status).await.error;
            let mut items = match open(connection.transport()).await {
                Ok(response) => response.into_inner(),
                Err(status) => return Err(failed(status).await),
            };
            loop {
                match items.message().await {
                    Ok(Some(item)) => {
                        if on_item(item).is_break() {
                            return Ok(());
                        }
                    }
                    Ok(None) => return Ok(()),
                    Err(status) => return Err(failed(status).await),
                }
            }
        })
    }
}
