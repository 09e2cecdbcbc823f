//! Pages for people: each is one file that needs nothing beside it, reads on a screen and prints well.
//!
//! What stands in them comes from vendors and is not trusted: everything goes through `maud`, and everything that somebody else
//! wrote through [`Said`](said::Said). No page holds a script, and its policy forbids to load or to send anything. Pages are
//! well-formed XML, too, so that tests take them apart with a parser.

mod document;
mod incident;
mod parts;
mod review;
mod said;
mod signing;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use incident::IncidentPage;
pub(crate) use review::ReviewPage;
