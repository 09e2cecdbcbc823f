//! Questions: one statement for each.

use guestpass::grants::audit::{Event, Head};
use guestpass::grants::{
    DueKey, Grant, GrantId, GrantQuery, Holding, LeaseKey, Offboarding, OffboardingId, PersonRecord, Phase,
    Step, StepId, StepQuery, SubjectKey,
};
use guestpass::incident::{Incident, IncidentId, IncidentStore};
use guestpass::review::{KeptRow, LastLook, Review, ReviewId};
use guestpass::rotation::{Rotation, RotationId, RotationQuery};
use guestpass::{CredentialName, PersonHandle, Result, StoreHandle, Timestamp};

use crate::database::{Database, Row};
use crate::document;
use crate::statement::Statement;
use crate::time::{kept, present};

const GRANT: &str = "SELECT id, document FROM grants";
const HOLDING: &str = "SELECT subject, document FROM holdings";
const STEP: &str = "SELECT id, document, revision, manual FROM steps";
const ROTATION: &str = "SELECT id, document FROM rotations";
const REVIEW: &str = "SELECT id, document FROM reviews";
const INCIDENT: &str = "SELECT id, document FROM incidents";
const OFFBOARDING: &str = "SELECT id, document FROM offboardings";

pub(crate) async fn grant(database: &Database, id: GrantId) -> Result<Option<Grant>> {
    let by_id = Statement::new(GRANT).with(" WHERE id = ", id.to_string());
    database.read_one(by_id).await?.as_ref().map(grant_from).transpose()
}

pub(crate) async fn grants(
    database: &Database,
    query: &GrantQuery,
    after: Option<GrantId>,
    limit: u32,
) -> Result<Vec<Grant>> {
    database.read(grants_statement(query, after, limit)).await?.iter().map(grant_from).collect()
}

pub(crate) fn grants_statement(query: &GrantQuery, after: Option<GrantId>, limit: u32) -> Statement {
    let matching = Statement::new(GRANT)
        .with(" WHERE id > ", after.map_or_else(String::new, |id| id.to_string()))
        .with_some(" AND store = ", query.store.as_ref().map(StoreHandle::as_str))
        .with_some(" AND subject = ", query.subject.as_ref().map(SubjectKey::as_str))
        .with_some(" AND person = ", query.person.as_ref().map(PersonHandle::as_str));
    in_phases(matching, &query.phases).with(" ORDER BY id LIMIT ", limit)
}

/// Leaves out the phases that are not asked for. One that only a newer program knows is not left out: reading it fails,
/// which is better than not showing it.
fn in_phases(statement: Statement, asked: &[Phase]) -> Statement {
    if asked.is_empty() {
        return statement;
    }
    let living = asked.iter().all(|phase| !phase.is_over());
    let statement = if living { statement.then(" AND over_since_ms IS NULL") } else { statement };
    Phase::ALL
        .into_iter()
        .filter(|phase| !asked.contains(phase))
        .fold(statement, |statement, phase| statement.with(" AND phase <> ", phase.as_str()))
}

pub(crate) async fn holding(
    database: &Database,
    store: &StoreHandle,
    subject: &SubjectKey,
) -> Result<Option<Holding>> {
    let by_place = Statement::new(HOLDING)
        .with(" WHERE store = ", store.as_str())
        .with(" AND subject = ", subject.as_str());
    database.read_one(by_place).await?.as_ref().map(holding_from).transpose()
}

pub(crate) async fn due_keys(database: &Database, now: Timestamp, limit: u32) -> Result<Vec<DueKey>> {
    database.read(due_keys_statement(now, limit)).await?.iter().map(due_key_from).collect()
}

/// What is due is looked up by itself, so that no database reads all places in the order of their keys instead.
pub(crate) fn due_keys_statement(now: Timestamp, limit: u32) -> Statement {
    Statement::new(
        "WITH due AS MATERIALIZED \
         (SELECT platform, contention, removing, due_at_ms FROM holdings WHERE due_at_ms <= $1) \
         SELECT platform, contention, CAST(SUM(removing) AS BIGINT), COUNT(*), MIN(due_at_ms) FROM due \
         WHERE NOT EXISTS (SELECT 1 FROM leases WHERE leases.platform = due.platform \
         AND leases.contention = due.contention AND owner IS NOT NULL AND until_ms > $1) \
         GROUP BY platform, contention \
         ORDER BY MAX(removing) DESC, MIN(due_at_ms), platform, contention",
    )
    .bind(present(now))
    .with(" LIMIT ", limit)
}

pub(crate) async fn due_holdings(
    database: &Database,
    key: &LeaseKey,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Holding>> {
    database.read(due_holdings_statement(key, now, limit)).await?.iter().map(holding_from).collect()
}

pub(crate) fn due_holdings_statement(key: &LeaseKey, now: Timestamp, limit: u32) -> Statement {
    Statement::new(HOLDING)
        .with(" WHERE platform = ", key.platform.as_str())
        .with(" AND contention = ", key.contention.as_str())
        .with(" AND due_at_ms <= ", present(now))
        .with(" ORDER BY removing DESC, due_at_ms, store, subject LIMIT ", limit)
}

pub(crate) async fn step(database: &Database, id: StepId) -> Result<Option<Step>> {
    let by_id = Statement::new(STEP).with(" WHERE id = ", id.to_string());
    database.read_one(by_id).await?.as_ref().map(step_from).transpose()
}

pub(crate) async fn steps(
    database: &Database,
    query: &StepQuery,
    after: Option<StepId>,
    limit: u32,
) -> Result<Vec<Step>> {
    let matching = Statement::new(STEP)
        .with(" WHERE id > ", after.map_or_else(String::new, |id| id.to_string()))
        .with_some(" AND store = ", query.store.as_ref().map(StoreHandle::as_str))
        .with_some(" AND subject = ", query.subject.as_ref().map(SubjectKey::as_str))
        .with_some(" AND person = ", query.person.as_ref().map(PersonHandle::as_str));
    let matching = if query.open { matching.then(" AND closed_at_ms IS NULL") } else { matching };
    database.read(matching.with(" ORDER BY id LIMIT ", limit)).await?.iter().map(step_from).collect()
}

pub(crate) async fn offboarding(database: &Database, id: OffboardingId) -> Result<Option<Offboarding>> {
    let by_id = Statement::new(OFFBOARDING).with(" WHERE id = ", id.to_string());
    database.read_one(by_id).await?.as_ref().map(offboarding_from).transpose()
}

pub(crate) async fn offboardings(
    database: &Database,
    person: Option<&PersonHandle>,
    limit: u32,
) -> Result<Vec<Offboarding>> {
    let newest = Statement::new(OFFBOARDING)
        .with_some(" WHERE person = ", person.map(PersonHandle::as_str))
        .with(" ORDER BY began_at_ms DESC, id LIMIT ", limit);
    database.read(newest).await?.iter().map(offboarding_from).collect()
}

pub(crate) async fn rotation(database: &Database, id: RotationId) -> Result<Option<Rotation>> {
    let by_id = Statement::new(ROTATION).with(" WHERE id = ", id.to_string());
    database.read_one(by_id).await?.as_ref().map(rotation_from).transpose()
}

pub(crate) async fn rotations(
    database: &Database,
    query: &RotationQuery,
    after: Option<RotationId>,
    limit: u32,
) -> Result<Vec<Rotation>> {
    database.read(rotations_statement(query, after, limit)).await?.iter().map(rotation_from).collect()
}

pub(crate) fn rotations_statement(query: &RotationQuery, after: Option<RotationId>, limit: u32) -> Statement {
    let matching = Statement::new(ROTATION)
        .with(" WHERE id > ", after.map_or_else(String::new, |id| id.to_string()))
        .with_some(" AND store = ", query.store.as_ref().map(StoreHandle::as_str))
        .with_some(" AND credential = ", query.credential.as_ref().map(CredentialName::as_str))
        .with_some(" AND due_at_ms <= ", query.due_by.map(present));
    let matching = if query.open { matching.then(" AND over = 0") } else { matching };
    matching.with(" ORDER BY id LIMIT ", limit)
}

pub(crate) async fn review(database: &Database, id: ReviewId) -> Result<Option<Review>> {
    let by_id = Statement::new(REVIEW).with(" WHERE id = ", id.to_string());
    database.read_one(by_id).await?.as_ref().map(review_from).transpose()
}

pub(crate) async fn reviews(database: &Database, limit: u32) -> Result<Vec<Review>> {
    let newest = Statement::new(REVIEW).with(" ORDER BY id DESC LIMIT ", limit);
    database.read(newest).await?.iter().map(review_from).collect()
}

pub(crate) async fn review_rows(
    database: &Database,
    review: ReviewId,
    after: u32,
    limit: u32,
) -> Result<Vec<KeptRow>> {
    let following = Statement::new("SELECT review, document FROM review_rows")
        .with(" WHERE review = ", review.to_string())
        .with(" AND number > ", after)
        .with(" ORDER BY number LIMIT ", limit);
    database.read(following).await?.iter().map(review_row_from).collect()
}

pub(crate) async fn last_look(database: &Database, store: &StoreHandle) -> Result<Option<LastLook>> {
    let by_store =
        Statement::new("SELECT store, document FROM last_looks").with(" WHERE store = ", store.as_str());
    let found = database.read_one(by_store).await?;
    found.map(|row| document::read("look at", &row.text(0)?, &row.text(1)?)).transpose()
}

pub(crate) async fn incident(database: &Database, id: IncidentId) -> Result<Option<Incident>> {
    let by_id = Statement::new(INCIDENT).with(" WHERE id = ", id.to_string());
    database.read_one(by_id).await?.as_ref().map(incident_from).transpose()
}

pub(crate) async fn incidents(
    database: &Database,
    person: Option<&PersonHandle>,
    limit: u32,
) -> Result<Vec<Incident>> {
    let newest = Statement::new(INCIDENT)
        .with_some(" WHERE person = ", person.map(PersonHandle::as_str))
        .with(" ORDER BY id DESC LIMIT ", limit);
    database.read(newest).await?.iter().map(incident_from).collect()
}

pub(crate) async fn incident_stores(
    database: &Database,
    incident: IncidentId,
    after: u32,
    limit: u32,
) -> Result<Vec<IncidentStore>> {
    let following = Statement::new("SELECT incident, document FROM incident_stores")
        .with(" WHERE incident = ", incident.to_string())
        .with(" AND number > ", after)
        .with(" ORDER BY number LIMIT ", limit);
    database.read(following).await?.iter().map(incident_store_from).collect()
}

pub(crate) async fn person(database: &Database, handle: &PersonHandle) -> Result<Option<PersonRecord>> {
    let by_handle =
        Statement::new("SELECT handle, document FROM people").with(" WHERE handle = ", handle.as_str());
    let found = database.read_one(by_handle).await?;
    found.map(|row| document::read("person", &row.text(0)?, &row.text(1)?)).transpose()
}

pub(crate) async fn events(
    database: &Database,
    store: &StoreHandle,
    after: u64,
    limit: u32,
) -> Result<Vec<Event>> {
    let following = Statement::new("SELECT seq, previous_hash, hash, written FROM events")
        .with(" WHERE store = ", store.as_str())
        .with(" AND seq > ", after)
        .with(" ORDER BY seq LIMIT ", limit);
    database.read(following).await?.iter().map(event_from).collect()
}

pub(crate) async fn checkpoint(database: &Database, store: &StoreHandle) -> Result<Option<Head>> {
    let pruned = Statement::new("SELECT store, pruned_seq, pruned_hash FROM chains")
        .with(" WHERE store = ", store.as_str())
        .then(" AND pruned_seq > 0");
    database.read_one(pruned).await?.as_ref().map(head_from).transpose()
}

pub(crate) async fn heads(database: &Database) -> Result<Vec<Head>> {
    let all = Statement::new("SELECT store, seq, hash FROM chains ORDER BY store");
    database.read(all).await?.iter().map(head_from).collect()
}

fn grant_from(row: &Row) -> Result<Grant> {
    document::read("grant", &row.text(0)?, &row.text(1)?)
}

fn holding_from(row: &Row) -> Result<Holding> {
    document::read("place of", &row.text(0)?, &row.text(1)?)
}

/// The revision counts in its column, because erasing a person raises it without touching the document.
fn step_from(row: &Row) -> Result<Step> {
    let id = row.text(0)?;
    let mut step: Step = document::read("step", &id, &row.text(1)?)?;
    step.revision = row.counter(2)?;
    step.manual = row.optional_text(3)?.map(|manual| document::read("step", &id, &manual)).transpose()?;
    Ok(step)
}

fn offboarding_from(row: &Row) -> Result<Offboarding> {
    document::read("offboarding", &row.text(0)?, &row.text(1)?)
}

fn rotation_from(row: &Row) -> Result<Rotation> {
    document::read("rotation", &row.text(0)?, &row.text(1)?)
}

fn review_from(row: &Row) -> Result<Review> {
    document::read("review", &row.text(0)?, &row.text(1)?)
}

fn review_row_from(row: &Row) -> Result<KeptRow> {
    document::read("row of the review", &row.text(0)?, &row.text(1)?)
}

fn incident_from(row: &Row) -> Result<Incident> {
    document::read("incident", &row.text(0)?, &row.text(1)?)
}

fn incident_store_from(row: &Row) -> Result<IncidentStore> {
    document::read("store of the incident", &row.text(0)?, &row.text(1)?)
}

fn due_key_from(row: &Row) -> Result<DueKey> {
    let key = LeaseKey::new(
        document::name("platform", row.text(0)?)?,
        document::name("contention key", row.text(1)?)?,
    );
    let count = |column| row.counter(column).map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    Ok(DueKey::new(key, count(2)?, count(3)?, kept(row.number(4)?)))
}

fn event_from(row: &Row) -> Result<Event> {
    Ok(Event::from_kept(row.counter(0)?, row.text(1)?, row.text(2)?, row.text(3)?))
}

fn head_from(row: &Row) -> Result<Head> {
    Ok(Head::new(document::name("store", row.text(0)?)?, row.counter(1)?, row.text(2)?))
}
