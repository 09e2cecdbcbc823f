//! Answers to GET and HEAD.

use super::errors::{Failure, bad_parameter};
use super::fields::{EMPLOYEES, Field, LANGUAGES, Resource};
use super::gate::Call;
use super::query::{self, Display};
use super::quirks::Quirks;
use super::resources;
use super::state::{Employee, World};
use super::values::{Cell, Record, Value};
use super::version::PrestashopVersion;
use super::writer::{Document, Reach};

/// What the webservice answers when it does not refuse.
#[derive(Debug)]
pub(super) enum Reply {
    Document(u16, Document),
    /// A status without any body.
    Nothing(u16),
}

pub(super) fn answer(call: &Call<'_>, world: &World, quirks: &Quirks) -> Result<Reply, Failure> {
    let resource = match call.resource.as_str() {
        "" => return Ok(Reply::Document(200, root(call, world))),
        "languages" => &LANGUAGES,
        _ => &EMPLOYEES,
    };
    let document = match (call.request.parameter("schema"), &call.id) {
        (Some(kind), None) => schema(call, resource, kind)?,
        (_, Some(id)) => return one(call, world, resource, id),
        (None, None) => list(call, resource, rows(call, world), quirks)?,
    };
    Ok(Reply::Document(200, document))
}

/// The rows that the call may see; resources that the fake does not fill are empty.
fn rows(call: &Call<'_>, world: &World) -> Vec<Record> {
    match call.resource.as_str() {
        "employees" => {
            let here = |employee: &&Employee| !employee.shops.is_disjoint(&call.shops);
            world.employees.iter().filter(here).map(|employee| record(employee, call.version)).collect()
        }
        "languages" => languages(),
        _ => Vec::new(),
    }
}

fn languages() -> Vec<Record> {
    let cells = [("name", "English (English)"), ("iso_code", "en"), ("active", "1")];
    let texts = cells.map(|(name, value)| Cell::new(name, Value::text(value)));
    vec![Record { cells: std::iter::once(Cell::new("id", Value::Int(1))).chain(texts).collect() }]
}

/// An employee as stored.
pub(super) fn record(employee: &Employee, version: PrestashopVersion) -> Record {
    let id = i64::try_from(employee.id).unwrap_or_default();
    let fields = EMPLOYEES.fields(version).map(|field| {
        let column = employee.columns.get(field.name).and_then(Option::as_deref);
        let cell = Cell::new(field.name, Value::read(column, field, version));
        Cell { link: field.link, ..cell }
    });
    Record { cells: std::iter::once(Cell::new("id", Value::Int(id))).chain(fields).collect() }
}

fn one(call: &Call<'_>, world: &World, resource: &'static Resource, id: &str) -> Result<Reply, Failure> {
    let found = rows(call, world).into_iter().find(|row| row.get("id") == id);
    let Some(row) = found else {
        let elsewhere = id.parse().is_ok_and(|id| world.employee(id).is_some());
        return match elsewhere && call.resource == "employees" {
            true => Err(Failure::new(404, 131, format!("This Employee ({id}) does not exists on this shop"))),
            false => Ok(Reply::Nothing(404)),
        };
    };
    let document = match query::display(call, resource)? {
        Display::Ids => Document::One(resource, row),
        _ if call.version.is_old() => Document::Ids(resource, vec![id.to_owned()]),
        display => Document::Many(resource, vec![shown(row, &display)]),
    };
    Ok(Reply::Document(200, document))
}

fn list(
    call: &Call<'_>,
    resource: &'static Resource,
    mut rows: Vec<Record>,
    quirks: &Quirks,
) -> Result<Document, Failure> {
    let display = query::display(call, resource)?;
    query::filter(call, resource, &mut rows)?;
    query::sort(call, resource, &mut rows, quirks.unsorted_lists)?;
    query::limit(call, &mut rows, quirks.paging)?;
    Ok(match display {
        Display::Ids => Document::Ids(resource, rows.iter().map(|row| row.get("id")).collect()),
        display => Document::Many(resource, rows.into_iter().map(|row| shown(row, &display)).collect()),
    })
}

fn shown(mut row: Record, display: &Display) -> Record {
    if let Display::Fields(wanted) = display {
        row.cells.retain(|cell| wanted.iter().any(|name| name == cell.name));
    }
    row
}

fn root(call: &Call<'_>, world: &World) -> Document {
    let methods = ["get", "put", "post", "patch", "delete", "head"];
    let methods = methods.into_iter().filter(|&method| method != "patch" || !call.version.is_old());
    let reach = |resource: &str| {
        let granted = call.permissions.get(resource)?;
        let may = |method: &'static str| (method, granted.contains(&method.to_uppercase()));
        Some(Reach {
            resource: resource.to_owned(),
            description: resources::description(resource),
            methods: methods.clone().map(may).collect(),
        })
    };
    let resources = resources::names(call.version).into_iter().filter_map(reach).collect();
    Document::Root { shop_name: world.shop_name.clone(), resources }
}

fn schema(call: &Call<'_>, resource: &'static Resource, kind: &str) -> Result<Document, Failure> {
    let version = call.version;
    let empty = |name| Cell::new(name, Value::text(""));
    let cells: Vec<_> = match kind {
        "blank" => {
            let writable = |name: &&'static str| {
                let read_only = resource.field(version, name).is_some_and(|field| field.read_only);
                !(read_only && version == PrestashopVersion::V9_0)
            };
            resource.names(version).into_iter().filter(writable).map(empty).collect()
        }
        "synopsis" => resource
            .fields(version)
            .map(|field| Cell { attributes: attributes(field, version), ..empty(field.name) })
            .collect(),
        _ => {
            let message = "Please select a schema of type 'synopsis' to get the whole schema informations (which \
                fields are required, which kind of content...) or 'blank' to get an empty schema to fill before \
                using POST request";
            return Err(bad_parameter(28, message.to_owned(), call.warned));
        }
    };
    Ok(Document::One(resource, Record { cells }))
}

fn attributes(field: &Field, version: PrestashopVersion) -> String {
    let refused = field.read_only && version == PrestashopVersion::V9_0;
    let format = field.format(version);
    let parts = [
        refused.then(|| "read_only=\"true\"".to_owned()),
        field.required.then(|| "required=\"true\"".to_owned()),
        field.max_size(version).map(|size| format!("maxSize=\"{size}\"")),
        (!format.is_empty()).then(|| format!("format=\"{format}\"")),
        field.read_only.then(|| "readOnly=\"true\"".to_owned()),
    ];
    parts.into_iter().flatten().map(|part| format!(" {part}")).collect()
}
