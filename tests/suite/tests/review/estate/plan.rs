//! What is prepared where. The same on every run.

use guestpass_testkit::fakes::prestashop::PrestashopVersion;

/// Our people, each with an address and one that they had before.
pub(crate) const PEOPLE: [&str; 5] = ["ann", "ben", "cat", "dan", "eve"];
/// A mailbox of ours that several people read.
pub(crate) const TEAM: &str = "team";

/// What kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// BigCommerce, one of many stores of one account.
    Shared,
    /// BigCommerce, alone in its account.
    Alone,
    /// Shopify, for an app that is not told what people may do.
    Shopify,
    /// Shopify, for an app that is.
    ShopifyRights,
    /// Wix.
    Wix,
    /// PrestaShop.
    Prestashop(PrestashopVersion),
    /// A store on this platform whose merchant holds the key.
    Held(&'static str),
}

/// How many there are of each.
pub(crate) const KINDS: [(Kind, usize); 12] = [
    (Kind::Shared, 120),
    (Kind::Alone, 30),
    (Kind::Shopify, 32),
    (Kind::ShopifyRights, 28),
    (Kind::Wix, 50),
    (Kind::Prestashop(PrestashopVersion::V1_6), 8),
    (Kind::Prestashop(PrestashopVersion::V8), 8),
    (Kind::Prestashop(PrestashopVersion::V9_0), 8),
    (Kind::Held("bigcommerce"), 9),
    (Kind::Held("shopify"), 9),
    (Kind::Held("wix"), 9),
    (Kind::Held("prestashop"), 9),
];

impl Kind {
    pub(crate) fn platform(self) -> &'static str {
        match self {
            Self::Shared | Self::Alone => "bigcommerce",
            Self::Shopify | Self::ShopifyRights => "shopify",
            Self::Wix => "wix",
            Self::Prestashop(_) => "prestashop",
            Self::Held(platform) => platform,
        }
    }

    pub(crate) fn is_held(self) -> bool {
        matches!(self, Self::Held(_))
    }
}

/// One thing that is prepared at a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Inside with a grant, and with nothing beyond it.
    Fits,
    /// Inside without a grant.
    NoGrant,
    /// Inside without a grant: the end of the last one brought back what was there before us.
    BeforeUs,
    /// Inside; the first grant begins later.
    WasThere,
    /// A grant in use, and nobody inside.
    Missing,
    /// May do a little more than the grant says.
    Beyond,
    /// May let others in, which the grant does not say.
    BeyondAdmin,
    /// The role of the grant speaks of something that the platform does not tell.
    Odd,
    /// The grant names no role.
    NoRole,
    /// Switched off, without a grant.
    Off,
    /// Has a grant since long, and has not signed in for as long.
    Dormant,
    /// Has not signed in for long, and a grant since yesterday.
    DormantLately,
    /// Somebody of the merchant's who has not signed in for long.
    MerchantDormant,
    /// Somebody of the merchant's with a status that nobody knows, who never signed in.
    Never,
    /// Has a second account under a former address.
    Twice,
    /// The same mailbox of the merchant's has two accounts.
    MerchantTwice,
    /// The team's mailbox, with a grant.
    Shared,
    /// Out, and something is left to look after.
    Left,
    /// Inside with a grant, and something was given by hand besides.
    LeftInside,
    /// Invited or asked for, and not in yet.
    Waiting,
    /// Was inside by an invitation, and the merchant took them out: nothing shows whether it is still open.
    Lost,
    /// Their removal is ordered.
    Closing,
    /// A grant that begins later.
    Later,
    /// The store is theirs.
    OurOwner,
    /// Somebody of the merchant's who may let others in.
    Admin,
    /// Somebody who is to own the store besides.
    SecondOwner,
    /// A grant that ended with a proof.
    Proven,
    /// A grant that ended with somebody's word.
    Attested,
    /// A grant that was closed by force.
    Forced,
}

use What::{
    Admin, Attested, BeforeUs, Beyond, BeyondAdmin, Closing, Dormant, DormantLately, Fits, Forced, Later,
    Left, LeftInside, Lost, MerchantDormant, MerchantTwice, Missing, Never, NoGrant, NoRole, Odd, Off,
    OurOwner, Proven, SecondOwner, Shared, Twice, Waiting, WasThere,
};

const EVERYWHERE: [What; 18] = [
    Fits,
    NoGrant,
    Missing,
    Beyond,
    BeyondAdmin,
    Shared,
    Odd,
    NoRole,
    BeforeUs,
    WasThere,
    Left,
    LeftInside,
    Closing,
    Later,
    Admin,
    Proven,
    Attested,
    Forced,
];
const BIGCOMMERCE: [What; 9] =
    [Off, Dormant, DormantLately, MerchantDormant, Never, Twice, Waiting, OurOwner, Fits];
const SHOPIFY: [What; 4] = [Off, Twice, Waiting, SecondOwner];
const WIX: [What; 3] = [Waiting, Lost, Fits];
const PRESTASHOP: [What; 4] = [Off, Twice, MerchantTwice, OurOwner];
const HELD: [What; 9] = [Fits, Waiting, Closing, Left, Proven, Attested, Forced, Later, NoRole];

/// What there is to prepare on a platform.
pub(crate) fn repertoire(kind: Kind) -> Vec<What> {
    let besides: &[What] = match kind {
        Kind::Held(_) => return HELD.to_vec(),
        Kind::Shared | Kind::Alone => &BIGCOMMERCE,
        Kind::Shopify | Kind::ShopifyRights => &SHOPIFY,
        Kind::Wix => &WIX,
        Kind::Prestashop(_) => &PRESTASHOP,
    };
    EVERYWHERE.iter().chain(besides).copied().collect()
}

/// Something that is prepared, and about whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) what: What,
    pub(crate) who: &'static str,
}

/// What is prepared at the store of this number among those of its kind. `so_far` counts all stores of the platform.
pub(crate) fn cases(kind: Kind, number: usize, so_far: usize) -> Vec<Case> {
    let all = repertoire(kind);
    let pick = |at: usize| all.get(at % all.len()).copied();
    // Every ninth store is as it should be.
    let mut picked: Vec<What> =
        if so_far % 9 == 8 && !kind.is_held() { Vec::new() } else { pick(so_far).into_iter().collect() };
    if so_far % 3 == 1 {
        picked.extend(pick(so_far * 5 + 2));
    }
    if so_far % 4 == 2 {
        picked.extend(pick(so_far * 7 + 3));
    }
    let mut cases: Vec<Case> = Vec::new();
    for what in picked {
        let who = if what == Shared { TEAM } else { PEOPLE[(number + cases.len()) % PEOPLE.len()] };
        let is_new = cases.iter().all(|case| case.what != what && case.who != who);
        // On Shopify everybody of ours comes in as one: what is true of one is true of all. Owners do not add up.
        let fits_beside = match kind.platform() {
            "shopify" => cases.iter().all(|case| !(is_ours(case.what) && is_ours(what))),
            "prestashop" => cases.iter().all(|case| !(is_owner(case.what) && is_owner(what))),
            _ => true,
        };
        if is_new && fits_beside {
            cases.push(Case { what, who });
        }
    }
    cases
}

fn is_ours(what: What) -> bool {
    !matches!(what, Admin | SecondOwner)
}

fn is_owner(what: What) -> bool {
    matches!(what, BeyondAdmin | OurOwner | Admin)
}

/// Whether the account must be there long before everything else.
pub(crate) fn is_old(what: What) -> bool {
    matches!(what, Dormant | DormantLately | MerchantDormant)
}

/// What must be among the findings of such a case, wherever it is; the exact ones are told by [`expect`](super::expect).
pub(crate) fn meant(kind: Kind, what: What) -> Option<&'static str> {
    let told = kind != Kind::Shopify;
    Some(match what {
        _ if kind.is_held() && what != Left => return None,
        NoGrant | BeforeUs | WasThere => "ours_without_grant",
        Missing => "grant_without_person",
        Beyond | BeyondAdmin if told => "beyond_grant",
        Beyond | BeyondAdmin | Odd | NoRole => "not_comparable",
        Dormant | MerchantDormant | Never => "dormant",
        Twice if kind.platform() == "shopify" => "ours_without_grant",
        Twice | MerchantTwice => "duplicate",
        Shared => "shared_mailbox",
        Left | LeftInside => "residual",
        Lost => "unconfirmed",
        Admin if told => "privileged",
        OurOwner | SecondOwner => "privileged",
        _ => return None,
    })
}
