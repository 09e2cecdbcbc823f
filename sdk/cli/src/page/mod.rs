//! Pages for people: each is one file that needs nothing beside it, reads on a screen and prints well.

mod incident;
mod review;

pub(crate) use incident::IncidentPage;
pub(crate) use review::ReviewPage;
