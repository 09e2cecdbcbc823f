//! The vendor's XML, as it comes. Unknown elements are ignored; what is needed and missing makes an answer unreadable.

use std::fmt;

use guestpass::http::{ApiResponse, Failure};
use guestpass::rotation::Fingerprint;
use guestpass::{OneTimeSecret, SecretString};

use crate::xml::{self, Element};

/// What a listing asks for: never `full`, which brings password hashes and reset tokens.
pub(crate) const LISTED: &str = "[id,id_lang,lastname,firstname,email,active,id_profile]";
/// Written by PrestaShop alone: 9.0 refuses them, and 1.6 refuses the dates that it stores itself.
const READ_ONLY: [&str; 5] =
    ["last_passwd_gen", "stats_date_from", "stats_date_to", "stats_compare_from", "stats_compare_to"];

/// An employee, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Employee {
    pub(crate) id: u64,
    pub(crate) language: Option<u64>,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    /// `1`, `0`, or something that we do not know.
    pub(crate) active: String,
    pub(crate) profile: u64,
}

impl Employee {
    pub(crate) fn is_active(&self) -> bool {
        !matches!(self.active.as_str(), "" | "0")
    }

    fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Failure> {
        let needed = |name: &'static str| {
            field(name).ok_or_else(|| Failure::undecodable(format!("an employee has no `{name}`")))
        };
        let number = |name: &'static str| {
            needed(name)?
                .parse()
                .map_err(|_| Failure::undecodable(format!("an employee's `{name}` is no number")))
        };
        let text = |name: &'static str| field(name).unwrap_or_default().to_owned();
        Ok(Self {
            id: number("id")?,
            language: field("id_lang").and_then(|id| id.parse().ok()),
            first_name: text("firstname"),
            last_name: text("lastname"),
            email: needed("email")?.to_owned(),
            active: needed("active")?.to_owned(),
            profile: number("id_profile")?,
        })
    }
}

/// The rows of a listing.
pub(crate) fn employees(response: &ApiResponse) -> Result<Vec<Employee>, Failure> {
    let root = document(response)?;
    let list =
        root.child("employees").ok_or_else(|| Failure::undecodable("it holds no list of employees"))?;
    if !value(list).is_empty() || list.children.iter().any(|row| row.name != "employee") {
        return Err(Failure::undecodable("its list holds something else than employees"));
    }
    list.children.iter().map(|row| Employee::read(|name| row.child(name).map(value))).collect()
}

/// Everything that PrestaShop told of one employee, to be handed back to it: a field that an update leaves out is
/// emptied. A password hash and a reset token are among it, so the values pass through unread and are not printed.
pub(crate) struct Record {
    fields: Vec<(String, String)>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("Record").field("fields", &names).finish_non_exhaustive()
    }
}

impl Record {
    pub(crate) fn read(response: &ApiResponse) -> Result<Self, Failure> {
        let mut root = document(response)?;
        let place = root.children.iter().position(|child| child.name == "employee");
        let employee = place
            .map(|place| root.children.swap_remove(place))
            .ok_or_else(|| Failure::undecodable("it holds no employee"))?;
        // What has parts of its own is no field of an employee, and an update leaves it alone.
        let fields =
            employee.children.into_iter().filter(|field| field.children.is_empty() && is_name(&field.name));
        Ok(Self { fields: fields.map(|field| (field.name, field.text)).collect() })
    }

    pub(crate) fn employee(&self) -> Result<Employee, Failure> {
        Employee::read(|name| self.field(name).map(str::trim))
    }

    /// By what the stored hash of the password is recognised later, without being kept.
    pub(crate) fn mark(&self) -> Option<Fingerprint> {
        self.hash().map(|hash| Fingerprint::of(&hash))
    }

    /// Whether the stored hash is another one than this mark was made of.
    pub(crate) fn has_other_password(&self, mark: &Fingerprint) -> bool {
        self.hash().is_some_and(|hash| !mark.is_of(&hash))
    }

    fn hash(&self) -> Option<OneTimeSecret> {
        let hash = self.field("passwd").filter(|hash| !hash.is_empty())?;
        Some(OneTimeSecret::new(SecretString::from(hash.to_owned())))
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body of an update that changes these fields and leaves everything else as it is.
    pub(crate) fn with(&self, changes: &[(&str, &str)]) -> String {
        let kept =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(|(name, _)| {
                !READ_ONLY.contains(name) && changes.iter().all(|(changed, _)| changed != name)
            });
        xml::employee(kept.chain(changes.iter().copied()))
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// What a key may do, and whose shop it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) shop: Option<String>,
    /// For each method whether the key may use it on employees; nothing if it may use none.
    pub(crate) employees: Option<Rights>,
    /// Everything that the key may do: a method and a resource each.
    pub(crate) all: Vec<(&'static str, String)>,
}

/// The methods of the webservice, as the index names them and as requests do.
const METHODS: [(&str, &str); 6] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    ("head", "HEAD"),
];

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) get: bool,
    pub(crate) post: bool,
    pub(crate) put: bool,
    pub(crate) delete: bool,
}

pub(crate) fn index(response: &ApiResponse) -> Result<Index, Failure> {
    let root = document(response)?;
    let api = root.child("api").ok_or_else(|| Failure::undecodable("it does not say what the key may do"))?;
    let shop =
        api.attribute("shopName").map(|name| name.chars().filter(|c| !c.is_control()).take(120).collect());
    let employees = api.child("employees").map(|resource| {
        let may = |method| resource.attribute(method) == Some("true");
        Rights { get: may("get"), post: may("post"), put: may("put"), delete: may("delete") }
    });
    let mut all = Vec::new();
    for resource in api.children.iter().filter(|resource| is_name(&resource.name)) {
        let held = METHODS.iter().filter(|(attribute, _)| resource.attribute(attribute) == Some("true"));
        all.extend(held.map(|(_, method)| (*method, resource.name.clone())));
    }
    Ok(Index { shop, employees, all })
}

/// A success of which nothing is kept.
pub(crate) fn anything(response: &ApiResponse) -> Result<(), Failure> {
    document(response).map(drop)
}

/// One of the errors in an answer. Its message can quote a whole request, password included.
pub(crate) struct VendorError {
    pub(crate) code: Option<u32>,
    pub(crate) message: String,
}

impl fmt::Debug for VendorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VendorError").field("code", &self.code).finish_non_exhaustive()
    }
}

/// The errors of an answer, in their order; none if it is no answer of the webservice.
pub(crate) fn errors(response: &ApiResponse) -> Vec<VendorError> {
    let Ok(root) = xml::document(&response.body) else { return Vec::new() };
    let errors = root.child("errors").into_iter().flat_map(|errors| errors.children_named("error"));
    errors
        .map(|error| VendorError {
            code: error.child("code").and_then(|code| value(code).parse().ok()),
            message: error.child("message").map(|message| message.text.clone()).unwrap_or_default(),
        })
        .collect()
}

/// The document of a success. Data beside an error proves nothing.
fn document(response: &ApiResponse) -> Result<Element, Failure> {
    let root = xml::document(&response.body)?;
    if root.child("errors").is_some() {
        return Err(Failure::undecodable("it reports an error in a success"));
    }
    Ok(root)
}

fn value(element: &Element) -> &str {
    element.text.trim()
}

#[cfg(test)]
mod tests {
    use guestpass::http::{Bytes, HeaderMap, StatusCode};

    use super::*;

    fn answer(inner: &str) -> ApiResponse {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<prestashop xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n";
        ApiResponse {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from(format!("{head}{inner}\n</prestashop>\n")),
        }
    }

    /// The shape of 9.0: values in CDATA, empty ones too, foreign keys with a link.
    const NEW: &str = "<employee>\n\t<id><![CDATA[2]]></id>\n\t<id_lang xlink:href=\"http://x/api/languages/1\"><![CDATA[1]]></id_lang>\n\t<last_passwd_gen><![CDATA[2026-01-02 03:04:05]]></last_passwd_gen>\n\t<stats_date_from><![CDATA[2026-01-01]]></stats_date_from>\n\t<stats_date_to><![CDATA[]]></stats_date_to>\n\t<stats_compare_from><![CDATA[0000-00-00]]></stats_compare_from>\n\t<stats_compare_to><![CDATA[0000-00-00]]></stats_compare_to>\n\t<passwd><![CDATA[$2y$10$hush]]></passwd>\n\t<lastname><![CDATA[ O'Guest ]]></lastname>\n\t<firstname><![CDATA[Gina]]></firstname>\n\t<email><![CDATA[gina@vendor.example]]></email>\n\t<active><![CDATA[1]]></active>\n\t<id_profile><![CDATA[5]]></id_profile>\n\t<bo_color><![CDATA[]]></bo_color>\n\t<bo_css><![CDATA[theme.css]]></bo_css>\n\t<reset_password_token><![CDATA[hush-token]]></reset_password_token>\n\t<associations><x><id>1</id></x></associations>\n</employee>";
    /// The shape of 1.6: empty values without CDATA.
    const OLD: &str = "<employee>\n\t<id><![CDATA[6]]></id>\n\t<id_lang xlink:href=\"http://x/api/languages/1\"><![CDATA[1]]></id_lang>\n\t<passwd><![CDATA[0123hush]]></passwd>\n\t<lastname><![CDATA[Guest]]></lastname>\n\t<firstname><![CDATA[Gina]]></firstname>\n\t<email><![CDATA[gina@vendor.example]]></email>\n\t<active><![CDATA[0]]></active>\n\t<optin></optin>\n\t<id_profile><![CDATA[5]]></id_profile>\n\t<bo_color></bo_color>\n</employee>";

    #[test]
    fn both_shapes_of_an_employee_are_read() {
        let new = Record::read(&answer(NEW)).unwrap().employee().unwrap();
        assert_eq!((new.id, new.language, new.profile, new.is_active()), (2, Some(1), 5, true));
        assert_eq!((new.first_name.as_str(), new.last_name.as_str()), ("Gina", "O'Guest"));
        let old = Record::read(&answer(OLD)).unwrap().employee().unwrap();
        assert_eq!((old.id, old.is_active()), (6, false));
        let listed = employees(&answer(&format!("<employees>\n{NEW}\n{OLD}</employees>"))).unwrap();
        assert_eq!(listed, [new, old]);
        assert!(employees(&answer("<employees>\n</employees>")).unwrap().is_empty());
    }

    #[test]
    fn an_update_keeps_everything_but_what_is_read_only() {
        let body = Record::read(&answer(NEW)).unwrap().with(&[("active", "0")]);
        let again = Record::read(&answer(
            &body[body.find("<employee>").unwrap()..body.len() - "</prestashop>".len()],
        ));
        let names = |record: &Record| record.fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let again = again.unwrap();
        assert!(
            names(&again).iter().all(|name| !READ_ONLY.contains(&name.as_str()) && name != "associations")
        );
        for (name, kept) in [
            ("id", "2"),
            ("passwd", "$2y$10$hush"),
            ("lastname", " O'Guest "),
            ("bo_color", ""),
            ("bo_css", "theme.css"),
            ("reset_password_token", "hush-token"),
            ("active", "0"),
        ] {
            assert_eq!(again.field(name), Some(kept), "{name}");
            assert_eq!(
                again.fields.iter().filter(|(known, _)| known == name).count(),
                1,
                "{name} comes once"
            );
        }
    }

    #[test]
    fn nothing_prints_a_hash() {
        let record = Record::read(&answer(NEW)).unwrap();
        let printed = format!("{record:?} {:?} {:?}", record.employee(), xml::document(&answer(NEW).body));
        assert!(printed.contains("passwd") && !printed.contains("hush"), "{printed}");
    }

    #[test]
    fn half_an_answer_is_none() {
        for broken in [
            "<employees><employee id=\"1\"/></employees>".to_owned(),
            format!("<employees>{}</employees>", NEW.replace("[2]", "[two]")),
            format!("<employees>{}</employees>", NEW.replace("<active><![CDATA[1]]></active>", "")),
            format!("<employees>{OLD}</employees><errors><error><code>3</code></error></errors>"),
            "<employees><error/></employees>".to_owned(),
            "<employees><![CDATA[7]]></employees>".to_owned(),
            "<customers/>".to_owned(),
        ] {
            assert!(employees(&answer(&broken)).is_err(), "{broken}");
        }
    }

    #[test]
    fn the_index_tells_the_shop_and_the_rights() {
        let read = |inner: &str| index(&answer(inner)).unwrap();
        let told = read(
            "<api shopName=\"A &amp; B\">\n<employees xlink:href=\"http://x/api/employees\" get=\"true\" put=\"true\" \
             post=\"false\" patch=\"true\" delete=\"true\" head=\"true\">\n<description get=\"true\">\nThe \
             Employees</description>\n<schema type=\"blank\"/>\n</employees></api>",
        );
        assert_eq!(told.shop.as_deref(), Some("A & B"));
        assert_eq!(told.employees, Some(Rights { get: true, post: false, put: true, delete: true }));
        let methods: Vec<_> =
            told.all.iter().map(|(method, resource)| format!("{method} {resource}")).collect();
        assert_eq!(
            methods,
            ["GET employees", "PUT employees", "PATCH employees", "DELETE employees", "HEAD employees"]
        );
        let other = read("<api><languages get=\"true\"/></api>");
        assert_eq!((&other.shop, &other.employees), (&None, &None));
        assert_eq!(other.all, [("GET", "languages".to_owned())]);
    }

    #[test]
    fn errors_come_in_their_order() {
        let response = answer(
            "<errors>\n<error>\n<code><![CDATA[32]]></code>\n<message><![CDATA[This <filter>]]></message>\n</error>\n\
             <error><code><![CDATA[3]]></code></error></errors>",
        );
        let codes: Vec<_> = errors(&response).iter().map(|error| error.code).collect();
        assert_eq!(codes, [Some(32), Some(3)]);
        assert!(!format!("{:?}", errors(&response)).contains("filter"));
    }
}
