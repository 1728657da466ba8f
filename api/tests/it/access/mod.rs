//! Who is let in to the JSON API, and what they may do there.

mod callers;
mod directory;
mod issuer;
mod limits;
mod oidc;
mod rights;
mod tokens;
