//! Profiles: `/profiles`. One at a time: there is no list.

use serde_json::{Value, json};

use super::{Operation, body, error, invalid};
use crate::fakes::http::{Answer, Incoming};
use crate::fakes::prestashop::state::{Employee, Profile, SUPER_ADMIN, World};

pub(super) fn answer(
    operation: &Operation<'_>,
    request: &Incoming,
    world: &mut World,
) -> Result<Answer, Answer> {
    let Some(id) = operation.id else {
        let names = names(body(request)?.get("names"))?;
        let id = world.profiles.keys().max().copied().unwrap_or_default() + 1;
        world.profiles.insert(id, names);
        return Ok(Answer::json(201, &shown(id, world)));
    };
    if !world.profiles.contains_key(&id) {
        return Err(error(404));
    }
    if operation.method == "GET" {
        return Ok(Answer::json(200, &shown(id, world)));
    }
    let in_use = world.employees.iter().map(Employee::profile).any(|profile| profile == id);
    if id == SUPER_ADMIN || in_use {
        return Err(error(500));
    }
    world.profiles.remove(&id);
    Ok(Answer::empty(204))
}

fn shown(id: u64, world: &World) -> Value {
    let names = world.profiles.get(&id);
    json!({"profileId": id, "names": names})
}

fn names(given: Option<&Value>) -> Result<Profile, Answer> {
    let names: Option<Profile> = given.and_then(|names| serde_json::from_value(names.clone()).ok());
    let names = names.filter(|names| !names.is_empty() && names.values().all(|name| !name.is_empty()));
    let names = names.ok_or_else(|| invalid("names", "This value should not be blank."))?;
    match names.values().all(|name| name.chars().count() <= 32) {
        true => Ok(names),
        false => Err(invalid("names", "This value is too long.")),
    }
}
