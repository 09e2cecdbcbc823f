//! Changes: one short transaction for each.

use guestpass::grants::audit::{Event, Fact, Head};
use guestpass::grants::{Commit, Grant, Holding, Lease, Offboarding, PersonRecord, Step, StepEnd};
use guestpass::incident::{Incident, IncidentStore};
use guestpass::review::{KeptRow, LastLook, Review, ReviewId};
use guestpass::rotation::Rotation;
use guestpass::{Error, Result, StoreHandle, Timestamp};

use crate::database::{Database, Transaction};
use crate::document;
use crate::statement::Statement;
use crate::time::awaited;

/// Writes everything or nothing. Rows are always locked in the same order, so that two changes cannot wait for each other.
pub(crate) async fn commit(database: &Database, change: Commit) -> Result<()> {
    let change = in_order(change);
    let mut transaction = database.begin().await?;
    let written = write_all(&mut transaction, change).await;
    transaction.end(written).await
}

async fn write_all(transaction: &mut Transaction, change: Commit) -> Result<()> {
    if let Some(lease) = &change.lease {
        hold(transaction, lease).await?;
    }
    for grant in change.grants {
        write_grant(transaction, grant).await?;
    }
    for holding in change.holdings {
        write_holding(transaction, holding).await?;
    }
    for step in change.steps {
        write_step(transaction, step).await?;
    }
    for record in change.offboardings {
        write_offboarding(transaction, record).await?;
    }
    for rotation in change.rotations {
        write_rotation(transaction, rotation).await?;
    }
    for review in change.reviews {
        write_review(transaction, review).await?;
    }
    for (review, last) in change.cut_reviews {
        cut_review(transaction, review, last).await?;
    }
    for row in change.review_rows {
        write_review_row(transaction, row).await?;
    }
    for look in change.last_looks {
        write_last_look(transaction, look).await?;
    }
    for incident in change.incidents {
        write_incident(transaction, incident).await?;
    }
    for store in change.incident_stores {
        write_incident_store(transaction, store).await?;
    }
    for person in change.people {
        write_person(transaction, &person).await?;
    }
    for of_store in change.facts.chunk_by(|one, next| one.store == next.store) {
        append(transaction, of_store).await?;
    }
    Ok(())
}

/// Sorting is stable: the facts of a store keep their order.
fn in_order(mut change: Commit) -> Commit {
    change.grants.sort_by_key(|grant| grant.id);
    change.holdings.sort_by(|one, other| {
        (&one.place.store, &one.place.subject).cmp(&(&other.place.store, &other.place.subject))
    });
    change.steps.sort_by_key(|step| step.id);
    change.offboardings.sort_by_key(|record| record.id);
    change.rotations.sort_by_key(|rotation| rotation.id);
    change.reviews.sort_by_key(|review| review.id);
    change.review_rows.sort_by_key(|row| (row.review, row.number));
    change.last_looks.sort_by(|one, other| one.store.cmp(&other.store));
    change.incidents.sort_by_key(|incident| incident.id);
    change.incident_stores.sort_by_key(|store| (store.incident, store.number));
    change.people.sort_by(|one, other| one.handle.cmp(&other.handle));
    change.facts.sort_by(|one, other| one.store.cmp(&other.store));
    change
}

/// Keeps the lease from being taken over before the transaction ends.
async fn hold(transaction: &mut Transaction, lease: &Lease) -> Result<()> {
    let held = Statement::new(
        "SELECT fence FROM leases WHERE platform = $1 AND contention = $2 AND owner = $3 AND fence = $4",
    )
    .bind(lease.key.platform.as_str())
    .bind(lease.key.contention.as_str())
    .bind(lease.owner.as_str())
    .bind(lease.fence);
    match transaction.read_locked(held).await? {
        Some(_) => Ok(()),
        None => Err(Error::stale("the lease")),
    }
}

/// Inserts where the revision that was read is 0, updates that revision otherwise; anything but one row is stale.
async fn write(
    transaction: &mut Transaction,
    what: &str,
    read: u64,
    insert: &str,
    update: &str,
    bind: impl FnOnce(Statement) -> Statement,
) -> Result<()> {
    let statement = if read == 0 {
        bind(Statement::new(insert)).bind(1_u64)
    } else {
        bind(Statement::new(update)).bind(read.saturating_add(1)).with(" AND revision = ", read)
    };
    match transaction.execute(statement).await? {
        1 => Ok(()),
        _ => Err(Error::stale(what)),
    }
}

async fn write_grant(transaction: &mut Transaction, mut grant: Grant) -> Result<()> {
    let read = grant.revision;
    grant.revision = read.saturating_add(1);
    let text = document::write("the grant", &grant)?;
    let insert = "INSERT INTO grants (id, store, subject, person, phase, over_since_ms, document, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let update = "UPDATE grants SET store = $2, subject = $3, person = $4, phase = $5, over_since_ms = $6, \
         document = $7, revision = $8 WHERE id = $1";
    write(transaction, "the grant", read, insert, update, |statement| {
        statement
            .bind(grant.id.to_string())
            .bind(grant.place.store.as_str())
            .bind(grant.place.subject.as_str())
            .bind(grant.person.as_str())
            .bind(grant.phase.as_str())
            .bind(over_since(&grant).map(awaited))
            .bind(text)
    })
    .await
}

/// Since when nothing more will happen to a grant; `None` while something may.
fn over_since(grant: &Grant) -> Option<Timestamp> {
    let end = grant.end.as_ref();
    let known = end.map(|end| end.proof.as_ref().map_or(end.since, |proof| proof.at().max(end.since)));
    grant.phase.is_over().then(|| known.unwrap_or(grant.ends_at))
}

async fn write_holding(transaction: &mut Transaction, mut holding: Holding) -> Result<()> {
    let read = holding.revision;
    holding.revision = read.saturating_add(1);
    let text = document::write("the place", &holding)?;
    let insert = "INSERT INTO holdings (store, subject, platform, contention, removing, due_at_ms, document, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let update = "UPDATE holdings SET platform = $3, contention = $4, removing = $5, due_at_ms = $6, document = $7, \
         revision = $8 WHERE store = $1 AND subject = $2";
    write(transaction, "the place", read, insert, update, |statement| {
        statement
            .bind(holding.place.store.as_str())
            .bind(holding.place.subject.as_str())
            .bind(holding.place.platform.as_str())
            .bind(holding.place.contention.as_str())
            .bind(holding.removing)
            .bind(holding.due_at.map(awaited))
            .bind(text)
    })
    .await
}

async fn write_step(transaction: &mut Transaction, mut step: Step) -> Result<()> {
    let read = step.revision;
    step.revision = read.saturating_add(1);
    let manual = step.manual.take().map(|manual| document::write("the step", &manual)).transpose()?;
    let text = document::write("the step", &step)?;
    let insert = "INSERT INTO steps (id, store, subject, person, closed_at_ms, manual, document, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let update = "UPDATE steps SET store = $2, subject = $3, person = $4, closed_at_ms = $5, manual = $6, \
         document = $7, revision = $8 WHERE id = $1";
    write(transaction, "the step", read, insert, update, |statement| {
        statement
            .bind(step.id.to_string())
            .bind(step.place.store.as_str())
            .bind(step.place.subject.as_str())
            .bind(step.person.as_str())
            .bind(closed_at(&step).map(awaited))
            .bind(manual)
            .bind(text)
    })
    .await
}

fn closed_at(step: &Step) -> Option<Timestamp> {
    step.closed.as_ref().map(|end| match end {
        StepEnd::Done { proof } => proof.at().max(step.opened_at),
        StepEnd::Superseded { at } => *at,
        _ => Timestamp::MAX,
    })
}

async fn write_offboarding(transaction: &mut Transaction, mut record: Offboarding) -> Result<()> {
    let read = record.revision;
    record.revision = read.saturating_add(1);
    let text = document::write("the offboarding", &record)?;
    let insert = "INSERT INTO offboardings (id, person, began_at_ms, document, revision) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let update =
        "UPDATE offboardings SET person = $2, began_at_ms = $3, document = $4, revision = $5 WHERE id = $1";
    write(transaction, "the offboarding", read, insert, update, |statement| {
        statement
            .bind(record.id.to_string())
            .bind(record.person.as_str())
            .bind(awaited(record.began_at))
            .bind(text)
    })
    .await
}

/// A second open rotation of a credential is refused by an index, as if somebody else had begun it meanwhile.
async fn write_rotation(transaction: &mut Transaction, mut rotation: Rotation) -> Result<()> {
    let read = rotation.revision;
    rotation.revision = read.saturating_add(1);
    let text = document::write("the rotation", &rotation)?;
    let insert = "INSERT INTO rotations (id, store, credential, over, due_at_ms, document, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let update = "UPDATE rotations SET store = $2, credential = $3, over = $4, due_at_ms = $5, document = $6, \
         revision = $7 WHERE id = $1";
    write(transaction, "the rotation", read, insert, update, |statement| {
        statement
            .bind(rotation.id.to_string())
            .bind(rotation.store.as_str())
            .bind(rotation.credential.as_str())
            .bind(rotation.stage.is_over())
            .bind(rotation.due_at.map(awaited))
            .bind(text)
    })
    .await
}

async fn write_review(transaction: &mut Transaction, mut review: Review) -> Result<()> {
    let read = review.revision;
    review.revision = read.saturating_add(1);
    let text = document::write("the review", &review)?;
    let insert = "INSERT INTO reviews (id, document, revision) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let update = "UPDATE reviews SET document = $2, revision = $3 WHERE id = $1";
    write(transaction, "the review", read, insert, update, |statement| {
        statement.bind(review.id.to_string()).bind(text)
    })
    .await
}

async fn write_review_row(transaction: &mut Transaction, mut row: KeptRow) -> Result<()> {
    let read = row.revision;
    row.revision = read.saturating_add(1);
    let text = document::write("the row", &row)?;
    let insert = "INSERT INTO review_rows (review, number, document, revision) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING";
    let update = "UPDATE review_rows SET document = $3, revision = $4 WHERE review = $1 AND number = $2";
    write(transaction, "the row", read, insert, update, |statement| {
        statement.bind(row.review.to_string()).bind(u64::from(row.number)).bind(text)
    })
    .await
}

async fn cut_review(transaction: &mut Transaction, review: ReviewId, last: u32) -> Result<()> {
    let forget = Statement::new("DELETE FROM review_rows")
        .with(" WHERE review = ", review.to_string())
        .with(" AND number > ", u64::from(last));
    transaction.execute(forget).await.map(drop)
}

async fn write_last_look(transaction: &mut Transaction, mut look: LastLook) -> Result<()> {
    let read = look.revision;
    look.revision = read.saturating_add(1);
    let text = document::write("the look", &look)?;
    let insert =
        "INSERT INTO last_looks (store, document, revision) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let update = "UPDATE last_looks SET document = $2, revision = $3 WHERE store = $1";
    write(transaction, "the look", read, insert, update, |statement| {
        statement.bind(look.store.as_str()).bind(text)
    })
    .await
}

async fn write_incident(transaction: &mut Transaction, mut incident: Incident) -> Result<()> {
    let read = incident.revision;
    incident.revision = read.saturating_add(1);
    let text = document::write("the incident", &incident)?;
    let insert = "INSERT INTO incidents (id, person, document, revision) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING";
    let update = "UPDATE incidents SET person = $2, document = $3, revision = $4 WHERE id = $1";
    write(transaction, "the incident", read, insert, update, |statement| {
        statement.bind(incident.id.to_string()).bind(incident.person.as_str()).bind(text)
    })
    .await
}

async fn write_incident_store(transaction: &mut Transaction, mut store: IncidentStore) -> Result<()> {
    let what = "the store of the incident";
    let read = store.revision;
    store.revision = read.saturating_add(1);
    let text = document::write(what, &store)?;
    let insert = "INSERT INTO incident_stores (incident, number, document, revision) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING";
    let update =
        "UPDATE incident_stores SET document = $3, revision = $4 WHERE incident = $1 AND number = $2";
    write(transaction, what, read, insert, update, |statement| {
        statement.bind(store.incident.to_string()).bind(u64::from(store.number)).bind(text)
    })
    .await
}

async fn write_person(transaction: &mut Transaction, person: &PersonRecord) -> Result<()> {
    let put = Statement::new(
        "INSERT INTO people (handle, document) VALUES ($1, $2) \
         ON CONFLICT (handle) DO UPDATE SET document = excluded.document",
    )
    .bind(person.handle.as_str())
    .bind(document::write("the person", person)?);
    transaction.execute(put).await.map(drop)
}

/// Appends facts of one store to its chain.
async fn append(transaction: &mut Transaction, facts: &[Fact]) -> Result<()> {
    let Some(first) = facts.first() else { return Ok(()) };
    let mut head = lock_chain(transaction, &first.store).await?;
    for fact in facts {
        let event = Event::after(&head, fact)?;
        document::within("the event", &event.written)?;
        head = Head::new(head.store, event.seq, event.hash.clone());
        let insert = Statement::new(
            "INSERT INTO events (store, seq, at_ms, previous_hash, hash, written) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(head.store.as_str())
        .bind(event.seq)
        .bind(awaited(fact.at))
        .bind(event.previous)
        .bind(event.hash)
        .bind(event.written);
        transaction.execute(insert).await?;
    }
    let moved = Statement::new("UPDATE chains SET seq = $1, hash = $2 WHERE store = $3")
        .bind(head.seq)
        .bind(head.hash)
        .bind(head.store.as_str());
    transaction.execute(moved).await.map(drop)
}

/// The end of a chain, which stays where it is until the transaction ends.
async fn lock_chain(transaction: &mut Transaction, store: &StoreHandle) -> Result<Head> {
    let begin = Statement::new(
        "INSERT INTO chains (store, seq, hash, pruned_seq, pruned_hash) VALUES ($1, 0, $2, 0, $2) \
         ON CONFLICT DO NOTHING",
    )
    .bind(store.as_str())
    .bind(Event::GENESIS);
    transaction.execute(begin).await?;
    let end = Statement::new("SELECT seq, hash FROM chains WHERE store = $1").bind(store.as_str());
    match transaction.read_locked(end).await? {
        Some(row) => Ok(Head::new(store.clone(), row.counter(0)?, row.text(1)?)),
        None => Err(Error::stale("the chain")),
    }
}
