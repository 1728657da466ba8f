//! Who is let in to the JSON API, and what they may do there.
#![allow(clippy::unwrap_used)] // a failed step fails the test

mod callers;
mod directory;
mod issuer;
mod limits;
mod oidc;
mod rights;
#[path = "../support/mod.rs"]
mod support;
mod tokens;
