//! The lines of PrestaShop that the fake can be.

use serde::{Deserialize, Serialize};

/// A line of PrestaShop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PrestashopVersion {
    /// 1.6, as recorded from 1.6.1.24.
    #[serde(rename = "1.6")]
    V1_6,
    /// 8, between the two recorded ones: its fields are those of 9.0, its read-only fields those of 1.6.
    #[serde(rename = "8")]
    V8,
    /// 9.0, as recorded from 9.0.3.
    #[default]
    #[serde(rename = "9.0")]
    V9_0,
}

impl PrestashopVersion {
    /// What `PSWS-Version` says.
    #[must_use]
    pub fn reported(self) -> &'static str {
        match self {
            Self::V1_6 => "1.6.1.24",
            Self::V8 => "8.1.5",
            Self::V9_0 => "9.0.3",
        }
    }

    /// Most of what changed came with 8.
    pub(super) fn is_old(self) -> bool {
        self == Self::V1_6
    }
}
