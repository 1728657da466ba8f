//! What can go wrong, and how it is answered.
//!
//! A handler says what went wrong; here it becomes a page that keeps its chrome, says what failed and what to do, and
//! carries a reference that is also in the log. Nothing personal is logged. `words.rs` has the status codes and the wording.

mod words;

use crate::page::Page;
use crate::random;
use crate::roles::Role;
use crate::session::Viewer;
use crate::state::AppState;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;
use std::sync::Arc;

pub(crate) use words::{Told, sentence, told};

/// When whoever found the server busy may come again.
const RETRY_AFTER_S: &str = "2";

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody is signed in; afterwards the user comes back to `next`. A script is answered 401 and stays where it is.
    #[error("sign-in needed")]
    SignInNeeded { next: String, script: bool },
    /// None of the roles that may do this.
    #[error("forbidden: needs one of {needs:?}")]
    Forbidden { needs: &'static [Role] },
    /// How the server was started does not allow it; a sentence.
    #[error("closed: {0}")]
    Closed(String),
    /// Not for this caller, whatever the roles; a sentence.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// No such thing, named with its article: `the task 42`.
    #[error("not found: {0}")]
    NotFound(String),
    /// What was sent cannot be understood; a sentence for the person who sent it.
    #[error("invalid: {0}")]
    Invalid(String),
    /// What was sent is in a form that is not taken here; a sentence.
    #[error("unsupported: {0}")]
    UnsupportedType(String),
    /// Models that cannot be deployed: the errors as lines, and the whole report.
    #[error("cannot be deployed: {errors}")]
    Undeployable {
        errors: String,
        report: serde_json::Value,
    },
    /// What was asked does not fit what has happened meanwhile; a sentence, and the way out.
    #[error("conflict: {message}")]
    Conflict { message: String, way_out: String },
    /// What was waited for did not come in the time that was given; a clause such as `the instance has ended`.
    #[error("waited in vain until {0}")]
    NotYet(String),
    /// Another site sent this.
    #[error("sent by another site")]
    ForeignRequest,
    /// The form belongs to a session that is over.
    #[error("the form is of another session")]
    StaleForm,
    /// Longer than what this page accepts.
    #[error("more than {limit_bytes} bytes")]
    TooLarge { limit_bytes: usize },
    #[error("too many failed sign-ins")]
    TooManyAttempts { wait_s: i64 },
    #[error("too many requests")]
    TooManyRequests { wait_s: i64 },
    #[error("the idempotency key is of another request")]
    OtherRequest,
    #[error("the issuer cannot be reached")]
    IssuerUnreachable,
    /// The runtime did not do it.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// What was asked of people and cases cannot be done.
    #[error(transparent)]
    Processes(processes::Error),
    /// The place where documents lie takes or gives nothing at present.
    #[error("documents: {0}")]
    Documents(std::io::Error),
    /// Ours.
    #[error("{0}")]
    Bug(String),
}

impl Error {
    /// Sends whoever made `request` to the sign-in page and back again.
    pub(crate) fn sign_in_needed(request: &Request) -> Error {
        let next = if *request.method() == Method::GET {
            request
                .uri()
                .path_and_query()
                .map_or("/", |path| path.as_str())
        } else {
            page_behind(request)
        };
        let script = request.headers().contains_key("x-csrf-token");
        Error::SignInNeeded {
            next: next.into(),
            script,
        }
    }
}

/// The page of ours that a form was on.
fn page_behind(request: &Request) -> &str {
    let text = |name: &header::HeaderName| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let address = text(&header::REFERER).and_then(|address| address.split_once("://"));
    let path = address
        .zip(text(&header::HOST))
        .and_then(|((_, rest), host)| rest.strip_prefix(host));
    path.filter(|path| path.starts_with('/')).unwrap_or("/")
}

impl From<processes::Error> for Error {
    fn from(error: processes::Error) -> Error {
        match error {
            processes::Error::Runtime(error) => Error::Runtime(error),
            processes::Error::NoSuchPerson(_)
            | processes::Error::NoSuchCase(_)
            | processes::Error::Invalid(_)
            | processes::Error::Document { .. } => Error::Processes(error),
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
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("next", next)
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
    let mut response = rendered.unwrap_or_else(|_| {
        (
            told.status,
            format!("{}\nreference {reference}\n", told.title),
        )
            .into_response()
    });
    come_again(&mut response);
    response
}

/// Says to programs when to come again, where the trouble may pass.
pub(crate) fn come_again(response: &mut Response) {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = HeaderValue::from_static(RETRY_AFTER_S);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
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
    random::digits::<4>()
}

/// A bug in a handler: whoever asked is told so, and goes on.
pub(crate) fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or(cause.downcast_ref::<&str>().copied());
    Error::Bug(format!("panic: {}", text.unwrap_or("no text"))).into_response()
}
