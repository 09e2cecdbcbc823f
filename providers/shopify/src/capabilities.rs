//! What Shopify can do, and why not more.

use guestpass::{Capabilities, Capability, Operation, Support};

const NO_API: &str = "no API of Shopify lets anybody in, out, or changes what they may do";
const GATED: &str = "needs a store on Advanced or Plus (or a finance app), and the scope read_users, which Shopify Support \
                     switches on for the app";

/// What a connection can do: `closed` says why the store hides its people, if it is known to.
pub(crate) fn capabilities(
    closed: Option<String>,
    api_access: bool,
    has_refresh_token: bool,
) -> Capabilities {
    let manual = |reason: &'static str| Capability::new(Support::Manual, reason);
    let looking = |reason: &'static str| match &closed {
        None => Capability::new(Support::Native, reason).costing(1).unproven(GATED),
        Some(why) => Capability::new(Support::Manual, format!("the store does not show its people: {why}")),
    };
    let delegates = if api_access {
        let capability =
            Capability::new(Support::Native, "delegate access tokens: fewer scopes, and a lifetime")
                .costing(2);
        if has_refresh_token {
            capability
                .unproven("the platform contradicts itself on delegates of a token that has a refresh token")
        } else {
            capability.unproven("only scopes that the control credential has itself")
        }
    } else {
        Capability::new(Support::Unsupported, "there is no credential to make a token with")
    };
    Capabilities::new([
        (
            Operation::Check,
            Capability::new(
                Support::Native,
                "reads the store, its plan and the app's scopes, and tries to read people",
            )
            .costing(2),
        ),
        (
            Operation::ListRoles,
            Capability::new(
                Support::Native,
                "the kinds of account; what a collaborator may do is ticked one by one",
            ),
        ),
        (Operation::List, looking("staffMembers: owner, staff, collaborators and requests")),
        (Operation::Observe, looking("a complete listing of everybody in the store")),
        (Operation::ObserveInvitation, looking("a request is listed until the merchant answers it")),
        (
            Operation::Invite,
            manual("no API sends or accepts a collaborator request: the partner asks, the merchant accepts"),
        ),
        (
            Operation::AssignRole,
            manual("permissions are ticked in the request, and the merchant may give fewer"),
        ),
        (Operation::Remove, manual(NO_API)),
        (Operation::Resend, manual("no API and no button sends a request again")),
        (Operation::CancelInvitation, manual("only the merchant ends a request, by rejecting it")),
        (Operation::SetRole, manual(NO_API)),
        (Operation::SetActive, manual(NO_API)),
        (
            Operation::ResetPassword,
            Capability::new(Support::Unsupported, "people make their own password at Shopify"),
        ),
        (Operation::GrantApiAccess, delegates),
        (
            Operation::RotateCredentials,
            Capability::new(
                Support::Emulated,
                "storefront tokens, and tokens that never expire into ones that are renewed; a client secret is made and \
                 revoked by a person, with every store's tokens renewed in between",
            ),
        ),
    ])
}
