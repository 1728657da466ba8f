//! The JSON API, the pages, sign-in, and the caseway program.
//!
//! Start reading at [`server::router`]: it names every page and what surrounds all of them.

pub mod cli;
pub mod config;
pub mod oidc;

pub mod server;
pub mod state;

pub mod assets;
pub mod passwords;
pub mod roles;
pub mod users;

mod access;
mod attempts;
mod backup;
mod carried;
mod check;
mod csrf;
mod demo;
mod deploy;
mod documents;
mod error;
mod export;
mod fetch;
mod health;
pub mod metrics;
pub mod openapi;
mod page;
mod pages;
mod random;
mod rates;
mod report;
mod request_ids;
mod rest;
mod security;
mod session;
mod sortable;
mod telemetry;
mod terminal;
mod test_clock;
mod tokens;
mod transfer;
mod verify;
pub mod webhooks;
