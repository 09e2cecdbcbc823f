//! The fields of the resources, in the order of the answers.

use super::version::PrestashopVersion;

/// A resource of the webservice, and what its rows are made of.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) many: &'static str,
    pub(super) one: &'static str,
    fields: &'static [Field],
}

/// A column.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    format: &'static str,
    max_size: Option<usize>,
    since: PrestashopVersion,
    only_old: bool,
    /// Said to be read-only; only 9.0 means it.
    pub(super) read_only: bool,
    /// The resource whose ids are here.
    pub(super) link: Option<&'static str>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Flag,
    Date,
    DateTime,
    Text,
}

impl Resource {
    pub(super) fn fields(&self, version: PrestashopVersion) -> impl Iterator<Item = &'static Field> {
        let exists = move |field: &&Field| version >= field.since && (version.is_old() || !field.only_old);
        self.fields.iter().filter(exists)
    }

    pub(super) fn names(&self, version: PrestashopVersion) -> Vec<&'static str> {
        std::iter::once("id").chain(self.fields(version).map(|field| field.name)).collect()
    }

    pub(super) fn field(&self, version: PrestashopVersion, name: &str) -> Option<&'static Field> {
        self.fields(version).find(|field| field.name == name)
    }
}

impl Field {
    /// The name of the check of its values, or nothing.
    pub(super) fn format(&self, version: PrestashopVersion) -> &'static str {
        match (self.name, version) {
            ("passwd", PrestashopVersion::V1_6) => "isPasswdAdmin",
            ("passwd", PrestashopVersion::V8) => "isPasswd",
            _ => self.format,
        }
    }

    pub(super) fn max_size(&self, version: PrestashopVersion) -> Option<usize> {
        match (self.name, version.is_old()) {
            ("passwd" | "lastname" | "firstname", true) => Some(32),
            ("email", true) => Some(128),
            _ => self.max_size,
        }
    }

    /// What the database keeps where nothing was given.
    pub(super) fn empty_column(&self) -> Option<String> {
        match self.kind {
            Kind::Int | Kind::Flag => Some("0".to_owned()),
            Kind::Date => Some("0000-00-00".to_owned()),
            Kind::DateTime => Some("0000-00-00 00:00:00".to_owned()),
            Kind::Text => None,
        }
    }

    const fn new(name: &'static str, kind: Kind, format: &'static str) -> Self {
        Self {
            name,
            kind,
            required: false,
            format,
            max_size: None,
            since: PrestashopVersion::V1_6,
            only_old: false,
            read_only: false,
            link: None,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    const fn up_to(mut self, size: usize) -> Self {
        self.max_size = Some(size);
        self
    }

    const fn since_8(mut self) -> Self {
        self.since = PrestashopVersion::V8;
        self
    }

    const fn only_old(mut self) -> Self {
        self.only_old = true;
        self
    }

    const fn linked(mut self, resource: &'static str) -> Self {
        self.link = Some(resource);
        self
    }
}

pub(super) static EMPLOYEES: Resource = Resource {
    many: "employees",
    one: "employee",
    fields: &[
        Field::new("id_lang", Kind::Int, "isUnsignedInt").required().linked("languages"),
        Field::new("last_passwd_gen", Kind::DateTime, "").read_only(),
        Field::new("stats_date_from", Kind::Date, "isDate").read_only(),
        Field::new("stats_date_to", Kind::Date, "isDate").read_only(),
        Field::new("stats_compare_from", Kind::Date, "isDate").read_only(),
        Field::new("stats_compare_to", Kind::Date, "isDate").read_only(),
        Field::new("passwd", Kind::Text, "isHashedPassword").required().up_to(255),
        Field::new("lastname", Kind::Text, "isName").required().up_to(255),
        Field::new("firstname", Kind::Text, "isName").required().up_to(255),
        Field::new("email", Kind::Text, "isEmail").required().up_to(255),
        Field::new("active", Kind::Flag, "isBool"),
        Field::new("optin", Kind::Flag, "isBool").only_old(),
        Field::new("id_profile", Kind::Int, "isInt").required(),
        Field::new("bo_color", Kind::Text, "isColor").up_to(32),
        Field::new("default_tab", Kind::Int, "isInt"),
        Field::new("bo_theme", Kind::Text, "isGenericName").up_to(32),
        Field::new("bo_css", Kind::Text, "isGenericName").up_to(64),
        Field::new("bo_width", Kind::Int, "isUnsignedInt"),
        Field::new("bo_menu", Kind::Flag, "isBool"),
        Field::new("stats_compare_option", Kind::Int, "isUnsignedInt"),
        Field::new("preselect_date_range", Kind::Text, "").up_to(32),
        Field::new("id_last_order", Kind::Int, "isUnsignedInt"),
        Field::new("id_last_customer_message", Kind::Int, "isUnsignedInt"),
        Field::new("id_last_customer", Kind::Int, "isUnsignedInt"),
        Field::new("reset_password_token", Kind::Text, "isSha1").up_to(40).since_8(),
        Field::new("reset_password_validity", Kind::DateTime, "isDateOrNull").since_8(),
        Field::new("has_enabled_gravatar", Kind::Flag, "isBool").since_8(),
    ],
};

pub(super) static LANGUAGES: Resource = Resource {
    many: "languages",
    one: "language",
    fields: &[
        Field::new("name", Kind::Text, "isGenericName").required().up_to(32),
        Field::new("iso_code", Kind::Text, "isLanguageIsoCode").required().up_to(2),
        Field::new("active", Kind::Flag, "isBool"),
    ],
};
