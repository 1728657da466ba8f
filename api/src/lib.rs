//! The JSON API, the pages, sign-in, and the caseway program.
//!
//! Start reading at [`server::router`]: it names every page and what surrounds all of them.
#![allow(dead_code, unreachable_pub)] // until the pages use what the frame offers

pub mod assets;
pub mod roles;
pub mod server;
pub mod state;
pub mod users;

mod csrf;
mod error;
mod health;
mod page;
mod pages;
mod security;
mod session;
