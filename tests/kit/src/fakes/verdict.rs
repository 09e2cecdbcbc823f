//! A switch that many quirks are.

use serde::{Deserialize, Serialize};

/// Whether a doubtful request is granted or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Answered as if it had taken effect.
    Success,
    /// Answered with an error.
    Error,
}
