//! Switches for what varies between shops, hosts and versions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fault::{ThrottleShape, seconds};

/// How the shop and its host behave where that varies, or where nobody has seen it.
///
/// Over HTTP every field may be set on its own, with `snake_case` names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Quirks {
    /// Lists come in no useful order unless a sort is asked for; off, they come by id.
    pub unsorted_lists: bool,
    /// Since 8: bad parameters raise warnings beside their error, so the status becomes 500.
    pub php_warnings: bool,
    /// In 8: the stored date `0000-00-00` is refused on its way back, as in 1.6.
    pub v8_refuses_zero_dates: bool,
    /// The web server keeps the `Authorization` header to itself.
    pub strips_authorization: bool,
    /// A module prints a notice before every body.
    pub junk_before_body: bool,
    /// A firewall answers PUT, PATCH and DELETE with an HTML 403.
    pub firewall_blocks_methods: bool,
    /// The status of the redirect to the main address: 301 or 302.
    pub redirect_status: u16,
    /// Requests in a second that the host lets through.
    pub limit_per_second: usize,
    /// How the host refuses one more.
    pub limit_shape: ThrottleShape,
    /// How lists with a `limit` go wrong.
    pub paging: Paging,
    /// Whether the Admin API is there; only 9.0 has one.
    pub admin_api: bool,
    /// The version of the module behind it.
    pub api_module: ApiModule,
    /// The webservice looks keys up in a replica of the database: it sees what the Admin API does to them only after this
    /// time on the fake's clock.
    #[serde(with = "seconds")]
    pub key_delay: Duration,
    /// The status for a new key that exists already: 500, because nothing maps the exception, or 422.
    pub duplicate_key_status: u16,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            unsorted_lists: true,
            php_warnings: true,
            v8_refuses_zero_dates: true,
            strips_authorization: false,
            junk_before_body: false,
            firewall_blocks_methods: false,
            redirect_status: 302,
            limit_per_second: 5,
            limit_shape: ThrottleShape::AllHeaders,
            paging: Paging::Right,
            admin_api: true,
            api_module: ApiModule::V0_6,
            key_delay: Duration::ZERO,
            duplicate_key_status: 500,
        }
    }
}

/// How lists with a `limit` go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paging {
    /// Not at all.
    Right,
    /// Each page but the first begins with the last row of the page before.
    RepeatedRow,
    /// The first page comes whatever the offset.
    SamePage,
    /// Rows come backwards, whatever order was asked for.
    Backwards,
}

/// The version of the module that makes the Admin API: what it offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ApiModule {
    /// Only API clients.
    #[serde(rename = "0.1")]
    V0_1,
    /// Webservice keys as well.
    #[serde(rename = "0.2")]
    V0_2,
    /// Profiles as well.
    #[serde(rename = "0.6")]
    V0_6,
}
