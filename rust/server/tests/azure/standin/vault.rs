//! A vault: keys and what is asked of them (Key Vault REST API, 7.6).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::entra::{AUDIENCE, Entra, TENANT};
use super::key::Version;
use crate::faults::{Answer, Request};

/// The keys of a vault.
pub(crate) struct Keys {
    state: Mutex<State>,
    entra: Arc<Entra>,
}

#[derive(Default)]
struct State {
    keys: BTreeMap<String, Entry>,
    bin: BTreeMap<String, Entry>,
    /// Whether what is deleted stays for its time.
    protected: bool,
    /// Answers to come to purging that say that the key is still being deleted.
    deleting: usize,
    /// Until then keys are found neither in use nor in the bin.
    hidden: Option<Instant>,
    /// For so long after a recovery.
    recovering: Duration,
    /// Counts versions, and is the time.
    count: u64,
}

#[derive(Clone, Default)]
struct Entry {
    /// Oldest first.
    versions: Vec<Version>,
    tags: Value,
}

impl Keys {
    /// None yet. Calls come with tokens that `entra` gave.
    pub(crate) fn new(entra: Arc<Entra>) -> Keys {
        Keys { state: Mutex::default(), entra }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.state.lock().keys.keys().cloned().collect()
    }

    pub(crate) fn deleted(&self) -> Vec<String> {
        self.state.lock().bin.keys().cloned().collect()
    }

    pub(crate) fn protect(&self, protected: bool) {
        self.state.lock().protected = protected;
    }

    pub(crate) fn delay_deletion(&self, answers: usize) {
        self.state.lock().deleting = answers;
    }

    /// Has keys be neither in use nor in the bin for a while, as one is that is moved.
    pub(crate) fn hide(&self, time: Duration) {
        self.state.lock().hidden = Some(Instant::now() + time);
    }

    /// The same after each recovery.
    pub(crate) fn delay_recovery(&self, time: Duration) {
        self.state.lock().recovering = time;
    }

    /// Asks as an operator of the vault.
    pub(crate) fn operate(&self, method: &str, target: &str, body: Value) -> Value {
        let request = Request {
            method: method.into(),
            target: format!("{target}?api-version=7.6"),
            headers: vec![("authorization".into(), format!("Bearer {}", self.entra.token()))],
            body: body.to_string().into(),
        };
        let answer = self.serve(&request);
        assert!(answer.status < 300, "{method} {target}: {}", answer.status);
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    pub(crate) fn serve(&self, request: &Request) -> Answer {
        let bearer = request.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        if !bearer.is_some_and(|token| self.entra.is_good(token)) {
            assert!(
                bearer.is_some() || request.body.is_empty(),
                "a vault is told something by nobody"
            );
            let challenge = format!(
                "Bearer authorization=\"https://login.example/{TENANT}\", resource=\"{AUDIENCE}\""
            );
            return refused(401, "Unauthorized", "").with("WWW-Authenticate", challenge);
        }
        if !request.target.contains("api-version=") {
            return refused(400, "BadParameter", "");
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        // Upper and lower case make no difference, and the answer is in lower case.
        let path = request.path().to_ascii_lowercase();
        let path: Vec<&str> = path.split('/').skip(1).collect();
        let host = request.header("host").unwrap_or("operator").to_owned();
        let mut state = self.state.lock();
        match (request.method.as_str(), &path[..]) {
            ("GET", ["keys", _, _] | ["deletedkeys", _])
                if state.hidden.is_some_and(|until| Instant::now() < until) =>
            {
                gone()
            }
            ("POST", ["keys", name, "create"]) => state.make(&host, name, &body, Version::make),
            ("PUT", ["keys", name]) => state.make(&host, name, &body, Version::bring),
            ("GET", ["keys"]) => state.list(&host, request),
            ("GET", ["keys", name, "versions"]) => state.list_versions(&host, name),
            ("GET", ["keys", name, version]) => {
                let url = format!("https://{host}/keys/{name}");
                state.with(name, version, |entry, at| entry.bundle(&url, at))
            }
            ("PATCH", ["keys", name, version]) => {
                let url = format!("https://{host}/keys/{name}");
                state.with(name, version, |entry, at| {
                    if let Some(enabled) = body["attributes"]["enabled"].as_bool() {
                        entry.versions[at].enabled = enabled;
                    }
                    if let Some(expires) = body["attributes"]["exp"].as_u64() {
                        entry.versions[at].expires = Some(expires);
                    }
                    entry.bundle(&url, at)
                })
            }
            ("POST", ["keys", name, version, operation]) => {
                let kid = format!("https://{host}/keys/{name}/{version}");
                state.with(name, version, |entry, at| {
                    let version = &entry.versions[at];
                    match version.perform(operation, &body) {
                        Ok(value) => found(json!({"kid": kid, "value": value})),
                        Err((status, code, inner)) => refused(status, code, inner),
                    }
                })
            }
            ("DELETE", ["keys", name]) => state.delete(&host, name),
            ("GET", ["deletedkeys", name]) => match state.bin.get(*name) {
                Some(entry) => entry.bundle(&format!("https://{host}/keys/{name}"), entry.newest()),
                None => gone(),
            },
            ("POST", ["deletedkeys", name, "recover"]) => match state.bin.remove(*name) {
                Some(entry) => {
                    let url = format!("https://{host}/keys/{name}");
                    let answer = entry.bundle(&url, entry.newest());
                    state.keys.insert((*name).to_owned(), entry);
                    state.hidden = Some(Instant::now() + state.recovering);
                    answer
                }
                None => gone(),
            },
            ("DELETE", ["deletedkeys", name]) => state.purge(name),
            _ => refused(404, "NotFound", ""),
        }
    }
}

impl State {
    fn make(
        &mut self,
        host: &str,
        name: &str,
        body: &Value,
        version: impl Fn(&Value) -> Option<Version>,
    ) -> Answer {
        if self.bin.contains_key(name) {
            return refused(409, "Conflict", "ObjectIsDeletedButRecoverable");
        }
        let Some(mut version) = version(body) else { return refused(400, "BadParameter", "") };
        self.count += 1;
        version.id = format!("{:032x}", self.count);
        version.created = 1_700_000_000 + self.count;
        let entry = self.keys.entry(name.to_owned()).or_default();
        entry.versions.push(version);
        entry.tags = body["tags"].clone();
        entry.bundle(&format!("https://{host}/keys/{name}"), entry.newest())
    }

    fn with(
        &mut self,
        name: &str,
        version: &str,
        act: impl FnOnce(&mut Entry, usize) -> Answer,
    ) -> Answer {
        let Some(entry) = self.keys.get_mut(name) else { return gone() };
        let newest = entry.newest();
        let found = entry.versions.iter().position(|each| each.id == version);
        match found.or_else(|| version.is_empty().then_some(newest)) {
            Some(at) => act(entry, at),
            None => gone(),
        }
    }

    /// A page of keys: no more than were asked for, and a link to the rest.
    fn list(&self, host: &str, request: &Request) -> Answer {
        let parameter = |name: &str| {
            let query = request.target.split('?').nth(1)?.split('&');
            query
                .filter_map(|pair| pair.split_once('='))
                .find(|(given, _)| *given == name)?
                .1
                .parse()
                .ok()
        };
        let count: usize = parameter("maxresults").unwrap_or(25);
        let skip: usize = parameter("skip").unwrap_or(0);
        let items: Vec<_> = self
            .keys
            .iter()
            .skip(skip)
            .take(count)
            .map(|(name, entry)| {
                let newest = entry.versions.last().unwrap();
                let kid = format!("https://{host}/keys/{name}");
                json!({"kid": kid, "attributes": newest.attributes(), "tags": entry.tags})
            })
            .collect();
        let next = (skip + count < self.keys.len()).then(|| {
            format!("https://{host}/keys?api-version=7.6&skip={}&maxresults={count}", skip + count)
        });
        found(json!({"value": items, "nextLink": next}))
    }

    fn list_versions(&self, host: &str, name: &str) -> Answer {
        let Some(entry) = self.keys.get(name) else { return gone() };
        let item = |version: &Version| {
            let kid = format!("https://{host}/keys/{name}/{}", version.id);
            json!({"kid": kid, "attributes": version.attributes(), "tags": entry.tags})
        };
        let items: Vec<_> = entry.versions.iter().rev().map(item).collect();
        found(json!({"value": items, "nextLink": null}))
    }

    fn delete(&mut self, host: &str, name: &str) -> Answer {
        let Some(entry) = self.keys.remove(name) else { return gone() };
        let level = if self.protected { "Recoverable" } else { "Recoverable+Purgeable" };
        let kid = format!("https://{host}/keys/{name}/{}", entry.versions.last().unwrap().id);
        self.bin.insert(name.to_owned(), entry);
        found(json!({"key": {"kid": kid}, "attributes": {"recoveryLevel": level},
            "recoveryId": format!("https://{host}/deletedkeys/{name}")}))
    }

    fn purge(&mut self, name: &str) -> Answer {
        if self.deleting > 0 {
            self.deleting -= 1;
            return refused(409, "Conflict", "ObjectIsBeingDeleted");
        }
        match self.bin.remove(name) {
            Some(_) => Answer::new(204, ""),
            None => gone(),
        }
    }
}

impl Entry {
    fn newest(&self) -> usize {
        self.versions.len() - 1
    }

    fn bundle(&self, url: &str, at: usize) -> Answer {
        let version = &self.versions[at];
        let mut key = version.public();
        key["kid"] = format!("{url}/{}", version.id).into();
        found(json!({"key": key, "attributes": version.attributes(), "tags": self.tags}))
    }
}

fn found(body: Value) -> Answer {
    Answer::new(200, body.to_string()).with("content-type", "application/json")
}

fn gone() -> Answer {
    refused(404, "KeyNotFound", "")
}

pub(crate) fn refused(status: u16, code: &str, inner: &str) -> Answer {
    let mut error = json!({"code": code, "message": "what a vault says"});
    if !inner.is_empty() {
        error["innererror"] = json!({"code": inner});
    }
    Answer::new(status, json!({"error": error}).to_string())
        .with("content-type", "application/json")
}
