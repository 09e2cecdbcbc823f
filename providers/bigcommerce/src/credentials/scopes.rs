//! Which scope opens which harmless read, because no API tells a token's scopes.
//!
//! Scopes: <https://docs.bigcommerce.com/developer/docs/overview/api-accounts>. Only the first two reads are in the
//! vendor's own description of their scope; for the others the path is our best knowledge. A path that is not there proves
//! nothing, and one that needs another scope answers old and new token alike.

/// What a pair of scopes allows to read, and where.
#[derive(Debug)]
pub(super) struct Reading {
    /// How the control panel names it.
    panel: &'static str,
    /// The scope for reading alone.
    pub(super) read_only: &'static str,
    /// The scope for reading and writing, where there is one.
    full: Option<&'static str>,
    /// A read that it opens, below the store.
    pub(super) path: &'static [&'static str],
}

/// The one that every token needs whose store is to be compared.
pub(super) const INFORMATION: Reading = Reading {
    panel: "Information & Settings",
    read_only: "store_v2_information_read_only",
    full: Some("store_v2_information"),
    path: &["v2", "store"],
};

const READINGS: [Reading; 8] = [
    INFORMATION,
    Reading {
        panel: "Store Logs",
        read_only: "store_logs_read_only",
        full: None,
        path: &["v3", "store", "systemlogs"],
    },
    Reading {
        panel: "Products",
        read_only: "store_v2_products_read_only",
        full: Some("store_v2_products"),
        path: &["v3", "catalog", "products"],
    },
    Reading {
        panel: "Customers",
        read_only: "store_v2_customers_read_only",
        full: Some("store_v2_customers"),
        path: &["v3", "customers", "attributes"],
    },
    Reading {
        panel: "Orders",
        read_only: "store_v2_orders_read_only",
        full: Some("store_v2_orders"),
        path: &["v2", "orders", "count"],
    },
    Reading {
        panel: "Content",
        read_only: "store_v2_content_read_only",
        full: Some("store_v2_content"),
        path: &["v3", "content", "pages"],
    },
    Reading {
        panel: "Channel settings",
        read_only: "store_channel_settings_read_only",
        full: Some("store_channel_settings"),
        path: &["v3", "channels"],
    },
    Reading {
        panel: "Themes",
        read_only: "store_themes_read_only",
        full: Some("store_themes_manage"),
        path: &["v3", "themes"],
    },
];

/// What opens with a scope, if we know.
fn reading(scope: &str) -> Option<&'static Reading> {
    READINGS.iter().find(|reading| reading.read_only == scope || reading.full == Some(scope))
}

/// The reads that show the wanted scopes; all of them when none is wanted in particular.
pub(super) fn readings(wanted: &[String]) -> Vec<&'static Reading> {
    let mut readings: Vec<&Reading> = Vec::new();
    for reading in &READINGS {
        let is_wanted = |scope: &String| reading.read_only == scope || reading.full == Some(scope.as_str());
        if wanted.is_empty() || wanted.iter().any(is_wanted) {
            readings.push(reading);
        }
    }
    readings
}

/// The wanted scopes that no read can show: those for writing, and those we do not know.
pub(super) fn unprovable(wanted: &[String]) -> Vec<&str> {
    let reads_alone = |scope: &str| reading(scope).is_some_and(|reading| reading.read_only == scope);
    wanted.iter().map(String::as_str).filter(|scope| !reads_alone(scope)).collect()
}

/// How the control panel names a scope, as far as we know, beside its parameter.
pub(super) fn in_panel(scope: &str) -> String {
    match (scope, reading(scope)) {
        (_, Some(reading)) if reading.read_only == scope => format!("{}: read-only ({scope})", reading.panel),
        (_, Some(reading)) => format!("{}: modify ({scope})", reading.panel),
        ("store_storefront_api", _) => format!("Storefront API Tokens: manage ({scope})"),
        ("store_storefront_api_customer_impersonation", _) => {
            format!("Storefront API Customer Impersonation Tokens: manage ({scope})")
        }
        ("account_read", _) => format!("Account: read-only ({scope})"),
        ("account_stores_read", _) => format!("Account Stores: read-only ({scope})"),
        ("account_apps_read", _) => format!("Account Apps: read-only ({scope})"),
        ("account_users_read", _) => format!("Account Users: read-only ({scope})"),
        ("account_users_write", _) => format!("Account Users: write ({scope})"),
        ("account_users_delete", _) => format!("Account Users: delete ({scope})"),
        _ => scope.to_owned(),
    }
}
