//! The only place that chooses status codes and the wording of failures.

use super::Error;
use axum::http::StatusCode;
use bpmn::Rejection;

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
        Error::Documents(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Documents are not available",
            "The place where documents lie takes and gives nothing at present. Nothing was changed."
                .into(),
            "Try again in a moment. If it happens again, tell your administrator.".into(),
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
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(".".chars()).collect()
}
