//! View models: what templates print. Everything is decided here and already in words; a template only places it.

pub(crate) mod calendar;
mod dates;
mod due;
mod page_links;
mod person;
mod priority;
mod problem;
mod stages;
mod tile;
mod timeline;

#[cfg(test)]
pub(crate) use dates::tests::world as tests_world;
pub(crate) use dates::{
    World, age, age_short, born, day, day_long, day_year, moment, saved_at, today,
};
pub(crate) use due::Due;
pub(crate) use page_links::{PAGE_SIZE, PageLinks, rows_of};
pub(crate) use person::{Action, Banner, Fact, Flag, initials};
pub(crate) use priority::Priority;
pub(crate) use problem::Problem;
pub(crate) use stages::{Bars, Stage, bars};
pub(crate) use tile::{Notice, Tile};
pub(crate) use timeline::{Entry, Tag};
