//! Puts what is planned into the fakes and the ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use guestpass::grants::{
    Commit, Former, Grant, GrantQuery, GrantRequest, Ledger, Phase, Principal, StaticDirectory, Step,
    StepQuery,
};
use guestpass::{
    AccountId, CallbackSink, Environment, Evidence, FixedSecret, Person, PersonHandle, Proof, ProviderId,
    Registry, RoleSpec, StoreHandle, StoreSettings,
};
use guestpass_testkit::fakes::shopify::StaffKind;
use serde_json::json;

use super::plan::{Case, Kind, PEOPLE, TEAM, What, is_old};
use super::site::{Fakes, OWNER, Rights, Site, account_token, rights, token};
use super::{Books, Estate};
use crate::desk::{DAY, HOUR, VAULT};

/// How long accounts have been there that are there long.
const LONG: u32 = 100;

pub(crate) fn email(who: &str) -> String {
    format!("{who}@vendor.example")
}

/// The address that somebody had before.
pub(crate) fn former_email(who: &str) -> String {
    format!("{who}@old-agency.example")
}

pub(crate) fn directory(fakes: &Fakes, sites: &[Site], env: &Environment) -> StaticDirectory {
    let registry = Registry::new()
        .with(guestpass_bigcommerce::factory())
        .with(guestpass_prestashop::factory())
        .with(guestpass_shopify::factory())
        .with(guestpass_wix::factory());
    let vault = CallbackSink::new(|_, _| Box::pin(async { Ok(()) }));
    let mut directory = StaticDirectory::new(registry, env.clone()).with_sink(VAULT, Arc::new(vault));
    for site in sites {
        directory = directory.with_store(site.kind.platform(), settings(fakes, site)).unwrap();
    }
    for who in PEOPLE.into_iter().chain([TEAM]) {
        let mut person = Person::new(PersonHandle::new(who).unwrap(), email(who).parse().unwrap())
            .with_name("Some", "Body")
            .with_other_email(former_email(who).parse().unwrap());
        person.shared = who == TEAM;
        let account = AccountId::new(fakes.wix.account(&email(who))).unwrap();
        person.accounts.insert(ProviderId::from_static("wix"), account);
        directory = directory.with_person(person);
    }
    for platform in ["bigcommerce", "shopify", "wix", "prestashop"] {
        let (support, odd) = (RoleSpec::new("support"), RoleSpec::new("odd"));
        let words = rights(platform, Rights::Support);
        let (support, odd) = match platform {
            "bigcommerce" | "shopify" => {
                (support.with_permissions(words), odd.with_platform_role("Something"))
            }
            // A configuration may name a role as people see it.
            "wix" => (support.with_platform_role("Back Office Manager"), odd.with_permissions(["something"])),
            _ => (support.with_platform_role(&words[0]), odd.with_permissions(["something"])),
        };
        let platform = ProviderId::from_static(platform);
        directory = directory.with_role_on(platform.clone(), support, Some(1));
        directory = directory.with_role_on(platform, odd, Some(2));
    }
    directory
}

fn settings(fakes: &Fakes, site: &Site) -> StoreSettings {
    let settings = StoreSettings::new(StoreHandle::new(&site.handle).unwrap());
    let secret = |text: String| Arc::new(FixedSecret::new(text.into()));
    match site.kind {
        Kind::Shared | Kind::Alone => settings
            .with_text("store_hash", &site.name)
            .with_text("account_uuid", &site.account)
            .with_text("api_url", fakes.bigcommerce.uri())
            .with_secret("account_token", secret(account_token(&site.account)))
            .with_secret("store_token", secret(token(site))),
        Kind::Shopify | Kind::ShopifyRights => {
            let told = if site.kind == Kind::ShopifyRights { "rest" } else { "none" };
            settings
                .with_text("shop", &site.name)
                .with_text("api_url", fakes.shopify.uri())
                .with_text("staff_permissions", told)
                .with_secret("access_token", secret(token(site)))
        }
        Kind::Wix => settings
            .with_text("site_id", &site.name)
            .with_text("account_id", &site.account)
            .with_text("api_url", fakes.wix.uri())
            .with_secret("api_key", secret(account_token(&site.account))),
        Kind::Prestashop(_) => {
            let (fake, seed) = fakes.shop(site);
            settings.with_text("url", fake.url()).with_secret("key", secret(seed.key.clone()))
        }
        Kind::Held(platform) => {
            let (field, value) = match platform {
                "bigcommerce" => ("store_hash", site.name.clone()),
                "shopify" => ("shop", site.name.clone()),
                "wix" => ("site_id", site.name.clone()),
                _ => ("url", format!("https://{}.example/", site.name)),
            };
            settings.with_text(field, value).merchant_held()
        }
    }
}

impl Estate {
    /// What is long there first, then everything else.
    pub(super) async fn plant(&self) {
        for site in &self.sites {
            for case in site.cases.iter().filter(|case| is_old(case.what)) {
                let address = match case.what {
                    What::MerchantDormant => merchant(site, case),
                    _ => email(case.who),
                };
                self.fakes.let_in(site, &address, Rights::Support, false);
            }
        }
        self.clock.advance(LONG * DAY);
        for site in &self.sites {
            self.fakes.everybody_signs_in(site);
            for case in &site.cases {
                self.arrange(site, *case);
                Box::pin(self.write_down(site, *case)).await;
            }
        }
    }

    /// What people did at the store.
    fn arrange(&self, site: &Site, case: Case) {
        let (fakes, ours) = (&self.fakes, email(case.who));
        let let_in = |may| fakes.let_in(site, &ours, may, false);
        if site.kind.is_held() {
            return;
        }
        match case.what {
            What::Fits
            | What::BeforeUs
            | What::WasThere
            | What::Odd
            | What::NoRole
            | What::Shared
            | What::LeftInside
            | What::Closing => let_in(Rights::Support),
            // On Shopify, as the organisation's or as the merchant's own.
            What::NoGrant => {
                fakes.let_in(site, &ours, Rights::Support, site.handle.ends_with(['0', '2', '4']))
            }
            What::Beyond => let_in(Rights::More),
            What::BeyondAdmin => let_in(Rights::Admin),
            What::Off => {
                let_in(Rights::Support);
                fakes.switch_off(site, &ours);
            }
            What::Twice => self.let_in_twice(site, case.who),
            What::MerchantTwice => {
                for _ in 0..2 {
                    fakes.let_in(site, &merchant(site, &case), Rights::Support, true);
                }
            }
            What::Never => {
                fakes.bigcommerce.add_user(&site.name, &merchant(site, &case), "No", "Body");
                fakes.bigcommerce.set_status(&site.name, &merchant(site, &case), "REVIEWED");
            }
            What::Waiting => match site.kind.platform() {
                "bigcommerce" => drop(fakes.bigcommerce.add_user(&site.name, &ours, "Some", "Body")),
                "shopify" => {
                    drop(fakes.shopify.add_staff(&site.name, StaffKind::Requested, &ours, "Some", "Body"));
                }
                // The engine invites them.
                _ => {}
            },
            What::OurOwner if site.kind.platform() == "bigcommerce" => {
                let_in(Rights::Support);
                fakes.bigcommerce.make_owner(&site.name, &ours);
                // A new owner has every permission, and the former one keeps them.
                fakes.set_rights(site, &ours, Rights::Support);
                fakes.set_rights(site, OWNER, Rights::Support);
            }
            What::OurOwner => let_in(Rights::Admin),
            What::Admin => fakes.let_in(site, &merchant(site, &case), Rights::Admin, true),
            What::SecondOwner => {
                let kind = StaffKind::InvitedStoreOwner;
                drop(fakes.shopify.add_staff(&site.name, kind, &merchant(site, &case), "Next", "Owner"));
            }
            What::Missing
            | What::Dormant
            | What::DormantLately
            | What::MerchantDormant
            | What::Left
            | What::Lost
            | What::Later
            | What::Proven
            | What::Attested
            | What::Forced => {}
        }
    }

    /// Which account comes first in listings says nothing.
    fn let_in_twice(&self, site: &Site, who: &str) {
        let (now, before) = (email(who), former_email(who));
        let before_first = site.handle.ends_with(['1', '3', '5', '7', '9']);
        if before_first {
            self.fakes.let_in(site, &before, Rights::Support, true);
        }
        self.fakes.let_in(site, &now, Rights::Support, false);
        if !before_first {
            self.fakes.let_in(site, &before, Rights::Support, true);
        }
    }

    /// What the ledger holds of it.
    async fn write_down(&self, site: &Site, case: Case) {
        let (now, what) = (self.now(), case.what);
        let listed = || Proof::Listed { evidence: Evidence::begun(now) };
        match what {
            What::NoGrant
            | What::Off
            | What::MerchantDormant
            | What::Never
            | What::MerchantTwice
            | What::OurOwner
            | What::Admin
            | What::SecondOwner => return,
            What::Later => return drop(self.ask(site, case, Some(10)).await),
            What::Lost => return self.lose(site, case).await,
            What::Waiting if site.kind == Kind::Wix => {
                let grant = self.ask(site, case, None).await;
                self.engine.settle(&grant.place, &self.call()).await.unwrap();
                assert_eq!(self.grant(&grant).await.phase, Phase::Awaiting);
                return;
            }
            _ => {}
        }
        let mut grant = self.ask(site, case, (what == What::WasThere).then_some(10)).await;
        let holding = self.ledger.holding(&grant.place.store, &grant.place.subject).await.unwrap();
        let mut holding = holding.unwrap();
        holding.former = Some(Former::Absent { evidence: Evidence::begun(now) });
        holding.due_at = Some(grant.ends_at);
        holding.role.clone_from(&grant.role);
        let (phase, proof) = match what {
            What::Waiting => (Phase::Awaiting, None),
            What::WasThere => (Phase::Requested, None),
            What::Closing => (Phase::Closing, None),
            What::BeforeUs => (Phase::Ended, Some(Proof::Restored { evidence: Evidence::begun(now) })),
            What::Left | What::Proven => (Phase::Ended, Some(listed())),
            What::Attested => {
                let (who, note) = ("the merchant".to_owned(), "out".to_owned());
                (Phase::Ended, Some(Proof::Attested { who, at: now, note }))
            }
            What::Forced => (Phase::ForceClosed, None),
            _ => (Phase::Active, None),
        };
        if what == What::WasThere {
            let evidence = Evidence::begun(now);
            holding.former = Some(Former::Present { roles: Vec::new(), permissions: Vec::new(), evidence });
        }
        if phase.is_over() || phase == Phase::Closing {
            let cause = if what == What::Forced { "forced" } else { "expired" };
            let end = json!({"cause": cause, "since": now, "by": null, "reason": null, "proof": proof});
            grant.end = Some(serde_json::from_value(end).unwrap());
        }
        if matches!(what, What::Dormant | What::Fits) {
            grant.starts_at = now.saturating_sub((LONG - 1) * DAY).unwrap();
        }
        (grant.phase, grant.was_active) = (phase, phase != Phase::Awaiting && phase != Phase::Requested);
        // Of every second one the account is known, as looks have shown it.
        if holding.place.store.as_str().ends_with(['0', '2', '3', '5', '8']) && !site.kind.is_held() {
            let seen = self.fakes.account(site, &email(case.who)).filter(|account| !account.together);
            holding.account = seen.map(|account| AccountId::new(account.id).unwrap());
        }
        let mut change = Commit::new();
        if matches!(what, What::Left | What::LeftInside) {
            let kind = match what {
                What::Left => json!("residual"),
                _ => json!({"obligation": {"grant": grant.id, "index": 0}}),
            };
            change = change.step(step(&grant, &kind));
        }
        self.ledger.commit(change.grant(grant).holding(holding)).await.unwrap();
    }

    /// They accepted an invitation, and the merchant has taken them out since.
    async fn lose(&self, site: &Site, case: Case) {
        let grant = self.ask(site, case, None).await;
        self.engine.settle(&grant.place, &self.call()).await.unwrap();
        self.fakes.wix.accept(&site.name, &email(case.who));
        self.clock.advance(HOUR);
        self.engine.settle(&grant.place, &self.call()).await.unwrap();
        assert_eq!(self.grant(&grant).await.phase, Phase::Active);
        self.fakes.wix.remove_contributor(&site.name, &email(case.who));
    }

    pub(crate) async fn grant(&self, grant: &Grant) -> Grant {
        self.ledger.grant(grant.id).await.unwrap().unwrap()
    }

    /// Asks for a grant, from today or in so many days.
    async fn ask(&self, site: &Site, case: Case, in_days: Option<u32>) -> Grant {
        let later = |days: u32| self.now().saturating_add(days * DAY).unwrap();
        let store = StoreHandle::new(&site.handle).unwrap();
        let mut wish = GrantRequest::new(store, PersonHandle::new(case.who).unwrap(), later(30))
            .because("quarterly work")
            .for_ticket(format!("T-{}", site.handle))
            .requested_by(Principal::stated("asker"))
            .delivering_to(VAULT);
        wish.role = match case.what {
            What::NoRole => None,
            What::Odd => Some("odd".to_owned()),
            _ => Some("support".to_owned()),
        };
        if case.what == What::LeftInside {
            wish = wish.with_also("SFTP account");
        }
        if let Some(days) = in_days {
            wish = wish.starting(later(days));
        }
        self.engine.request(wish).await.unwrap()
    }

    /// Copies everything into another ledger, as if it had been written there.
    pub(super) async fn copy_to(&self, ledger: &dyn Ledger) {
        let mut known = BTreeSet::new();
        for sites in self.sites.chunks(40) {
            let mut change = Commit::new();
            for site in sites {
                let Books { grants, holdings, .. } = self.books(site).await;
                let store = StoreHandle::new(&site.handle).unwrap();
                let mut all = StepQuery::new();
                all.store = Some(store);
                let steps = self.ledger.steps(&all, None, 100).await.unwrap();
                for grant in &grants {
                    if known.insert(grant.person.clone()) {
                        change.people.extend(self.ledger.person(&grant.person).await.unwrap());
                    }
                }
                change.grants.extend(grants.into_iter().map(|one| {
                    let mut one = one;
                    one.revision = 0;
                    one
                }));
                change.holdings.extend(holdings);
                change.steps.extend(steps);
            }
            change.holdings.iter_mut().for_each(|one| one.revision = 0);
            change.steps.iter_mut().for_each(|one| one.revision = 0);
            ledger.commit(change).await.unwrap();
        }
        let all = GrantQuery::new();
        let (here, there) = (self.ledger.grants(&all, None, 5000), ledger.grants(&all, None, 5000));
        assert_eq!(here.await.unwrap().len(), there.await.unwrap().len());
    }
}

/// Somebody of the merchant's, about whom a case is.
pub(crate) fn merchant(site: &Site, case: &Case) -> String {
    format!("{}-{}@merchant.example", case.who, site.handle)
}

fn step(grant: &Grant, kind: &serde_json::Value) -> Step {
    let number: String = grant.place.store.as_str().chars().filter(char::is_ascii_digit).collect();
    let sort = if kind.is_string() { "8001" } else { "8002" };
    let id = format!("00000000-0000-4000-{sort}-{number:0>12}");
    let step = json!({
        "id": id, "place": grant.place, "person": grant.person, "kind": kind, "manual": null,
        "opened_at": grant.created_at, "closed": null, "revision": 0,
    });
    serde_json::from_value(step).unwrap()
}
