//! Answers in XML and JSON, as the webservice writes them.

use serde_json::{Map, Value as Json, json};

use super::errors::Failure;
use super::fields::Resource;
use super::values::{Cell, Record};
use super::version::PrestashopVersion;

/// What an answer says.
#[derive(Debug)]
pub(super) enum Document {
    /// The resources with the methods that the key may use.
    Root { shop_name: String, resources: Vec<Reach> },
    /// Ids alone.
    Ids(&'static Resource, Vec<String>),
    /// Rows of a list.
    Many(&'static Resource, Vec<Record>),
    /// One row.
    One(&'static Resource, Record),
}

/// What a key may do with a resource.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) resource: String,
    pub(super) description: String,
    /// Methods in lower case, and whether they are allowed.
    pub(super) methods: Vec<(&'static str, bool)>,
}

const HEAD: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<prestashop xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n";
const FOOT: &str = "</prestashop>\n";

/// Writes for one call: where links lead, and which version writes them.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    /// `http://host/folder/api/`.
    pub(super) api: String,
    pub(super) version: PrestashopVersion,
}

impl Writer {
    pub(super) fn xml(&self, document: &Document) -> String {
        let content = match document {
            Document::Root { shop_name, resources } => self.root(shop_name, resources),
            Document::Ids(resource, ids) => {
                let entries: String = ids.iter().map(|id| self.entry(resource, id)).collect();
                format!("<{many}>\n{entries}</{many}>\n", many = resource.many)
            }
            Document::Many(resource, records) => {
                let rows: String = records.iter().map(|record| self.row(resource, record)).collect();
                format!("<{many}>\n{rows}</{many}>\n", many = resource.many)
            }
            Document::One(resource, record) => self.row(resource, record),
        };
        format!("{HEAD}{content}{FOOT}")
    }

    fn entry(&self, resource: &Resource, id: &str) -> String {
        format!("<{} id=\"{id}\" xlink:href=\"{}{}/{id}\"/>\n", resource.one, self.api, resource.many)
    }

    fn row(&self, resource: &Resource, record: &Record) -> String {
        let cells: String = record.cells.iter().map(|cell| self.cell(cell)).collect();
        format!("<{one}>\n{cells}</{one}>\n", one = resource.one)
    }

    fn cell(&self, cell: &Cell) -> String {
        let (name, text, attributes) = (cell.name, cell.value.in_xml(), &cell.attributes);
        let link = match cell.link {
            Some(resource) if !text.is_empty() => format!(" xlink:href=\"{}{resource}/{text}\"", self.api),
            _ => String::new(),
        };
        let value = match text.is_empty() && self.version.is_old() {
            true => String::new(),
            false => format!("<![CDATA[{text}]]>"),
        };
        format!("\t<{name}{link}{attributes}>{value}</{name}>\n")
    }

    fn root(&self, shop_name: &str, resources: &[Reach]) -> String {
        let entries: String = resources.iter().map(|reach| self.reach(reach)).collect();
        format!("<api shopName=\"{shop_name}\">\n{entries}</api>\n")
    }

    fn reach(&self, reach: &Reach) -> String {
        let (name, description) = (&reach.resource, &reach.description);
        let href = format!("{}{name}", self.api);
        let methods: String =
            reach.methods.iter().map(|(method, allowed)| format!(" {method}=\"{allowed}\"")).collect();
        let schema = |kind| format!("<schema xlink:href=\"{href}?schema={kind}\" type=\"{kind}\"/>\n");
        format!(
            "<{name} xlink:href=\"{href}\"{methods}>\n<description xlink:href=\"{href}\"{methods}>\n\
             {description}</description>\n{}{}</{name}>\n",
            schema("blank"),
            schema("synopsis"),
        )
    }

    /// `None` where the real thing dies of a type error.
    pub(super) fn json(&self, document: &Document) -> Option<String> {
        let body = match document {
            Document::Root { .. } if !self.version.is_old() => return None,
            Document::Root { resources, .. } => {
                json!(resources.iter().map(|reach| &reach.resource).collect::<Vec<_>>())
            }
            Document::Ids(_, ids) if ids.is_empty() => json!([]),
            Document::Many(_, records) if records.is_empty() => json!([]),
            Document::Ids(resource, ids) => {
                let number = |id: &String| id.parse::<u64>().map_or_else(|_| json!(id), |id| json!(id));
                let ids: Vec<_> = ids.iter().map(|id| json!({"id": number(id)})).collect();
                json!({resource.many: ids})
            }
            Document::Many(resource, records) => {
                let rows: Vec<_> = records.iter().map(|record| fields(record, false)).collect();
                json!({resource.many: rows})
            }
            Document::One(resource, record) => json!({resource.one: fields(record, !self.version.is_old())}),
        };
        Some(slashed(&body))
    }
}

pub(super) fn failure_in_xml(failure: &Failure) -> String {
    let error = |code, message| {
        format!(
            "<error>\n<code><![CDATA[{code}]]></code>\n<message><![CDATA[{message}]]></message>\n</error>\n"
        )
    };
    let errors: String = failure.0.iter().map(|one| error(one.code, &one.message)).collect();
    format!("{HEAD}<errors>\n{errors}</errors>\n{FOOT}")
}

pub(super) fn failure_in_json(failure: &Failure) -> String {
    let errors: Vec<_> =
        failure.0.iter().map(|one| json!({"code": one.code, "message": one.message})).collect();
    slashed(&json!({"errors": errors}))
}

/// Since 8 a single object loses what PHP takes for false, and an object without fields is a list.
fn fields(record: &Record, drop_falsy: bool) -> Json {
    let kept = record.cells.iter().filter(|cell| !(drop_falsy && cell.value.is_falsy()));
    let fields: Map<String, Json> = kept.map(|cell| (cell.name.to_owned(), cell.value.in_json())).collect();
    if fields.is_empty() { json!([]) } else { Json::Object(fields) }
}

/// PHP escapes slashes.
fn slashed(body: &Json) -> String {
    body.to_string().replace('/', "\\/")
}
