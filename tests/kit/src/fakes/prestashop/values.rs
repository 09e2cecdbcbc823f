//! What a field of an answer holds, and how it is written.

use serde_json::{Value as Json, json};

use super::fields::{Field, Kind};
use super::version::PrestashopVersion;

/// A value on its way out. What was just written is text, whatever its column; what was read has the column's type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Value {
    #[default]
    Null,
    Int(i64),
    Text(String),
}

impl Value {
    /// Database numbers arrive as numbers, except that flags are text since 8.
    pub(super) fn read(column: Option<&str>, field: &Field, version: PrestashopVersion) -> Self {
        let number = match field.kind {
            Kind::Int => true,
            Kind::Flag => version.is_old(),
            Kind::Date | Kind::DateTime | Kind::Text => false,
        };
        match column {
            None => Self::Null,
            Some(text) if number => Self::Int(text.parse().unwrap_or_default()),
            Some(text) => Self::Text(text.to_owned()),
        }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn in_xml(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Int(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    pub(super) fn in_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Int(number) => json!(number),
            Self::Text(text) => json!(text),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::Null || self.in_xml().is_empty()
    }

    /// What PHP takes for false.
    pub(super) fn is_falsy(&self) -> bool {
        self.is_empty() || self.in_xml() == "0"
    }
}

/// A row on its way out.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) name: &'static str,
    pub(super) value: Value,
    /// What a schema says of the field: attributes, each with a space before it.
    pub(super) attributes: String,
    pub(super) link: Option<&'static str>,
}

impl Cell {
    pub(super) fn new(name: &'static str, value: Value) -> Self {
        Self { name, value, attributes: String::new(), link: None }
    }
}

impl Record {
    pub(super) fn get(&self, name: &str) -> String {
        self.cells.iter().find(|cell| cell.name == name).map(|cell| cell.value.in_xml()).unwrap_or_default()
    }
}
