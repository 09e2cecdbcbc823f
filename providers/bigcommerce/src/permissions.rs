//! What the platform's permission names mean to us.

/// The mark of a user who has not been given anything.
const NOTHING: &str = "No_Permission_Required";

/// Permissions that let somebody grant access, make API tokens, move money, change the site's code or take data out.
const PRIVILEGED: &[&str] = &[
    "Manage_Users",
    "Add_User",
    "Edit_Users",
    "Delete_Users",
    "Grant_High_Risk_Store_Permissions",
    "Create_Store_API_Tokens",
    "List_Store_API_Tokens",
    "Delete_Store_API_Tokens",
    "IntegratedApps_InstallApp",
    "IntegratedApps_UninstallApp",
    "Manage_Payments",
    "Manage_Settings",
    "Manage_Scripts",
    "Manage_DNS_Records",
    "Refund_Orders",
    "Capture_Funds",
    "Export_Customers",
    "Export_Orders",
    "Manage_Logs",
];

/// The permission whose holder may have made API tokens that outlive them.
pub(crate) const MAKES_TOKENS: &str = "Create_Store_API_Tokens";

/// Which of these are privileged, in their order.
pub(crate) fn privileged(permissions: &[String]) -> Vec<String> {
    permissions.iter().filter(|name| PRIVILEGED.contains(&name.as_str())).cloned().collect()
}

/// The permissions without repetitions and without the mark for "nothing".
pub(crate) fn meaningful(permissions: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(permissions.len());
    for name in permissions {
        if name != NOTHING && !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_for_nothing_is_no_permission() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(meaningful(list(&[NOTHING, NOTHING])).is_empty());
        let kept = meaningful(list(&["Manage_Orders", NOTHING, "Manage_Users", "Manage_Orders"]));
        assert_eq!(kept, ["Manage_Orders", "Manage_Users"]);
        assert_eq!(privileged(&kept), ["Manage_Users"]);
    }
}
