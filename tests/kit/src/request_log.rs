//! What a fake remembers of the requests it saw: never a token, never a body.

use guestpass::Timestamp;
use serde::Serialize;

use crate::fault::RequestFacts;

/// One request that reached a fake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What was asked for: the GraphQL fields at the root (and right below it), or the tail of a REST path.
    pub operations: Vec<String>,
    /// Whether the request could change something.
    pub write: bool,
    /// The status of the answer; `None` when the connection was dropped instead.
    pub status: Option<u16>,
    /// The time on the fake's clock.
    pub at: Timestamp,
    /// Whether the request carried a token at all.
    pub token_present: bool,
    /// Whether it was refused as one request too many.
    pub throttled: bool,
}

/// All requests since the start or the last [`clear`](Self::clear).
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: Vec<LoggedRequest>,
}

impl RequestLog {
    pub(crate) fn record(
        &mut self,
        facts: RequestFacts,
        at: Timestamp,
        status: Option<u16>,
        throttled: bool,
    ) {
        self.requests.push(LoggedRequest {
            method: facts.method,
            path: facts.path,
            operations: facts.operations,
            write: facts.write,
            status,
            at,
            token_present: facts.token_present,
            throttled,
        });
    }

    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        self.requests.clone()
    }

    pub(crate) fn count(&self, wanted: impl Fn(&LoggedRequest) -> bool) -> usize {
        self.requests.iter().filter(|request| wanted(request)).count()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}
