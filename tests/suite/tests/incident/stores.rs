//! The stores of an incident: on which platform, who was there, and which credentials are in use.

use std::sync::Arc;

use guestpass::Clock;
use guestpass_suite::stage::{Platform, Stage};
use guestpass_testkit::conformance::credentials::Way;
use guestpass_testkit::fakes::bigcommerce::BigCommerceWorld;
use guestpass_testkit::fakes::shopify::{NewApp, Plan, ShopifyWorld};
use guestpass_testkit::fakes::wix::{Permission, WixWorld};

const OUTLET: &str = "demo2outlet";
const HEADQUARTERS: &str = "demo3office";
const SECOND_SITE_APP: &str = "7e40f1a9-58c2-4b36-a9d3-0000000000b7";
const THIRD_SITE: &str = "c2f6a0b8-3d5e-4f21-8a47-00000000de03";
const SCOPES: &[&str] =
    &["read_users", "read_products", "read_themes", "unauthenticated_read_product_listings"];

/// How our guest came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// By a grant.
    ByGrant,
    /// The merchant let them in without us.
    Alone,
    /// Never.
    Never,
}

/// A credential in use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Use {
    pub(crate) name: &'static str,
    pub(crate) way: Way,
    /// Other stores that depend on it.
    pub(crate) dependents: &'static [&'static str],
}

/// One store.
pub(crate) struct Site {
    pub(crate) handle: &'static str,
    pub(crate) stage: Arc<Stage>,
    pub(crate) came: Came,
    pub(crate) uses: Vec<Use>,
    /// A setting of this store that is read from where a credential of another store is kept.
    pub(crate) lives_on: Option<(&'static str, &'static str)>,
    /// The kind of credential whose settings this store has although it is none of its own.
    pub(crate) set_up_for: Option<Way>,
    /// The token on which this store lives, where it is none of the credentials.
    pub(crate) own_token: Option<&'static str>,
}

impl Site {
    fn new(handle: &'static str, stage: &Arc<Stage>, came: Came, uses: Vec<Use>) -> Self {
        Self { handle, stage: stage.clone(), came, uses, lives_on: None, set_up_for: None, own_token: None }
    }

    /// Whether our guest is inside before the incident.
    pub(crate) fn has_guest(&self) -> bool {
        self.came != Came::Never
    }

    /// Whether the incident is about the credentials of this store, or of one that depends on them.
    pub(crate) fn is_concerned(&self, used: &Use, sites: &[Self]) -> bool {
        self.has_guest()
            || sites.iter().any(|site| site.has_guest() && used.dependents.contains(&site.handle))
    }
}

fn by_calls(name: &'static str, kind: &'static str) -> Use {
    Use { name, way: Way::by_calls(kind), dependents: &[] }
}

fn by_hand(name: &'static str, kind: &'static str) -> Use {
    Use { name, way: Way::by_hand(kind), dependents: &[] }
}

/// The stores of a platform. `migrating`: one of them exchanges a token that never expires, of which a lost answer leaves nothing
/// that goes on without a human and without other settings.
pub(crate) async fn of(platform: Platform, clock: Arc<dyn Clock>, migrating: bool) -> Vec<Site> {
    let stage = Arc::new(Stage::start(platform, clock).await.unwrap());
    match &*stage {
        Stage::BigCommerce(world) => bigcommerce(&stage, world),
        Stage::Shopify(world) => shopify(&stage, world, migrating),
        Stage::Wix(world) => wix(&stage, world),
        Stage::Prestashop(_) => vec![Site::new(
            "presta-one",
            &stage,
            Came::ByGrant,
            vec![
                by_calls("erp-key", "webservice-key"),
                by_calls("erp-client", "admin-api-client"),
                by_calls("till", "employee-password"),
            ],
        )],
    }
}

/// A shop where nobody of ours ever was.
pub(crate) async fn foreign(clock: Arc<dyn Clock>) -> Site {
    let stage = Arc::new(Stage::start(Platform::Prestashop, clock).await.unwrap());
    Site::new("presta-two", &stage, Came::Never, vec![by_calls("erp-key", "webservice-key")])
}

/// One account: two stores where they are inside, and one that holds a credential of the whole account.
fn bigcommerce(stage: &Arc<Stage>, world: &BigCommerceWorld) -> Vec<Site> {
    let minting = [
        "store_v2_information_read_only",
        "store_storefront_api",
        "store_storefront_api_customer_impersonation",
    ];
    let fake = &world.fake;
    fake.add_store(&world.seed.account_uuid, HEADQUARTERS, "Office", &world.seed.owner_email);
    let other = |hash: &str| {
        let token = format!("fake-minting-token-of-{hash}");
        fake.add_store_token(hash, &token, &minting);
        let mut other = world.clone();
        other.seed.store_hash = hash.to_owned();
        (other.seed.store_token, other.seed.minting_token) = (token.clone(), token);
        Arc::new(Stage::BigCommerce(other))
    };
    let of_the_account = Use { dependents: &["bc-one"], ..by_hand("account", "account-api-account") };
    vec![
        Site::new(
            "bc-one",
            stage,
            Came::ByGrant,
            vec![by_calls("front", "private-token"), by_hand("erp", "store-api-account")],
        ),
        Site::new("bc-two", &other(OUTLET), Came::Alone, vec![by_calls("front", "impersonation-token")]),
        Site::new("bc-office", &other(HEADQUARTERS), Came::Never, vec![of_the_account]),
    ]
}

/// Four shops: the secret of the app that two of them share is kept with the one where they never were.
fn shopify(stage: &Arc<Stage>, world: &ShopifyWorld, migrating: bool) -> Vec<Site> {
    let seed = &world.seed;
    let app = |client: &str, secret: &str| {
        world.fake.add_app(&NewApp::custom(client, secret, "merchant").requiring(SCOPES));
    };
    let other = |name: &str, client: &str, secret: &str| {
        let (fake, mut other) = (&world.fake, world.clone());
        let shop = format!("{name}.myshopify.com");
        fake.add_shop(&shop, name, Plan::Plus, &seed.owner_email);
        fake.set_merchant(&shop, "merchant");
        fake.install(&shop, client);
        other.seed.token = format!("shpat_fake-token-of-{name}");
        other.seed.expiring_token = format!("shpat_fake-expiring-token-of-{name}");
        other.seed.refresh_token = format!("shprt_fake-refresh-token-of-{name}");
        fake.add_token(&shop, client, &other.seed.token);
        fake.add_expiring_token(&shop, client, &other.seed.expiring_token, &other.seed.refresh_token);
        (other.seed.client_id, other.seed.client_secret) = (client.to_owned(), secret.to_owned());
        other.seed.shop = shop;
        Arc::new(Stage::Shopify(other))
    };
    app("fake-second-client", "shpss_fake-secret-of-the-second-app");
    app("fake-third-client", "shpss_fake-secret-of-the-third-app");
    let second = other("second", "fake-second-client", "shpss_fake-secret-of-the-second-app");
    let third = other("third", "fake-third-client", "shpss_fake-secret-of-the-third-app");
    let fourth = other("fourth", "fake-third-client", "shpss_fake-secret-of-the-third-app");
    // What the exchange ends is not what the store itself lives on.
    let own = "shpat_fake-token-of-our-own-for-the-second";
    if let Stage::Shopify(second) = &*second {
        world.fake.install(&second.seed.shop, &seed.client_id);
        world.fake.add_token(&second.seed.shop, &seed.client_id, own);
    }
    let of_second =
        if migrating { by_calls("app", "offline-token") } else { by_calls("web", "storefront-token") };
    let shared = Use { dependents: &["shop-four"], ..by_hand("secret", "client-secret") };
    vec![
        Site::new("shop-one", stage, Came::ByGrant, vec![by_calls("web", "storefront-token")]),
        Site { own_token: Some(own), ..Site::new("shop-two", &second, Came::Alone, vec![of_second]) },
        Site::new("shop-three", &third, Came::Never, vec![shared]),
        Site {
            lives_on: Some(("client_secret", "shop-three/secret")),
            set_up_for: Some(Way::by_hand("client-secret")),
            ..Site::new("shop-four", &fourth, Came::Alone, Vec::new())
        },
    ]
}

/// Three sites of one account: two of them live on its key, one on an app.
fn wix(stage: &Arc<Stage>, world: &WixWorld) -> Vec<Site> {
    let (fake, mut second, mut third) = (&world.fake, world.clone(), world.clone());
    second.seed.site_id.clone_from(&world.seed.second_site_id);
    fake.add_site(&world.seed.account_id, THIRD_SITE, "Third");
    THIRD_SITE.clone_into(&mut third.seed.site_id);
    SECOND_SITE_APP.clone_into(&mut third.seed.client_id);
    "fake-secret-of-the-third-site".clone_into(&mut third.seed.client_secret);
    fake.add_app(&third.seed.client_id, &third.seed.client_secret, "Of the third site");
    let may = [Permission::ManageContributors, Permission::ReadRoles];
    third.seed.instance_id = fake.install_app(&third.seed.client_id, THIRD_SITE, &may);
    let key = Use { dependents: &["wix-one"], ..by_hand("key", "api-key") };
    vec![
        Site {
            lives_on: Some(("api_key", "wix-two/key")),
            ..Site::new("wix-one", stage, Came::ByGrant, vec![by_hand("front", "headless-client")])
        },
        Site::new("wix-two", &Arc::new(Stage::Wix(second)), Came::Alone, vec![key]),
        Site::new("wix-three", &Arc::new(Stage::Wix(third)), Came::Alone, vec![by_hand("app", "app-secret")]),
    ]
}
