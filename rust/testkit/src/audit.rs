//! The audit log of a backend.

use std::ops::ControlFlow;

use supacrypt_proto::v1::{
    AuditEntry, ReadAuditLogRequest, audit_service_client::AuditServiceClient,
};

use crate::Backend;

impl Backend {
    /// All entries so far, read through the API by principal `admin`. Reading is itself recorded.
    ///
    /// # Panics
    /// When they cannot be read.
    pub fn audit(&self) -> Vec<AuditEntry> {
        let mut entries = Vec::new();
        self.admin()
            .stream(
                |transport| async move {
                    AuditServiceClient::new(transport)
                        .read_audit_log(ReadAuditLogRequest::default())
                        .await
                },
                |answer| {
                    entries.extend(answer.entries);
                    ControlFlow::Continue(())
                },
            )
            .unwrap_or_else(|error| panic!("reading the audit log: {error}\n{}", self.log()));
        entries
    }
}
