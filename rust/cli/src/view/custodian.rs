//! Custodians, and what they and the server do not agree about.

use serde::Serialize;
use supacrypt_core::Error;
use supacrypt_proto::{error_from_rpc_status, v1};

use super::keyring::CapabilitiesView;
use crate::output::table;

#[derive(Serialize)]
pub(crate) struct CustodianView {
    name: String,
    answers: bool,
    problem: Option<ProblemView>,
    endpoints: Vec<EndpointView>,
    capabilities: Option<CapabilitiesView>,
}

#[derive(Serialize)]
struct EndpointView {
    name: String,
    left_alone: bool,
    calls_in_flight: u32,
}

#[derive(Serialize)]
struct ProblemView {
    reason: &'static str,
    message: String,
}

impl From<Error> for ProblemView {
    fn from(error: Error) -> Self {
        ProblemView { reason: error.reason().as_str(), message: error.message().to_owned() }
    }
}

impl From<v1::Custodian> for CustodianView {
    fn from(custodian: v1::Custodian) -> Self {
        let problem = custodian.problem.as_ref().map(error_from_rpc_status);
        let endpoint = |v1::Endpoint { name, left_alone, calls_in_flight }| EndpointView {
            name,
            left_alone,
            calls_in_flight,
        };
        CustodianView {
            name: custodian.name,
            answers: problem.is_none(),
            problem: problem.map(Into::into),
            endpoints: custodian.endpoints.into_iter().map(endpoint).collect(),
            capabilities: custodian.capabilities.map(Into::into),
        }
    }
}

impl CustodianView {
    /// A line for each endpoint.
    pub(crate) fn human_list(custodians: &[Self]) -> String {
        let row = |custodian: &Self, endpoint: Option<&EndpointView>| {
            let state = match (&custodian.problem, endpoint) {
                (_, Some(endpoint)) if endpoint.left_alone => "left alone, does not answer",
                (Some(_), _) => "does not answer",
                (None, _) => "answers",
            };
            let name = endpoint.map_or("", |endpoint| &endpoint.name).to_owned();
            let in_flight = endpoint.map_or(0, |endpoint| endpoint.calls_in_flight).to_string();
            [custodian.name.clone(), name, state.to_owned(), in_flight]
        };
        let rows = custodians.iter().flat_map(|custodian| {
            let endpoints = custodian.endpoints.iter().map(Some);
            let none = custodian.endpoints.is_empty().then_some(None);
            endpoints.chain(none).map(|endpoint| row(custodian, endpoint)).collect::<Vec<_>>()
        });
        let mut text = table(&["NAME", "ENDPOINT", "STATE", "CALLS"], rows);
        for custodian in custodians {
            if let Some(problem) = &custodian.problem {
                text.push_str(&format!("\n{}: {}\n", custodian.name, problem.message));
            }
        }
        text
    }

    /// Its name, and how it is.
    pub(crate) fn state(&self) -> (&str, Result<String, &str>) {
        let left_alone = self.endpoints.iter().filter(|endpoint| endpoint.left_alone).count();
        let state = match &self.problem {
            Some(problem) => Err(problem.message.as_str()),
            None if left_alone > 0 => {
                Err("some of its endpoints do not answer, and are left alone")
            }
            None => Ok(match self.endpoints.len() {
                0 => "in the server".to_owned(),
                1 => "answers".to_owned(),
                all => format!("all {all} endpoints answer"),
            }),
        };
        (&self.name, state)
    }
}

#[derive(Serialize)]
pub(crate) struct DifferenceView {
    difference: &'static str,
    key_version: String,
    custodian_id: String,
    repaired: bool,
    problem: Option<ProblemView>,
}

impl From<v1::Difference> for DifferenceView {
    fn from(difference: v1::Difference) -> Self {
        DifferenceView {
            difference: match difference.kind() {
                v1::DifferenceKind::Orphan => "orphan",
                v1::DifferenceKind::Missing => "missing",
                v1::DifferenceKind::Deleted => "deleted",
                v1::DifferenceKind::Disabled => "disabled",
                v1::DifferenceKind::Unusable => "unusable",
                v1::DifferenceKind::Newer => "newer",
                v1::DifferenceKind::Unfollowed => "unfollowed",
                v1::DifferenceKind::Enabled => "enabled",
                v1::DifferenceKind::Unspecified => "unknown",
            },
            problem: difference.problem.as_ref().map(|it| error_from_rpc_status(it).into()),
            key_version: difference.key_version,
            custodian_id: difference.custodian_id,
            repaired: difference.repaired,
        }
    }
}

impl DifferenceView {
    /// One line.
    pub(crate) fn human(&self) -> String {
        let subject =
            if self.key_version.is_empty() { &self.custodian_id } else { &self.key_version };
        let state = if self.repaired { "  repaired" } else { "" };
        let problem = self.problem.as_ref().map_or(String::new(), |it| format!("  {}", it.message));
        format!("{:10}  {subject}{state}{problem}", self.difference)
    }
}

#[derive(Serialize)]
pub(crate) struct SummaryView {
    known: u64,
    held: u64,
}

impl From<v1::ReconcileSummary> for SummaryView {
    fn from(summary: v1::ReconcileSummary) -> Self {
        SummaryView { known: summary.known, held: summary.held }
    }
}

impl SummaryView {
    /// One line.
    pub(crate) fn human(&self) -> String {
        let SummaryView { known, held } = self;
        format!("the server knows {known} versions, the custodian holds {held}")
    }
}
