//! `AuditService`.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use supacrypt_proto::v1;
use supacrypt_proto::v1::audit_service_server::AuditService;
use tonic::{Request, Response, Status, async_trait};

use super::call::{Caller, answer, peer};
use super::streams::audit_entries;
use crate::audit::Start;
use crate::service::Service;

pub(super) struct Audit(pub(super) Arc<Service>);

#[async_trait]
impl AuditService for Audit {
    type ReadAuditLogStream =
        Pin<Box<dyn Stream<Item = Result<v1::ReadAuditLogResponse, Status>> + Send + 'static>>;

    async fn read_audit_log(
        &self,
        request: Request<v1::ReadAuditLogRequest>,
    ) -> Result<Response<Self::ReadAuditLogStream>, Status> {
        let caller = Caller { service: Arc::clone(&self.0), peer: peer(&request) };
        let resource = |message: &v1::ReadAuditLogRequest| {
            message.filter.as_ref().map(|filter| filter.resource.clone()).unwrap_or_default()
        };
        let reader = answer(&self.0, request, "ReadAuditLog", resource, async |caller, message| {
            caller.authorize_administration()?;
            let filter = message.filter.unwrap_or_default();
            Ok(caller.service.audit.read(Start::from(message.start), filter, message.follow))
        })
        .await?
        .into_inner();
        Ok(Response::new(Box::pin(audit_entries(caller, reader))))
    }
}
