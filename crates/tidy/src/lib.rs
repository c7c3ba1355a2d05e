//! What `make lint` checks beyond the compiler: which member may use which, how long things may be, what every file and
//! every dependency must say. Each check is a pure function from what was read to a list of findings, so its tests can
//! show it failing; only `workspace`, `sources` and `browser::read` touch the outside. Knows nothing of the product.

pub mod arrows;
pub mod browser;
pub mod finding;
pub mod headings;
pub mod licences;
pub mod links;
pub mod reasons;
pub mod sizes;
pub mod sources;
pub mod workspace;
