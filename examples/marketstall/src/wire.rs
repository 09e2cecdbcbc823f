//! The vendor's JSON. What is not needed to tell people apart may be missing; unknown fields and values decode.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Stall {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// What the token may do.
    #[serde(default)]
    pub(crate) rights: Vec<String>,
}

/// A page of members.
#[derive(Debug, Deserialize)]
pub(crate) struct Members {
    pub(crate) members: Vec<Member>,
    /// How many there are on all pages.
    pub(crate) total: usize,
    #[serde(default)]
    next: Option<String>,
}

impl Members {
    /// The cursor of the next page. Whether the last page has none or an empty one is not documented.
    pub(crate) fn next(&self) -> Option<&str> {
        self.next.as_deref().filter(|cursor| !cursor.is_empty())
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Member {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) role: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    /// When they signed in last. Whether `null` means never, or that nobody has counted yet, is not documented.
    #[serde(default)]
    pub(crate) last_seen: Option<String>,
}

/// The answer to a write.
#[derive(Debug, Deserialize)]
pub(crate) struct Changed {
    pub(crate) member: Member,
}

/// The answer to a refusal, and what stands beside the data of a half success.
#[derive(Debug, Deserialize)]
pub(crate) struct ErrorBody {
    pub(crate) error: ErrorDetail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorDetail {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}
