//! What an explanation is made of.

use serde::Serialize;

use crate::model::Actor;

/// Whether somebody can get in now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Standing {
    /// They can.
    In,
    /// They cannot.
    NotIn,
    /// Nobody can tell.
    Unknown,
}

/// One reason why it is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cause {
    /// What kind of reason.
    pub kind: CauseKind,
    /// What is the matter, in one sentence.
    pub what: String,
    /// By what that is known.
    pub evidence: String,
    /// What to do, in one sentence.
    pub next_step: String,
    /// Who does it; `None` where nobody must.
    pub actor: Option<Actor>,
}

/// What kind of reason, in the order in which they are told: what keeps everything else from working comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CauseKind {
    /// The store is not configured.
    StoreUnknown,
    /// Our credential does not work, or may not do what is needed.
    AuthorityLost,
    /// Several accounts match, and a human decides.
    Ambiguous,
    /// The store refused it, or it and our settings contradict each other.
    Refused,
    /// An answer was lost and is not settled yet.
    Unsettled,
    /// Somebody of ours was taken out everywhere by an order that stands.
    Evicted,
    /// Nobody has approved the grant.
    ApprovalMissing,
    /// The grant begins later.
    StartsLater,
    /// Their account is switched off.
    SwitchedOff,
    /// The store has no room for another user.
    SeatLimit,
    /// The request budget is used up for now.
    BudgetExhausted,
    /// The platform or the store does not answer.
    StoreUnavailable,
    /// Somebody must take a step that lets them in.
    EntryStepOpen,
    /// They have not accepted the invitation.
    InvitationOpen,
    /// The invitation was not accepted in time.
    InvitationLapsed,
    /// Their password has not reached them.
    Undelivered,
    /// The grant ended.
    GrantEnded,
    /// Somebody else took them out.
    TakenOut,
    /// Nobody has asked for their access.
    NoGrant,
    /// Their role is to be set by hand.
    RoleByHand,
    /// They have another role than the grant says.
    WrongRole,
    /// Whether the plan of the store allows it is not proven.
    PlanLimit,
    /// The grant may begin, and nobody has done it yet.
    NotBegun,
    /// Their removal is ordered and not proven yet.
    RemovalOpen,
    /// Somebody must take a step that takes them out.
    ExitStepOpen,
    /// A grant lets them in.
    GrantLives,
    /// They were inside before our first grant, and its end restored that.
    BeforeUs,
    /// They are inside without a grant.
    WithoutGrant,
    /// They come in as one with others of ours, whose grants go on.
    SharedAccess,
    /// The record was closed without a proof.
    ForcedClosed,
    /// They have another account here.
    OtherAccount,
    /// A removal leaves something that somebody must look after.
    ResidualStep,
    /// A credential of the store was not replaced since they were inside.
    ResidualCredential,
    /// Nothing can be looked at: it is known by word alone.
    ByWordAlone,
    /// The check of the connection warns of something.
    Warned,
}
