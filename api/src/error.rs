//! The only place that chooses status codes and the wording of failures.
//!
//! A handler says what went wrong; here it becomes a page that keeps its chrome, says what failed and what to do, and
//! carries a reference that is also in the log. Nothing personal is logged.

use crate::page::Page;
use crate::random;
use crate::roles::Role;
use crate::session::Viewer;
use crate::state::AppState;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::Rejection;
use serde_json::json;
use std::sync::Arc;

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
        Error::Closed(sentence) => (
            StatusCode::FORBIDDEN,
            "This server does not do that",
            sentence.clone(),
            "Ask your administrator, who starts the server.".into(),
        ),
        Error::NotAllowed(sentence) => (
            StatusCode::FORBIDDEN,
            "This is not yours to do",
            sentence.clone(),
            "If you need it for your work, ask an administrator.".into(),
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
        Error::UnsupportedType(sentence) => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "We cannot read what was sent",
            sentence.clone(),
            "Send it in that form.".into(),
        ),
        Error::Undeployable { errors, .. } => return told(&Error::Invalid(errors.clone())),
        Error::Conflict { message, way_out } => (
            StatusCode::CONFLICT,
            "Something has changed meanwhile",
            message.clone(),
            way_out.clone(),
        ),
        Error::NotYet(what) => (
            StatusCode::GATEWAY_TIMEOUT,
            "It is not over yet",
            format!("The time to wait was over before {what}. It goes on."),
            "Look again later, or wait longer.".into(),
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
        Error::TooManyAttempts { wait_s } => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many tries",
            "There were too many sign-ins with a wrong password.".into(),
            format!("Wait {} minutes, then try again.", (wait_s + 59) / 60),
        ),
        Error::TooManyRequests { wait_s } => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests",
            "This client asks more often than it may.".into(),
            format!("Wait {wait_s} seconds, and go on more slowly."),
        ),
        Error::OtherRequest => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "The key is of another request",
            "This Idempotency-Key came before, with another request.".into(),
            "Use a new key for each request.".into(),
        ),
        Error::IssuerUnreachable => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The sign-in server does not answer",
            "Whether the access token is good cannot be checked at present.".into(),
            "Try again in a moment.".into(),
        ),
        Error::Runtime(problem) => return told_by_runtime(problem),
        Error::Processes(problem) => return told_by_processes(problem),
        Error::Bug(_) => return ours(),
    };
    Told {
        status,
        title: title.into(),
        detail,
        way_out,
    }
}

fn ours() -> Told {
    Told {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "Something went wrong on our side".into(),
        detail: "It has been written down. Nothing was changed.".into(),
        way_out: "Try again. If it happens again, give the reference below to your administrator."
            .into(),
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

fn told_by_runtime(problem: &runtime::Error) -> Told {
    let conflict = |detail: String, way_out: &str| Told {
        status: StatusCode::CONFLICT,
        title: "Something has changed meanwhile".into(),
        detail,
        way_out: way_out.into(),
    };
    let missing = |what: String| told(&Error::NotFound(what));
    match problem {
        runtime::Error::Rejected(rejection) if is_gone(rejection) => Told {
            status: StatusCode::NOT_FOUND,
            title: "This is over".into(),
            detail: sentence(&rejection.to_string()),
            way_out: "Nothing was changed. Go back to your inbox to see what is open.".into(),
        },
        runtime::Error::Rejected(Rejection::Immovable(why)) => {
            told(&Error::Invalid(sentence(&why.to_string())))
        }
        runtime::Error::Rejected(rejection) => conflict(
            sentence(&rejection.to_string()),
            "Nothing was changed. Reload the page to see how it stands now.",
        ),
        runtime::Error::Conflict { .. } => conflict(
            "Somebody else has changed the same record.".into(),
            "Nothing was changed. Reload the page, and make your change again.",
        ),
        runtime::Error::NoSuchProcess { .. } => missing("the process".into()),
        runtime::Error::NoSuchDecision { .. } => missing("the decision".into()),
        runtime::Error::NoSuchDefinition(key) => missing(format!("the definition {key}")),
        runtime::Error::NoSuchInstance(_) => missing("the case".into()),
        runtime::Error::Limit { .. } => Told {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            title: "That is too large".into(),
            detail: sentence(&problem.to_string()),
            way_out: "Nothing was changed.".into(),
        },
        runtime::Error::LeaseLost { .. }
        | runtime::Error::KeyReused { .. }
        | runtime::Error::DuplicateMessage { .. } => {
            conflict(sentence(&problem.to_string()), "Nothing was changed.")
        }
        runtime::Error::NobodyWaits { .. } => Told {
            status: StatusCode::NOT_FOUND,
            title: "Nobody waits for this".into(),
            detail: sentence(&problem.to_string()),
            way_out: "Nothing was changed.".into(),
        },
        runtime::Error::NotDeployable(_) => Told {
            status: StatusCode::BAD_REQUEST,
            title: "The files cannot be deployed".into(),
            detail: sentence(&problem.to_string()),
            way_out: "Nothing was changed. Correct the errors and upload all files again.".into(),
        },
        runtime::Error::Busy | runtime::Error::Stopped => Told {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "The server is busy".into(),
            detail: "Nothing was changed.".into(),
            way_out: "Try again in a moment.".into(),
        },
        runtime::Error::Store(problem) if is_of_the_disk(problem) => Told {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "The disk of the server is full".into(),
            detail: "The disk of the server is full or fails: nothing can be saved at present. What was saved before is safe."
                .into(),
            way_out: "Tell your administrator, who has to make room, and try again afterwards.".into(),
        },
        runtime::Error::Store(problem) if matches!(**problem, store::Error::Corrupt { .. }) => Told {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            title: "The database is damaged".into(),
            detail: "A part of it cannot be read. Nothing was changed.".into(),
            way_out: "Tell your administrator at once: the server has to be stopped, and the last backup restored."
                .into(),
        },
        runtime::Error::Store(problem) if problem.is_temporary() => Told {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "The database is not available".into(),
            detail: "It does not answer at present. What you saved before is safe.".into(),
            way_out: "Look whether your last step was done, and try again in a moment.".into(),
        },
        runtime::Error::Store(problem)
            if matches!(**problem, store::Error::NulCharacter { .. }) =>
        {
            told(&Error::Invalid(
                "A text has a NUL character, which the database cannot keep.".into(),
            ))
        }
        runtime::Error::Bug { .. } | runtime::Error::Store(_) | runtime::Error::Output(_) => ours(),
    }
}

fn is_of_the_disk(problem: &store::Error) -> bool {
    matches!(
        problem,
        store::Error::Full { .. } | store::Error::Disk { .. }
    )
}

fn told_by_processes(problem: &processes::Error) -> Told {
    match problem {
        processes::Error::Runtime(problem) => told_by_runtime(problem),
        // Not by name: the address may hold what somebody typed.
        processes::Error::NoSuchPerson(_) => told(&Error::NotFound("this person".into())),
        processes::Error::NoSuchCase(_) => told(&Error::NotFound("this case".into())),
        processes::Error::Invalid(what) => told(&Error::Invalid(sentence(what))),
        processes::Error::Document { .. } => ours(),
    }
}

/// What was asked is about something that has ended: asking again cannot help.
fn is_gone(rejection: &Rejection) -> bool {
    match rejection {
        Rejection::NoSuchDefinition { .. }
        | Rejection::InstanceEnded { .. }
        | Rejection::NoSuchTask { .. }
        | Rejection::NoSuchJob { .. }
        | Rejection::NoSuchTimer { .. }
        | Rejection::NoSuchIncident { .. }
        | Rejection::NoSuchSubscription { .. }
        | Rejection::NoSuchAdHoc { .. }
        | Rejection::NoSuchDeadline { .. }
        | Rejection::NoSuchScope { .. } => true,
        Rejection::TaskOfAnother { .. }
        | Rejection::TaskUnassigned { .. }
        | Rejection::TaskAlreadyAssigned { .. }
        | Rejection::TaskWaits { .. }
        | Rejection::NotATaskListener { .. }
        | Rejection::CannotDeny { .. }
        | Rejection::DeniedAndCorrected
        | Rejection::ListenerGivesVariables
        | Rejection::ListenerThrows
        | Rejection::InvalidPriority { .. }
        | Rejection::BeginsByEventOnly { .. }
        | Rejection::NoSuchStart { .. }
        | Rejection::VariableTooLarge { .. }
        | Rejection::VariableTooDeep { .. }
        | Rejection::NotStartable { .. }
        | Rejection::OneAtATime { .. }
        | Rejection::TooManyStarts { .. }
        | Rejection::DeadlinePaused { .. }
        | Rejection::DeadlineNotPaused { .. }
        | Rejection::DeadlinePassed { .. }
        | Rejection::NotLater { .. }
        | Rejection::NotMissed { .. }
        | Rejection::NoReason
        | Rejection::NoSuchCalendar { .. }
        | Rejection::Immovable(_)
        | Rejection::CannotMigrate(_)
        | Rejection::NothingToUndo
        | Rejection::Suspended { .. }
        | Rejection::NotSuspended
        | Rejection::StateTooLarge => false,
    }
}

/// A message as a sentence: `task 7 is not open` becomes `Task 7 is not open.`
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(".".chars()).collect()
}
