//! What PrestaShop can do, and why not more.

use guestpass::{Capabilities, Capability, Operation, Support};

/// What a connection can do, with the Admin API or without.
pub(crate) fn capabilities(with_admin: bool) -> Capabilities {
    let rights = "needs the key's rights on `employees`, which a check shows";
    let native = |reason: &'static str, requests| Capability::new(Support::Native, reason).costing(requests);
    // Reading the account, and writing all of it back.
    let emulated = |reason: &'static str, requests| {
        Capability::new(Support::Emulated, reason).costing(requests).unproven(rights)
    };
    let unsupported = |reason: &'static str| Capability::new(Support::Unsupported, reason);
    let rotate = if with_admin {
        "API clients and webservice keys by the Admin API, passwords of employees by the webservice"
    } else {
        "passwords of employees; without a client of the Admin API a human makes keys and clients"
    };
    let (check, list_roles) = if with_admin {
        (
            native("what the key may do, and whether the Admin API grants its scopes", 3),
            native(
                "the numbers named in `profiles`, with their names from the Admin API, which lists none",
                1,
            ),
        )
    } else {
        (
            native("what the key may do, as the webservice tells", 1),
            native("the numbers named in `profiles`: no API lists profiles", 0),
        )
    };
    Capabilities::new([
        (Operation::Check, check),
        (Operation::ListRoles, list_roles),
        (Operation::List, native("the employees of the shop, a hundred at a time", 1).unproven(rights)),
        (Operation::Observe, native("a complete listing of the employees", 1).unproven(rights)),
        (
            Operation::ObserveInvitation,
            native("there are no invitations: an account is an access at once, and is listed", 1)
                .unproven(rights),
        ),
        (
            Operation::Invite,
            native("makes an employee with a password of ours, or switches on one that is off", 3)
                .unproven(rights),
        ),
        (
            Operation::AssignRole,
            native("an employee is made with a profile; a new profile's rights are ticked by hand", 0),
        ),
        (
            Operation::Remove,
            emulated("switches the account off and replaces its password; deletes it on an explicit word", 2),
        ),
        (
            Operation::Resend,
            unsupported("PrestaShop invites nobody: give the account a new password instead"),
        ),
        (Operation::CancelInvitation, unsupported("an employee is inside at once: remove them")),
        (Operation::SetRole, emulated("reads the account and writes it back with another profile", 3)),
        (Operation::SetActive, emulated("reads the account and writes it back, switched on or off", 3)),
        (
            Operation::ResetPassword,
            emulated("reads the account and writes it back with a password of ours", 3),
        ),
        (
            Operation::GrantApiAccess,
            unsupported(
                "no released API makes a webservice key or API client that cannot reach more than it should",
            ),
        ),
        (
            Operation::RotateCredentials,
            Capability::new(Support::Emulated, rotate)
                .costing(10)
                .unproven("what the key and the client may do, and which version the shop has"),
        ),
    ])
}
