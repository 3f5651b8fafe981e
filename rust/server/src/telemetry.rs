//! What an operator sees of the server: logs, metrics, and whether it can serve.

mod custodian_metrics;
mod health;
mod http;
mod logs;
mod metrics;

pub use custodian_metrics::{CallOutcome, CustodianMetrics, EndpointMetrics};
pub use health::{Readiness, Report};
pub use http::serve;
pub use logs::{LogFormat, init_logs};
pub use metrics::{
    CacheMetrics, ConnectionMetrics, Metrics, OpenConnection, OperationMetrics, RequestMetrics,
    RunningOperation,
};
