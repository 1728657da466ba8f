//! What this crate does on a real runtime over SQLite.

mod cases;
mod demo;
mod pathways;
mod people;
mod world;
