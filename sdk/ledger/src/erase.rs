//! Forgetting a person.

use guestpass::{PersonHandle, Result};

use crate::database::{Database, Transaction};
use crate::statement::Statement;

pub(crate) async fn erase(database: &Database, handle: &PersonHandle) -> Result<bool> {
    let mut transaction = database.begin().await?;
    let erased = texts_and_names(&mut transaction, handle).await;
    let erased = transaction.end(erased).await?;
    database.leave_no_traces().await;
    Ok(erased)
}

/// The revision of a step grows, so that nobody who has read its text writes it back.
async fn texts_and_names(transaction: &mut Transaction, handle: &PersonHandle) -> Result<bool> {
    let texts = Statement::new(
        "UPDATE steps SET manual = NULL, revision = revision + 1 WHERE person = $1 AND manual IS NOT NULL",
    );
    let names = Statement::new("DELETE FROM people WHERE handle = $1");
    let texts = transaction.execute(texts.bind(handle.as_str())).await?;
    let names = transaction.execute(names.bind(handle.as_str())).await?;
    Ok(texts + names > 0)
}
