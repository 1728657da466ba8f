//! Why a request was not carried out. In every case nothing of it was.

use std::sync::Arc;

use bpmn::{Key, Rejection};

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
    /// The database failed.
    #[error(transparent)]
    Store(Arc<store::Error>),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error::Store(Arc::new(error))
    }
}

/// The result of a call to the runtime.
pub type Result<T> = std::result::Result<T, Error>;

fn numbered(version: &Option<u32>) -> String {
    version
        .map(|number| format!(" version {number}"))
        .unwrap_or_default()
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
