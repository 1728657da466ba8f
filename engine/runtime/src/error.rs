//! Why a request was not carried out. In every case nothing of it was.

use std::sync::Arc;

use bpmn::{Key, Rejection};
use jiff::Timestamp;

use crate::ResourceReport;

/// Why a request was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The command does not fit the state of the instance.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The document is not as expected: somebody else has written it meanwhile.
    #[error(
        "{collection}/{id} was changed by somebody else in the meantime; load it again and repeat the change"
    )]
    Conflict {
        /// The collection.
        collection: String,
        /// The id.
        id: String,
    },
    /// Files cannot be deployed.
    #[error("{}", not_deployable(.0))]
    NotDeployable(Vec<ResourceReport>),
    /// The process is not deployed.
    #[error("no process \"{process_id}\"{} is deployed; deploy its .bpmn file first", numbered(.version))]
    NoSuchProcess {
        /// The id that was asked for.
        process_id: String,
        /// The version that was asked for.
        version: Option<u32>,
    },
    /// The decision is not deployed.
    #[error("no decision \"{decision}\" is deployed; deploy its .dmn file first")]
    NoSuchDecision {
        /// The id or the key that was asked for.
        decision: String,
    },
    /// No version of a process, decision or form has this key, or it is withdrawn.
    #[error("there is no definition {0}, or it was withdrawn")]
    NoSuchDefinition(Key),
    /// The instance does not exist.
    #[error("there is no process instance {0}")]
    NoSuchInstance(Key),
    /// The lease of the job has run out or went to another worker.
    #[error(
        "the lease on job {job} is no longer yours; another worker may have it, drop the result"
    )]
    LeaseLost {
        /// The job.
        job: Key,
    },
    /// A message with this id is kept already.
    #[error(
        "a message \"{name}\" with the id \"{message_id}\" was published before and is kept until {until}; it was not published again"
    )]
    DuplicateMessage {
        /// Its name.
        name: String,
        /// Its id.
        message_id: String,
        /// The end of the first one's time to live.
        until: Timestamp,
    },
    /// Nobody waits for the message.
    #[error(
        "nothing waits for the message \"{name}\"{}; publish it with a time to live to keep it for who waits later", keyed(.correlation)
    )]
    NobodyWaits {
        /// Its name.
        name: String,
        /// Its correlation key.
        correlation: String,
    },
    /// The idempotency key was used for another request.
    #[error(
        "the idempotency key \"{key}\" was used for a different request; use a new key for each request"
    )]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The request goes past a limit.
    #[error("{what} is more than {name} allows ({limit}); split it into smaller requests")]
    Limit {
        /// What is too much.
        what: String,
        /// The name of the limit.
        name: &'static str,
        /// Its value.
        limit: usize,
    },
    /// Too many requests wait.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The runtime is stopping or has stopped.
    #[error("the server is stopping; try again when it is back")]
    Stopped,
    /// A bug of ours. The instance is unharmed.
    #[error(
        "an error in the program stopped this request ({what}); nothing was changed, please report it"
    )]
    Bug {
        /// What the program said.
        what: String,
    },
    /// What was read cannot be written to where it should go.
    #[error("the output cannot be written ({0}); free some space, or name another file")]
    Output(Arc<std::io::Error>),
    /// The database failed.
    #[error(transparent)]
    Store(Arc<store::Error>),
}

impl Error {
    /// Whether it may go well later, without anybody changing what was asked.
    pub fn is_temporary(&self) -> bool {
        match self {
            Error::Store(error) => error.is_temporary(),
            Error::Busy | Error::Stopped => true,
            Error::Rejected(_)
            | Error::Conflict { .. }
            | Error::NotDeployable(_)
            | Error::NoSuchProcess { .. }
            | Error::NoSuchDecision { .. }
            | Error::NoSuchDefinition(_)
            | Error::NoSuchInstance(_)
            | Error::LeaseLost { .. }
            | Error::DuplicateMessage { .. }
            | Error::NobodyWaits { .. }
            | Error::KeyReused { .. }
            | Error::Limit { .. }
            | Error::Output(_)
            | Error::Bug { .. } => false,
        }
    }

    /// Whether other servers wrote what the batch had read.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Error::Store(error) if error.is_conflict())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::Output(Arc::new(error))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error::Store(Arc::new(error))
    }
}

impl Error {
    /// Whether something is wrong with one instance: a bug that it met, or a row of it that cannot be read.
    pub(crate) fn is_of_one_instance(&self) -> bool {
        match self {
            Error::Bug { .. } => true,
            Error::Store(error) => matches!(**error, store::Error::BadRow { .. }),
            Error::Rejected(_)
            | Error::Conflict { .. }
            | Error::NotDeployable(_)
            | Error::NoSuchProcess { .. }
            | Error::NoSuchDecision { .. }
            | Error::NoSuchDefinition(_)
            | Error::NoSuchInstance(_)
            | Error::LeaseLost { .. }
            | Error::DuplicateMessage { .. }
            | Error::NobodyWaits { .. }
            | Error::KeyReused { .. }
            | Error::Limit { .. }
            | Error::Busy
            | Error::Stopped
            | Error::Output(_) => false,
        }
    }
}

/// The result of a call to the runtime.
pub type Result<T> = std::result::Result<T, Error>;

fn numbered(version: &Option<u32>) -> String {
    version
        .map(|number| format!(" version {number}"))
        .unwrap_or_default()
}

fn keyed(correlation: &str) -> String {
    if correlation.is_empty() {
        String::new()
    } else {
        format!(" with the correlation key \"{correlation}\"")
    }
}

fn not_deployable(reports: &[ResourceReport]) -> String {
    let errors: Vec<String> = reports
        .iter()
        .flat_map(|report| {
            report.errors().map(|problem| {
                format!(
                    "{}, line {}, column {}: {}",
                    report.name, problem.line, problem.column, problem.message
                )
            })
        })
        .collect();
    format!("not deployed: {}", errors.join("; "))
}
