//! Ids of what a ledger keeps, each its own type.

use uuid::Uuid;

use crate::Timestamp;

/// An id that sorts after every earlier one.
pub(crate) fn by_time(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
}

/// Defines an id, made by time or at random, that is written and read as text.
macro_rules! record_id {
    ($(#[$doc:meta])* $name:ident, $how:ident, $what:literal, $list:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(uuid::Uuid);

        $crate::record_id::record_id!(@$how $name);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Error;

            fn from_str(text: &str) -> $crate::Result<Self> {
                text.parse().map(Self).map_err(|error| {
                    let message = format!("{text:?} is no id of {}", $what);
                    $crate::Error::new($crate::ErrorKind::InvalidRequest, message)
                        .with_remedy(concat!("copy the id from the list of ", $list))
                        .with_source(error)
                })
            }
        }
    };
    (@by_time $name:ident) => {
        impl $name {
            /// A new id. Later ids sort after earlier ones.
            #[must_use]
            pub fn new(now: $crate::Timestamp) -> Self {
                Self($crate::record_id::by_time(now))
            }
        }
    };
    (@at_random $name:ident) => {
        impl $name {
            /// A new random id.
            #[must_use]
            pub fn random() -> Self {
                Self(uuid::Uuid::new_v4())
            }
        }
    };
}

pub(crate) use record_id;
