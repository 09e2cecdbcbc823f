//! The shop: the truth of the fake, and the changes that all others are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use guestpass::Timestamp;

use super::admin::Apps;
use super::fields::EMPLOYEES;
use super::passwords;
use super::version::PrestashopVersion;
use crate::fakes::ground::{Refusal, refuse, same_email};

/// Everything that exists behind the fake.
#[derive(Debug)]
pub(super) struct World {
    pub(super) version: PrestashopVersion,
    pub(super) shop_name: String,
    /// The shop's main domain, if it is not the address that the fake is served on.
    pub(super) main_domain: Option<String>,
    pub(super) webservice_on: bool,
    pub(super) multistore_on: bool,
    /// Where each shop of the only group begins, by its id.
    pub(super) shops: BTreeMap<u64, String>,
    pub(super) employees: Vec<Employee>,
    pub(super) keys: Vec<Key>,
    pub(super) profiles: BTreeMap<u64, Profile>,
    pub(super) apps: Apps,
    pub(super) admissions: BTreeMap<String, usize>,
    pub(super) removals: BTreeMap<String, usize>,
    /// Every password and hash there ever was.
    pub(super) passwords: BTreeSet<String>,
    last_employee: u64,
    hashes: u64,
}

/// A row of the employee table, and its rows in the shop table.
#[derive(Debug, Clone)]
pub(super) struct Employee {
    pub(super) id: u64,
    pub(super) columns: Columns,
    pub(super) shops: BTreeSet<u64>,
    /// The password in plain, which only the fake knows.
    pub(super) password: String,
}

pub(super) type Columns = BTreeMap<&'static str, Option<String>>;

/// A webservice key: which methods it may use on which resource, in which shops.
#[derive(Debug, Clone, Default)]
pub(super) struct Key {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) description: String,
    pub(super) enabled: bool,
    pub(super) permissions: Permissions,
    pub(super) shops: BTreeSet<u64>,
    /// What the webservice sees until this time, if it is something else: nothing at first, the former state later.
    pub(super) replica: Option<(Timestamp, Option<Box<Key>>)>,
}

impl Key {
    /// The key, of which the webservice sees the former state until then.
    pub(super) fn seen_late(mut self, former: Option<Self>, until: Timestamp) -> Self {
        let former = former.map(|former| Box::new(Self { replica: None, ..former }));
        self.replica = Some((until, former));
        self
    }

    /// The key as the webservice sees it now.
    fn seen(&self, now: Timestamp) -> Option<&Self> {
        match &self.replica {
            Some((until, former)) if now < *until => former.as_deref(),
            _ => Some(self),
        }
    }
}

/// Methods by resource.
pub(super) type Permissions = BTreeMap<String, BTreeSet<String>>;

/// A profile of the back office: its names by locale. Its rights are nowhere to be seen.
pub(super) type Profile = BTreeMap<String, String>;

/// The id of the profile that may do everything.
pub(super) const SUPER_ADMIN: u64 = 1;
/// The shop that is always there.
pub(super) const MAIN_SHOP: u64 = 1;

impl Default for World {
    fn default() -> Self {
        let mut world = Self {
            version: PrestashopVersion::default(),
            shop_name: "Merchant Example".to_owned(),
            main_domain: None,
            webservice_on: true,
            multistore_on: false,
            shops: BTreeMap::from([(MAIN_SHOP, "/".to_owned())]),
            employees: Vec::new(),
            keys: Vec::new(),
            profiles: BTreeMap::new(),
            apps: Apps::default(),
            admissions: BTreeMap::new(),
            removals: BTreeMap::new(),
            passwords: BTreeSet::new(),
            last_employee: 0,
            hashes: 0,
        };
        world.set_profile_name(SUPER_ADMIN, "SuperAdmin");
        world
    }
}

impl Employee {
    pub(super) fn column(&self, name: &str) -> &str {
        self.columns.get(name).and_then(Option::as_deref).unwrap_or_default()
    }

    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.columns.insert(name, Some(value.into()));
    }

    pub(super) fn is_active(&self) -> bool {
        self.column("active") == "1"
    }

    pub(super) fn email(&self) -> &str {
        self.column("email")
    }

    pub(super) fn profile(&self) -> u64 {
        self.column("id_profile").parse().unwrap_or_default()
    }
}

/// Employees.
impl World {
    pub(super) fn employee(&self, id: u64) -> Option<&Employee> {
        self.employees.iter().find(|employee| employee.id == id)
    }

    pub(super) fn employee_mut(&mut self, id: u64) -> Option<&mut Employee> {
        self.employees.iter_mut().find(|employee| employee.id == id)
    }

    pub(super) fn by_email(&mut self, email: &str) -> Result<&mut Employee, Refusal> {
        let found = self.employees.iter_mut().find(|employee| same_email(employee.email(), email));
        found.ok_or_else(|| Refusal(format!("no employee {email}")))
    }

    pub(super) fn admit(&mut self, columns: Columns, password: String, shops: BTreeSet<u64>) -> u64 {
        self.last_employee += 1;
        self.employees.push(Employee { id: self.last_employee, columns, shops, password });
        self.last_employee
    }

    /// What the next employee's id will be.
    pub(super) fn next_employee(&self) -> u64 {
        self.last_employee + 1
    }

    pub(super) fn hash(&mut self, plain: &str) -> String {
        self.hashes += 1;
        let hash = passwords::hash(plain, self.version, self.hashes);
        self.passwords.extend([plain.to_owned(), hash.clone()]);
        hash
    }

    /// Somebody as the back office makes them.
    pub(super) fn hire(
        &mut self,
        email: &str,
        (first, last): (&str, &str),
        profile: u64,
        password: &str,
        now: Timestamp,
    ) -> u64 {
        let hash = self.hash(password);
        let fields = EMPLOYEES.fields(self.version);
        let mut columns: Columns = fields.map(|field| (field.name, field.empty_column())).collect();
        let given = [
            ("id_lang", "1".to_owned()),
            ("last_passwd_gen", generated(now)),
            ("stats_date_from", month_before(now)),
            ("stats_date_to", date(now)),
            ("passwd", hash),
            ("lastname", last.to_owned()),
            ("firstname", first.to_owned()),
            ("email", email.to_owned()),
            ("active", "1".to_owned()),
            ("id_profile", profile.to_string()),
            ("default_tab", "1".to_owned()),
            ("bo_theme", "default".to_owned()),
            ("bo_css", "admin-theme.css".to_owned()),
            ("bo_menu", "1".to_owned()),
            ("stats_compare_option", "1".to_owned()),
        ];
        columns.extend(given.map(|(name, value)| (name, Some(value))));
        if !self.version.is_old() {
            columns.insert("reset_password_validity", None);
        }
        self.admit(columns, password.to_owned(), BTreeSet::from([MAIN_SHOP]))
    }

    pub(super) fn fire(&mut self, email: &str) -> Result<(), Refusal> {
        let id = self.by_email(email)?.id;
        self.employees.retain(|employee| employee.id != id);
        Ok(())
    }

    pub(super) fn null_compare_dates(&mut self) {
        for employee in &mut self.employees {
            employee.columns.extend([("stats_compare_from", None), ("stats_compare_to", None)]);
        }
    }

    /// Our side gave an access.
    pub(super) fn count_admission(&mut self, email: &str) {
        *self.admissions.entry(email.to_lowercase()).or_default() += 1;
    }

    /// Our side took an access away.
    pub(super) fn count_removal(&mut self, email: &str) {
        *self.removals.entry(email.to_lowercase()).or_default() += 1;
    }
}

/// Keys, profiles, shops.
impl World {
    pub(super) fn key(&self, key: &str) -> Option<&Key> {
        self.keys.iter().find(|known| known.key == key)
    }

    /// A key as the webservice sees it now.
    pub(super) fn key_seen(&self, key: &str, now: Timestamp) -> Option<&Key> {
        self.keys.iter().filter_map(|known| known.seen(now)).find(|known| known.key == key)
    }

    pub(super) fn key_mut(&mut self, key: &str) -> Result<&mut Key, Refusal> {
        let found = self.keys.iter_mut().find(|known| known.key == key);
        found.ok_or_else(|| Refusal("no such webservice key".to_owned()))
    }

    pub(super) fn add_key(&mut self, key: &str, permissions: Permissions) -> Result<u64, Refusal> {
        if self.key(key).is_some() {
            return refuse("this webservice key exists already");
        }
        let id = self.keys.iter().map(|known| known.id).max().unwrap_or_default() + 1;
        self.keys.push(Key {
            id,
            key: key.to_owned(),
            description: String::new(),
            enabled: true,
            permissions,
            shops: BTreeSet::from([MAIN_SHOP]),
            replica: None,
        });
        Ok(id)
    }

    pub(super) fn set_profile_name(&mut self, id: u64, name: &str) {
        self.profiles.insert(id, Profile::from([("en-US".to_owned(), name.to_owned())]));
    }

    /// Where the main shop begins: `/`, or a folder.
    pub(super) fn base(&self) -> &str {
        self.shops.get(&MAIN_SHOP).map_or("/", String::as_str)
    }

    /// The shop that a path belongs to, and the rest of the path.
    pub(super) fn shop_of<'p>(&self, path: &'p str) -> Option<(u64, &'p str)> {
        let inside =
            self.shops.iter().filter_map(|(&id, base)| Some((id, path.strip_prefix(base.as_str())?)));
        inside.min_by_key(|(_, rest)| rest.len())
    }
}

/// Permissions as they are written in code: resources with their methods.
pub(super) fn permissions(of: &[(&str, &[&str])]) -> Permissions {
    of.iter()
        .map(|(resource, methods)| {
            ((*resource).to_owned(), methods.iter().map(|&method| method.to_owned()).collect())
        })
        .collect()
}

pub(super) fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// The start of the default range of statistics.
pub(super) fn month_before(time: Timestamp) -> String {
    let day = time.to_zoned(jiff::tz::TimeZone::UTC);
    day.checked_sub(jiff::Span::new().months(1))
        .map_or_else(|_| date(time), |day| day.strftime("%Y-%m-%d").to_string())
}

/// When a new password counts as made: six hours ago, so that its owner may change it at once.
pub(super) fn generated(time: Timestamp) -> String {
    let earlier = time.saturating_sub(Duration::from_secs(6 * 3600)).unwrap_or(time);
    earlier.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
