//! Streams that tell of things as they happen, until their caller hangs up or may no longer listen.

use std::time::SystemTime;

use futures_util::Stream;
use futures_util::stream::unfold;
use supacrypt_core::{KeyringName, Permission};
use supacrypt_proto::{status, v1};
use tokio::sync::broadcast::Receiver;
use tonic::Status;

use super::call::Caller;
use crate::audit::AuditReader;
use crate::service::{Failure, draining};
use crate::watch::Change;

/// Tells of changes in a keyring, after an empty message that says from when on.
pub(super) fn watch(
    caller: Caller,
    keyring: KeyringName,
) -> impl Stream<Item = Result<v1::WatchKeysResponse, Status>> + Send {
    enum State {
        Begin(Receiver<Change>),
        Watching(Receiver<Change>),
        Over,
    }
    let changes = caller.service.watchers.watch(&keyring);
    unfold(State::Begin(changes), move |state| {
        let (caller, keyring) = (caller.clone(), keyring.clone());
        async move {
            let mut changes = match state {
                State::Begin(changes) => {
                    return Some((Ok(v1::WatchKeysResponse::default()), State::Watching(changes)));
                }
                State::Watching(changes) => changes,
                State::Over => return None,
            };
            let change = tokio::select! {
                // A watcher that fell behind has to forget all it knows: the end tells it so.
                change = changes.recv() => change.ok()?,
                () = caller.service.draining().cancelled() => {
                    return Some((Err(status(&draining())), State::Over));
                }
            };
            match still_allowed(&caller, || caller.authorize(Permission::View, &keyring)) {
                Ok(()) => Some((Ok(event(&change)), State::Watching(changes))),
                Err(refused) => Some((Err(refused), State::Over)),
            }
        }
    })
}

fn event(change: &Change) -> v1::WatchKeysResponse {
    let (key, object) = match change {
        Change::Key(name) => (name.to_string(), String::new()),
        Change::Object(name) => (String::new(), name.to_string()),
    };
    v1::WatchKeysResponse { key, object }
}

/// Gives the entries that `reader` finds.
pub(super) fn audit_entries(
    caller: Caller,
    reader: AuditReader,
) -> impl Stream<Item = Result<v1::ReadAuditLogResponse, Status>> + Send {
    unfold(Some(reader), move |reader| {
        let caller = caller.clone();
        async move {
            let mut reader = reader?;
            let found = tokio::select! {
                found = reader.next() => found.map_err(|error| status(&error)),
                () = caller.service.draining().cancelled() => Err(status(&draining())),
            };
            let allowed = still_allowed(&caller, || caller.authorize_administration());
            match allowed.and(found) {
                Ok(Some(entries)) => Some((Ok(v1::ReadAuditLogResponse { entries }), Some(reader))),
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
            }
        }
    })
}

/// What was decided when the stream was opened may have changed since.
fn still_allowed(
    caller: &Caller,
    authorize: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Status> {
    let valid = caller.peer.check_validity(SystemTime::now());
    valid
        .map_err(Failure::from)
        .and_then(|()| authorize())
        .map_err(|failure| status(&failure.error))
}
