//! Reviews: who is inside, on stores of every platform, against the fakes' own books.

mod decided;
mod files;
mod findings;
mod interrupted;
mod kept;
mod refused;
mod world;
