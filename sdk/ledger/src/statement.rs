//! A statement with its values. One text serves both databases: `$1`, `$2` … stand for values in either.

use std::fmt::Write as _;

/// SQL and the values that belong to its placeholders. Values never become part of the text.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

/// What the tables hold: whole numbers and texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Number(Option<i64>),
    Text(Option<String>),
}

impl Statement {
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    /// The value of the next placeholder.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Goes on with this text.
    pub(crate) fn then(mut self, sql: &str) -> Self {
        self.sql.push_str(sql);
        self
    }

    /// Goes on with this text and a value behind it.
    pub(crate) fn with(mut self, sql: &str, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        let _ = write!(self.sql, "{sql}${}", self.values.len());
        self
    }

    /// The same where there is a value, nothing where there is none.
    pub(crate) fn with_some(self, sql: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(sql, value),
            None => self,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(Some(i64::from(number)))
    }
}

/// Counters start at 0 and grow by one: none reaches the end of either type.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Number(Some(i64::from(yes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_in_the_order_of_their_values() {
        let statement = Statement::new("SELECT id FROM grants WHERE phase = $1")
            .bind("active")
            .with_some(" AND store = ", None::<&str>)
            .with_some(" AND person = ", Some("anna"))
            .with(" LIMIT ", 5_u32);
        assert_eq!(statement.sql, "SELECT id FROM grants WHERE phase = $1 AND person = $2 LIMIT $3");
        assert_eq!(statement.values, ["active".into(), "anna".into(), Value::from(5_u32)]);
    }
}
