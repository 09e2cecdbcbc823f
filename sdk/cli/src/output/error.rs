//! An error for machines.

use guestpass::{Error, Retry};
use serde::Serialize;

use super::StepView;

/// An error. `retry` says whether the same command may be given again.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorView {
    kind: &'static str,
    pub(crate) message: String,
    pub(crate) next: String,
    store: Option<String>,
    platform: Option<String>,
    field: Option<String>,
    operation: Option<&'static str>,
    status: Option<u16>,
    code: Option<String>,
    request_id: Option<String>,
    retry: &'static str,
    retry_after_seconds: Option<u64>,
    manual_step: Option<StepView>,
}

impl From<&Error> for ErrorView {
    fn from(error: &Error) -> Self {
        let (retry, wait) = match error.retry() {
            Retry::Never => ("never", None),
            Retry::Backoff => ("later", None),
            Retry::After(wait) => ("later", Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))),
            Retry::SettleFirst => ("look_first", None),
            _ => ("never", None),
        };
        Self {
            kind: error.kind().as_str(),
            message: error.message().to_owned(),
            next: error.remedy().to_owned(),
            store: error.store().map(ToString::to_string),
            platform: error.provider().map(ToString::to_string),
            field: error.field().map(ToOwned::to_owned),
            operation: error.operation(),
            status: error.status(),
            code: error.code().map(ToOwned::to_owned),
            request_id: error.request_id().map(ToOwned::to_owned),
            retry,
            retry_after_seconds: wait,
            manual_step: error.manual_step().map(StepView::from),
        }
    }
}
