//! The only place that chooses status codes and the wording of failures.
//!
//! A handler says what went wrong; here it becomes a page that keeps its chrome, says what failed and what to do, and
//! carries a reference that is also in the log. Nothing personal is logged.

use crate::page::Page;
use crate::roles::Role;
use crate::session::Viewer;
use crate::state::AppState;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody is signed in; afterwards the user comes back to `next`. A script is answered 401 and stays where it is.
    #[error("sign-in needed")]
    SignInNeeded { next: String, script: bool },
    /// None of the roles that may do this.
    #[error("forbidden: needs one of {needs:?}")]
    Forbidden { needs: &'static [Role] },
    /// No such thing, named with its article: `the task 42`.
    #[error("not found: {0}")]
    NotFound(String),
    /// What was sent cannot be understood; a sentence for the person who sent it.
    #[error("invalid: {0}")]
    Invalid(String),
    /// What was asked does not fit what has happened meanwhile; a sentence, and the way out.
    #[error("conflict: {message}")]
    Conflict { message: String, way_out: String },
    /// Another site sent this.
    #[error("sent by another site")]
    ForeignRequest,
    /// The form belongs to a session that is over.
    #[error("the form is of another session")]
    StaleForm,
    /// Longer than what this page accepts.
    #[error("more than {limit_bytes} bytes")]
    TooLarge { limit_bytes: usize },
    /// Ours.
    #[error("{0}")]
    Bug(String),
}

impl Error {
    /// Sends whoever made `request` to the sign-in page and back again.
    pub(crate) fn sign_in_needed(request: &Request) -> Error {
        let next = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let script = request.headers().contains_key("x-csrf-token");
        Error::SignInNeeded {
            next: next.into(),
            script,
        }
    }
}

/// Travels in the response until the layer around the pages or around the JSON API words it.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = told(&self).status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// A failure in words.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    pub(crate) detail: String,
    pub(crate) way_out: String,
}

/// What a failure is called, what it means, and what to do.
pub(crate) fn told(error: &Error) -> Told {
    let (status, title, detail, way_out) = match error {
        Error::SignInNeeded { .. } => (
            StatusCode::UNAUTHORIZED,
            "Sign in to go on",
            "You are not signed in, or your session has ended.".into(),
            "Sign in. What you saved is still there.".into(),
        ),
        Error::Forbidden { needs } => (
            StatusCode::FORBIDDEN,
            "You cannot open this page",
            format!(
                "It is for this role: {}.",
                needs
                    .iter()
                    .map(|role| role.word())
                    .collect::<Vec<_>>()
                    .join(" or ")
            ),
            "If you need it for your work, ask an administrator for the role.".into(),
        ),
        Error::NotFound(what) => (
            StatusCode::NOT_FOUND,
            "There is no such page",
            format!("We cannot find {what}. It may have been finished or withdrawn."),
            "Check the address, or start again from your inbox.".into(),
        ),
        Error::Invalid(sentence) => (
            StatusCode::BAD_REQUEST,
            "We cannot read what was sent",
            sentence.clone(),
            "Go back, correct it, and send it again.".into(),
        ),
        Error::Conflict { message, way_out } => (
            StatusCode::CONFLICT,
            "Something has changed meanwhile",
            message.clone(),
            way_out.clone(),
        ),
        Error::ForeignRequest => (
            StatusCode::FORBIDDEN,
            "This did not come from our own pages",
            "Another site, or a setting of your browser, sent this request. Nothing was changed."
                .into(),
            "Open the page here and try again.".into(),
        ),
        Error::StaleForm => (
            StatusCode::FORBIDDEN,
            "The page was too old",
            "You have signed in again since this page was opened. Nothing was changed.".into(),
            "Go back, reload the page, and try again.".into(),
        ),
        Error::TooLarge { limit_bytes } => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "That is too large",
            format!(
                "One request may have {} MiB. Nothing was changed.",
                limit_bytes / (1024 * 1024)
            ),
            "Send fewer or smaller files.".into(),
        ),
        Error::Bug(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side",
            "It has been written down. Nothing was changed.".into(),
            "Try again. If it happens again, give the reference below to your administrator."
                .into(),
        ),
    };
    Told {
        status,
        title: title.into(),
        detail,
        way_out,
    }
}

/// The error as a page, logged once.
pub(crate) fn answer(
    state: &AppState,
    viewer: &Viewer,
    error: &Error,
    method: &Method,
    path: &str,
) -> Response {
    if let Error::SignInNeeded {
        next,
        script: false,
    } = error
    {
        let back = if *method == Method::GET {
            next.as_str()
        } else {
            "/"
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("next", back)
            .finish();
        return Redirect::to(&format!("/signin?{query}")).into_response();
    }
    let told = told(error);
    let reference = reference();
    log(error, &told, &reference, method, path);
    let page = Page::new("error", told.title.clone()).status(told.status).model(&json!({
        "title": told.title, "detail": told.detail, "wayOut": told.way_out, "reference": reference,
        "status": told.status.as_u16(),
    }));
    let rendered = state.templates.response(state, viewer.signed_in(), &page);
    rendered.unwrap_or_else(|_| {
        (
            told.status,
            format!("{}\nreference {reference}\n", told.title),
        )
            .into_response()
    })
}

/// Writes a failure to the log: ours as an error, the caller's as information.
pub(crate) fn log(error: &Error, told: &Told, reference: &str, method: &Method, path: &str) {
    let status = told.status.as_u16();
    if told.status.is_server_error() {
        tracing::error!(reference, status, %method, path, "{error}");
    } else {
        tracing::info!(reference, status, %method, path, "refused: {}", told.title);
    }
}

/// Eight letters by which a page and a line of the log find each other.
pub(crate) fn reference() -> String {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
