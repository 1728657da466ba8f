//! Working-day calendars: which are deployed and for whom, what a new version changes, and how far counting anew is.
//!
//! `GET /admin/calendars` lists, `POST` takes one that comes with the program; `GET /admin/calendars/{id}` shows one, `POST` gives it to
//! others. Nothing is live before the report of the upload has said what changes.

mod list;
mod preview;
mod show;
mod words;

use crate::roles::{DESIGN, only};
use crate::state::AppState;
use axum::Router;
use axum::routing::get;

pub(crate) use preview::{Changes, changes};

/// Where all of them are.
pub(crate) const HREF: &str = "/admin/calendars";

/// `/admin/calendars` and everything below.
pub(crate) fn routes() -> Router<AppState> {
    let routes = Router::new()
        .route(HREF, get(list::show).post(list::take))
        .route("/admin/calendars/{id}", get(show::show).post(show::assign));
    only(DESIGN, routes)
}
