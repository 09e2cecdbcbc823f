//! POST, PUT, PATCH and DELETE on employees.

use std::collections::BTreeMap;

use guestpass::Timestamp;

use super::checks::check;
use super::errors::{self, Failure};
use super::fields::{EMPLOYEES, Field, Kind};
use super::gate::Call;
use super::quirks::Quirks;
use super::reader::{self, Given};
use super::reads::{Reply, record};
use super::state::{Columns, Employee, World, date, generated, month_before};
use super::values::{Cell, Record, Value};
use super::version::PrestashopVersion;
use super::writer::Document;

/// An employee as PHP has it in memory: what was loaded, under what was given.
pub(super) type Object = BTreeMap<&'static str, Value>;

/// What an update does with fields that it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Update {
    /// PUT empties them.
    Whole,
    /// PATCH keeps them.
    Part,
}

/// Stores the objects of the body, one by one.
pub(super) fn write(
    call: &Call<'_>,
    world: &mut World,
    quirks: &Quirks,
    now: Timestamp,
) -> Result<Reply, Failure> {
    let given = given(call)?;
    let status = if call.method == "POST" { 201 } else { 200 };
    let mut records = Vec::new();
    for object in &given {
        records.push(match call.method.as_str() {
            "POST" => create(call, world, quirks, object, now)?,
            "PUT" => update(call, world, quirks, object, Update::Whole, now)?,
            _ => update(call, world, quirks, object, Update::Part, now)?,
        });
    }
    let document = match records.len() {
        1 => records.pop().map(|record| Document::One(&EMPLOYEES, record)),
        _ => Some(Document::Many(&EMPLOYEES, records)),
    };
    Ok(document.map_or(Reply::Nothing(status), |document| Reply::Document(status, document)))
}

/// The objects of the body; one without fields where it names none.
fn given(call: &Call<'_>) -> Result<Vec<Given>, Failure> {
    let body = String::from_utf8_lossy(&call.request.body);
    let body = body.strip_prefix("xml=").unwrap_or(&body);
    match reader::objects(body, EMPLOYEES.one) {
        Some(objects) if objects.is_empty() => Ok(vec![Given::new()]),
        Some(objects) => Ok(objects),
        None => {
            let lines = if call.warned && !body.is_empty() { 3 } else { 0 };
            let start = Failure(Vec::new());
            let warned = (0..lines).fold(start, |told, _| {
                told.and(errors::warning("SimpleXMLElement::__construct(): parser error", 1530))
            });
            Err(warned.and(errors::not_xml(body)))
        }
    }
}

fn named<'g>(given: &'g Given, name: &str) -> Option<&'g str> {
    given.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

fn create(
    call: &Call<'_>,
    world: &mut World,
    quirks: &Quirks,
    given: &Given,
    now: Timestamp,
) -> Result<Record, Failure> {
    if named(given, "id").is_some_and(|id| !id.is_empty()) {
        return Err(Failure::new(400, 91, "id is forbidden when adding a new resource"));
    }
    let mut object = fill(Object::new(), given, call.version, Update::Whole)?;
    object.insert("last_passwd_gen", Value::text(generated(now)));
    object.insert("stats_date_from", Value::text(month_before(now)));
    object.insert("stats_date_to", Value::text(date(now)));
    if call.version.is_old() {
        let unseen = ["id_last_order", "id_last_customer_message", "id_last_customer"];
        for name in unseen {
            object.entry(name).and_modify(|value| {
                if *value == Value::Null {
                    *value = Value::text("");
                }
            });
        }
    }
    check_before_hashing(&object, None, call, quirks)?;
    let plain = keep_or_hash(&mut object, None, world);
    let email = object.get("email").map(Value::in_xml).unwrap_or_default();
    let id = world.next_employee();
    let answer = answered(id, &object, call.version);
    let columns = stored(&object, call.version);
    world.admit(columns, plain, call.shops.clone());
    if world.employee(id).is_some_and(Employee::is_active) {
        world.count_admission(&email);
    }
    Ok(answer)
}

/// The id in the body decides, whatever the address says.
fn update(
    call: &Call<'_>,
    world: &mut World,
    quirks: &Quirks,
    given: &Given,
    how: Update,
    now: Timestamp,
) -> Result<Record, Failure> {
    let Some(id) = named(given, "id").filter(|id| !id.is_empty()) else {
        return Err(Failure::new(400, 90, "id is required when modifying a resource"));
    };
    let found = id.trim().parse().ok().and_then(|id| world.employee(id)).cloned();
    let Some(before) = found else {
        return Err(Failure::new(404, 92, "Invalid ID"));
    };
    let loaded = loaded(&before, call.version);
    let mut object = fill(loaded, given, call.version, how)?;
    for name in ["stats_date_from", "stats_date_to"] {
        if object.get(name).is_none_or(Value::is_empty) {
            object.insert(name, Value::text(date(now)));
        }
    }
    check_before_hashing(&object, Some(&before), call, quirks)?;
    let plain = keep_or_hash(&mut object, Some(&before), world);
    let answer = answered(before.id, &object, call.version);
    let columns = stored(&object, call.version);
    if let Some(employee) = world.employee_mut(before.id) {
        employee.columns = columns;
        employee.password = plain;
        employee.shops.extend(&call.shops);
        let after = employee.is_active();
        match (before.is_active(), after) {
            (true, false) => world.count_removal(before.email()),
            (false, true) => world.count_admission(before.email()),
            _ => {}
        }
    }
    Ok(answer)
}

fn loaded(employee: &Employee, version: PrestashopVersion) -> Object {
    record(employee, version).cells.into_iter().map(|cell| (cell.name, cell.value)).collect()
}

/// Puts what was given into an object, field by field; the first fault ends it.
fn fill(
    mut object: Object,
    given: &Given,
    version: PrestashopVersion,
    how: Update,
) -> Result<Object, Failure> {
    for field in EMPLOYEES.fields(version) {
        match named(given, field.name) {
            Some(_) if field.read_only && version == PrestashopVersion::V9_0 => {
                let message = format!(
                    "parameter \"{}\" not writable. Please remove this attribute of this XML",
                    field.name
                );
                return Err(Failure::new(400, 93, message));
            }
            Some(value) => _ = object.insert(field.name, Value::text(value)),
            None if how == Update::Part => {}
            None if field.required => {
                return Err(Failure::new(400, 41, format!("parameter \"{}\" required", field.name)));
            }
            None => _ = object.insert(field.name, Value::Null),
        }
    }
    Ok(object)
}

/// Checks what will be stored. A new password is checked as its hash, so any text passes.
fn check_before_hashing(
    object: &Object,
    before: Option<&Employee>,
    call: &Call<'_>,
    quirks: &Quirks,
) -> Result<(), Failure> {
    let mut hashed = object.clone();
    let is_new =
        before.is_none_or(|before| object.get("passwd") != Some(&Value::text(before.column("passwd"))));
    if is_new {
        hashed.insert("passwd", Value::text("h".repeat(32)));
    }
    check(&hashed, call.version, quirks)
}

/// A password that equals the stored hash stays; every other text is a new one. Returns it in plain.
fn keep_or_hash(object: &mut Object, before: Option<&Employee>, world: &mut World) -> String {
    let given = object.get("passwd").map(Value::in_xml).unwrap_or_default();
    match before.filter(|before| before.column("passwd") == given) {
        Some(before) => before.password.clone(),
        None => {
            object.insert("passwd", Value::text(world.hash(&given)));
            given
        }
    }
}

/// The object as the answer shows it: as it is in memory, not as it was stored.
fn answered(id: u64, object: &Object, version: PrestashopVersion) -> Record {
    let fields = EMPLOYEES.fields(version).map(|field| {
        let value = object.get(field.name).cloned().unwrap_or_default();
        Cell { link: field.link, ..Cell::new(field.name, value) }
    });
    Record { cells: std::iter::once(Cell::new("id", Value::text(id.to_string()))).chain(fields).collect() }
}

/// The object as the database keeps it.
fn stored(object: &Object, version: PrestashopVersion) -> Columns {
    let column = |field: &'static Field| {
        let text = object.get(field.name).map(Value::in_xml).unwrap_or_default();
        let column = match field.kind {
            _ if text.is_empty() => field.empty_column(),
            Kind::Int | Kind::Flag => Some(text.trim().parse::<i64>().unwrap_or_default().to_string()),
            Kind::Date | Kind::DateTime | Kind::Text => Some(text),
        };
        (field.name, column)
    };
    EMPLOYEES.fields(version).map(column).collect()
}

/// Deletes one, or a list of which nothing goes when one is missing.
pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Result<Reply, Failure> {
    let listed = call.request.parameter("id").map(|ids| ids.trim_matches(['[', ']']));
    let ids = call.id.as_deref().or(listed);
    let number = |id: &str| id.trim().parse().unwrap_or_default();
    let numbers: Vec<u64> = ids.map_or(vec![0], |ids| ids.split(',').map(number).collect());
    let missing: Vec<_> = numbers.iter().copied().filter(|&id| world.employee(id).is_none()).collect();
    if !missing.is_empty() {
        let start = Failure(Vec::new());
        let warned = match ids.is_none() && call.warned {
            true => errors::warning("Undefined array key 1", 1471),
            false => start,
        };
        return Err(warned.and(errors::missing_ids(&missing)));
    }
    let (gone, left): (Vec<_>, Vec<_>) =
        std::mem::take(&mut world.employees).into_iter().partition(|employee| numbers.contains(&employee.id));
    world.employees = left;
    for employee in gone.iter().filter(|employee| employee.is_active()) {
        world.count_removal(employee.email());
    }
    Ok(Reply::Nothing(200))
}
