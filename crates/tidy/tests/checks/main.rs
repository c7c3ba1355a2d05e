//! Each check, shown to fail where it must and to be silent where it may. No check looks at the real repository here,
//! except `repository`, which proves that there is something to look at.

mod arrows;
mod browser;
mod headings;
mod licences;
mod links;
mod reasons;
mod repository;
mod sizes;
