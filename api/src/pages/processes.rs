//! What runs here: the list of processes, one process with its versions and live counts, and uploads with their report.
//!
//! Everybody may read; designers and administrators upload and deploy. An upload is kept as a document until it is
//! deployed or replaced by the next one of the same user: so the report has an address, and deploying is one button.

mod decision;
mod detail;
mod expression;
mod list;
mod report;
mod sheet;
mod upload;

pub(crate) use upload::keep;

use crate::roles::{ANYONE, DESIGN, only};
use crate::state::AppState;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

/// `/processes` and everything below, `/decisions`, `/expressions`.
pub(crate) fn routes() -> Router<AppState> {
    let reading = Router::new()
        .route("/processes", get(list::show))
        .route("/processes/{id}", get(detail::show))
        .route("/decisions/{id}", get(decision::show))
        .route(
            "/processes/{id}/versions/{version}/model.bpmn",
            get(detail::download),
        );
    let changing = Router::new()
        .route(
            "/expressions",
            get(expression::show).post(expression::evaluate),
        )
        .route(
            "/processes/uploads",
            post(upload::take).layer(DefaultBodyLimit::max(crate::csrf::BODY_LIMIT_BYTES)),
        )
        .route(
            "/processes/uploads/{upload}",
            get(upload::show).post(upload::deploy),
        )
        .route(
            "/processes/uploads/{upload}/files/{file}",
            get(upload::model),
        );
    only(ANYONE, reading).merge(only(DESIGN, changing))
}

/// A date as people write it, in their zone.
fn day(state: &AppState, at: jiff::Timestamp) -> String {
    at.to_zoned(state.calendar().zone().clone())
        .strftime("%-d %B %Y")
        .to_string()
}
