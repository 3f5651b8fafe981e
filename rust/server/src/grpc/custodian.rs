//! `CustodianService`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::future::join_all;
use futures_util::stream::unfold;
use supacrypt_proto::v1::custodian_service_server::CustodianService;
use supacrypt_proto::v1::reconcile_custodian_response::Event;
use supacrypt_proto::{rpc_status, status, v1};
use tonic::{Request, Response, Status, async_trait};

use super::call::{Caller, answer, peer};
use crate::custody::{Custodian, GateStatus};
use crate::keys::{Comparison, Difference};
use crate::service::{Service, Subject, draining, internal};

pub(super) struct Custodians(pub(super) Arc<Service>);

#[async_trait]
impl CustodianService for Custodians {
    async fn list_custodians(
        &self,
        request: Request<v1::ListCustodiansRequest>,
    ) -> Result<Response<v1::ListCustodiansResponse>, Status> {
        answer(
            &self.0,
            request,
            "ListCustodians",
            |_| String::new(),
            async |caller, _| {
                caller.authorize_administration()?;
                let all = caller.service.keys.custodians().all();
                let custodians = join_all(all.iter().map(|each| shown(&**each))).await;
                Ok(v1::ListCustodiansResponse { custodians })
            },
        )
        .await
    }

    type ReconcileCustodianStream = Pin<
        Box<dyn Stream<Item = Result<v1::ReconcileCustodianResponse, Status>> + Send + 'static>,
    >;

    async fn reconcile_custodian(
        &self,
        request: Request<v1::ReconcileCustodianRequest>,
    ) -> Result<Response<Self::ReconcileCustodianStream>, Status> {
        let caller = Caller { service: Arc::clone(&self.0), peer: peer(&request) };
        let resource = |message: &v1::ReconcileCustodianRequest| message.custodian.clone();
        let message =
            answer(&self.0, request, "ReconcileCustodian", resource, async |caller, message| {
                caller.authorize_administration()?;
                caller.service.keys.custodians().get(&message.custodian)?;
                Ok(message)
            })
            .await?
            .into_inner();
        Ok(Response::new(Box::pin(reconciled(caller, message))))
    }
}

async fn shown(custodian: &dyn Custodian) -> v1::Custodian {
    let problem = custodian.check().await.err();
    let endpoint = |GateStatus { endpoint: name, open, in_flight }| v1::Endpoint {
        name,
        left_alone: open,
        calls_in_flight: u32::try_from(in_flight).unwrap_or(u32::MAX),
    };
    v1::Custodian {
        name: custodian.name().to_owned(),
        capabilities: Some(custodian.capabilities().into()),
        endpoints: custodian.gates().iter().map(|gate| endpoint(gate.status())).collect(),
        problem: problem.as_ref().map(rpc_status),
    }
}

/// The differences, each repaired when that is asked for, and the summary.
fn reconciled(
    caller: Caller,
    request: v1::ReconcileCustodianRequest,
) -> impl Stream<Item = Result<v1::ReconcileCustodianResponse, Status>> + Send {
    enum State {
        Begin,
        Found(VecDeque<(v1::Difference, Difference)>, Comparison),
        Over,
    }
    let message = |event| Ok(v1::ReconcileCustodianResponse { event: Some(event) });
    unfold(State::Begin, move |state| {
        let (caller, request) = (caller.clone(), request.clone());
        async move {
            let (mut differences, compared) = match state {
                // Listing what is in a cloud may take longer than the deadline of a request.
                State::Begin => match compared(&caller, &request).await {
                    Ok(found) => found,
                    Err(error) => return Some((Err(status(&error)), State::Over)),
                },
                State::Found(differences, compared) => (differences, compared),
                State::Over => return None,
            };
            let Some((mut shown, difference)) = differences.pop_front() else {
                let (known, held) = (compared.known as u64, compared.held as u64);
                let summary = v1::ReconcileSummary { known, held };
                return Some((message(Event::Summary(summary)), State::Over));
            };
            let is_hopeless = shown.problem.is_some();
            if request.repair && !is_hopeless {
                match repaired(&caller, &request.custodian, &shown, difference, &compared).await {
                    Ok(()) => shown.repaired = true,
                    Err(error) => shown.problem = Some(rpc_status(&error)),
                }
            }
            Some((message(Event::Difference(shown)), State::Found(differences, compared)))
        }
    })
}

/// What is asked for of the differences, each as it is shown.
async fn compared(
    caller: &Caller,
    request: &v1::ReconcileCustodianRequest,
) -> supacrypt_core::Result<(VecDeque<(v1::Difference, Difference)>, Comparison)> {
    let asked_for = |kind: i32| request.kinds.is_empty() || request.kinds.contains(&kind);
    let follow = [v1::DifferenceKind::Newer, v1::DifferenceKind::Unfollowed];
    let follow = follow.into_iter().any(|kind| asked_for(kind.into()));
    let (service, custodian) = (Arc::clone(&caller.service), request.custodian.clone());
    // A token's calls are on threads that the end of a connection's lane does not wait for.
    let comparing = async move { service.keys.compare(&custodian, follow).await };
    let comparing = caller.service.workers().spawn(comparing);
    let mut found = tokio::select! {
        () = caller.service.draining().cancelled() => return Err(draining()),
        found = comparing => found.map_err(|_| internal())??,
    };
    let all = std::mem::take(&mut found.differences).into_iter();
    let told = all.map(|it| (difference_shown(&it), it)).filter(|(it, _)| asked_for(it.kind));
    Ok((told.collect(), found))
}

/// Repairs a difference, which is recorded as a request of its own.
async fn repaired(
    caller: &Caller,
    custodian: &str,
    shown: &v1::Difference,
    difference: Difference,
    compared: &Comparison,
) -> supacrypt_core::Result<()> {
    let resource = match shown.key_version.as_str() {
        "" => format!("{custodian}/{}", shown.custodian_id),
        version => version.to_owned(),
    };
    let subject = Subject::new("RepairKeyVersion", &resource);
    let (service, custodian) = (Arc::clone(&caller.service), custodian.to_owned());
    if let Difference::Missing { .. } = difference {
        tokio::select! {
            () = service.draining().cancelled() => return Err(draining()),
            settled = service.keys.settle(&custodian, compared) => settled?,
        }
    }
    let repair = async move { Ok(service.keys.repair(&custodian, &difference).await?) };
    caller.service.decide(&caller.peer, subject, None, repair).await
}

fn difference_shown(difference: &Difference) -> v1::Difference {
    use v1::DifferenceKind as Kind;
    let (kind, key_version) = match difference {
        Difference::Orphan(_) => (Kind::Orphan, String::new()),
        Difference::Missing { name, .. } => (Kind::Missing, name.to_string()),
        Difference::Deleted(name) => (Kind::Deleted, name.to_string()),
        Difference::Disabled(name) => (Kind::Disabled, name.to_string()),
        Difference::Enabled(name) => (Kind::Enabled, name.to_string()),
        Difference::Unusable(name, _) => (Kind::Unusable, name.to_string()),
        Difference::Newer(key, _) => (Kind::Newer, key.to_string()),
        Difference::Unfollowed(key, _) => (Kind::Unfollowed, key.to_string()),
    };
    let custodian_id = match difference {
        Difference::Orphan(held) => String::from_utf8_lossy(&held.context).into_owned(),
        _ => String::new(),
    };
    let problem = match difference {
        Difference::Unusable(_, error) | Difference::Unfollowed(_, error) => {
            Some(rpc_status(error))
        }
        _ => None,
    };
    v1::Difference { kind: kind.into(), key_version, custodian_id, problem, repaired: false }
}
