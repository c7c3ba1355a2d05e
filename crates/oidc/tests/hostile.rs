//! The adapter against a provider that forges, mixes up and exaggerates: what is not to be believed is not, and is told apart.
//! One binary; server/tests has the well-behaved providers.

#[path = "hostile/id_tokens.rs"]
mod id_tokens;
#[path = "hostile/limits.rs"]
mod limits;
#[path = "hostile/logout_tokens.rs"]
mod logout_tokens;
#[path = "hostile/provider.rs"]
mod provider;
