//! Faults that a test or a driving program puts into a fake's answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One way in which a platform, or the network before it, fails.
///
/// "Applied" means that the request took effect although the caller cannot see it from the answer. Over HTTP the
/// names are written in `snake_case` and durations in seconds: `{"late_commit": {"after": 30}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Nothing applied; the connection is dropped before an answer.
    ConnectionReset,
    /// Applied; the connection is dropped before an answer.
    LostAnswer,
    /// The connection is dropped now; the write is applied once the fake's clock has moved on.
    LateCommit {
        /// How far the fake's clock must move before the write is applied.
        #[serde(with = "seconds")]
        after: Duration,
    },
    /// Not applied; refused as one request too many.
    Throttled(ThrottleShape),
    /// Not applied; this status with the platform's own body for it.
    Status(u16),
    /// Applied, yet answered with this status.
    StatusAfterCommit(u16),
    /// Not applied; an HTML page from an edge, with this status.
    Html(u16),
    /// Applied; the body is cut in the middle.
    Truncated,
    /// Applied; valid JSON whose fields have the wrong types.
    WrongType,
    /// Applied; the body is padded to more than this many bytes.
    Oversized(usize),
    /// Applied; the answer is delayed by real time (at most ten minutes), whatever the fake's clock says.
    Slow(#[serde(with = "seconds")] Duration),
    /// Not applied; a redirect to this absolute URL.
    Redirect(String),
    /// Not applied; HTTP 200 with a GraphQL error that names missing scopes.
    GraphqlDenied,
    /// Applied; `data` and `errors` together.
    GraphqlPartial,
    /// Not applied; HTTP 200, `data` null and an error without a known code.
    GraphqlErrorUnknown,
    /// Not applied; the query is refused as too complex.
    ComplexityExceeded,
    /// Not applied; the store is suspended.
    StoreSuspended,
    /// Applied; HTTP 200 with an empty body.
    EmptyBody,
    /// Applied; unknown fields at every level and an unknown value for every `status`.
    ExtraFields,
}

/// How a refusal for too many requests looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ThrottleShape {
    /// Every header the platform documents.
    #[default]
    AllHeaders,
    /// Only the platform's header in seconds.
    RetryAfterSeconds,
    /// Only the platform's header in milliseconds.
    ResetMillis,
    /// No header, the platform's own body.
    NoHeaders,
    /// No header and an HTML page, as from an overloaded edge.
    NoHeadersHtml,
    /// The standard `Retry-After` as an HTTP date.
    StandardRetryAfterDate,
    /// Status 509, as old clients report it.
    Status509,
}

/// The requests that a fault fires on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum On {
    /// Whatever comes next.
    AnyRequest,
    /// Requests that change nothing.
    Reads,
    /// Requests that change something.
    Writes,
    /// Requests whose path contains this text.
    Path(String),
    /// Requests for this operation, see [`LoggedRequest::operations`](crate::LoggedRequest::operations).
    Operation(String),
}

/// What a fault and the log need to know of a request, and all they may know: no token, no body.
#[derive(Debug, Clone)]
pub(crate) struct RequestFacts {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) operations: Vec<String>,
    pub(crate) write: bool,
    pub(crate) token_present: bool,
}

impl On {
    fn matches(&self, facts: &RequestFacts) -> bool {
        match self {
            Self::AnyRequest => true,
            Self::Reads => !facts.write,
            Self::Writes => facts.write,
            Self::Path(part) => facts.path.contains(part),
            Self::Operation(name) => facts.operations.contains(name),
        }
    }
}

/// Faults waiting for a request, in the order they were injected.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue {
    waiting: Vec<Injected>,
}

#[derive(Debug)]
struct Injected {
    on: On,
    fault: Fault,
    left: usize,
}

impl FaultQueue {
    pub(crate) fn inject(&mut self, on: On, fault: Fault, times: usize) {
        if times > 0 {
            self.waiting.push(Injected { on, fault, left: times });
        }
    }

    /// Takes the oldest fault that matches; each one fires as often as it was injected for.
    pub(crate) fn take(&mut self, facts: &RequestFacts) -> Option<Fault> {
        let injected = self.waiting.iter_mut().find(|injected| injected.on.matches(facts))?;
        injected.left -= 1;
        let fault = injected.fault.clone();
        self.waiting.retain(|injected| injected.left > 0);
        Some(fault)
    }

    pub(crate) fn withdraw(&mut self) {
        self.waiting.clear();
    }

    pub(crate) fn unfired(&self) -> Vec<String> {
        self.waiting
            .iter()
            .map(|injected| format!("{:?} on {:?}, {} left", injected.fault, injected.on, injected.left))
            .collect()
    }
}

/// Durations as a number of seconds, which is what a person writes into a control request.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(write: bool, operation: &str) -> RequestFacts {
        RequestFacts {
            method: "POST".to_owned(),
            path: "/accounts/a/graphql".to_owned(),
            operations: vec![operation.to_owned()],
            write,
            token_present: true,
        }
    }

    #[test]
    fn a_fault_fires_as_often_as_injected_and_only_where_it_matches() {
        let mut queue = FaultQueue::default();
        queue.inject(On::Operation("stores".to_owned()), Fault::LostAnswer, 2);
        assert_eq!(queue.take(&facts(true, "addUserToStore")), None);
        assert_eq!(queue.take(&facts(false, "stores")), Some(Fault::LostAnswer));
        assert_eq!(queue.unfired().len(), 1);
        assert_eq!(queue.take(&facts(false, "stores")), Some(Fault::LostAnswer));
        assert_eq!(queue.take(&facts(false, "stores")), None);
        assert!(queue.unfired().is_empty());
    }

    #[test]
    fn the_http_form_is_snake_case_with_seconds() {
        let fault: Fault = serde_json::from_str(r#"{"late_commit":{"after":1.5}}"#).unwrap();
        assert_eq!(fault, Fault::LateCommit { after: Duration::from_millis(1500) });
        let fault: Fault = serde_json::from_str(r#"{"throttled":"no_headers_html"}"#).unwrap();
        assert_eq!(fault, Fault::Throttled(ThrottleShape::NoHeadersHtml));
        assert!(serde_json::from_str::<Fault>(r#"{"slow":-1}"#).is_err());
        assert!(serde_json::from_str::<Fault>(r#"{"slow":1e300}"#).is_err());
    }
}
