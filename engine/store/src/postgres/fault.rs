//! Turns what PostgreSQL and the network say into our errors.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Error;

/// The state of an error raised by our own function `conflict`.
const CONFLICT: &str = "CW001";

/// Names the database in errors: without the password.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    address: Arc<PathBuf>,
}

impl Fault {
    pub(super) fn at(address: String) -> Fault {
        Fault {
            address: Arc::new(PathBuf::from(address)),
        }
    }

    pub(super) fn address(&self) -> PathBuf {
        self.address.to_path_buf()
    }

    pub(super) fn unavailable(&self, cause: impl Into<String>) -> Error {
        Error::Unavailable {
            path: self.address(),
            cause: cause.into(),
        }
    }

    /// A text cannot be kept.
    pub(super) fn nul(&self) -> Error {
        Error::NulCharacter {
            path: self.address(),
        }
    }

    /// By the kind of error, and by SQLSTATE: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
    pub(super) fn of(&self, source: sqlx::Error) -> Error {
        let path = self.address();
        if let sqlx::Error::Database(error) = &source {
            let (code, cause) = (error.code().unwrap_or_default(), error.message().to_owned());
            return match &*code {
                // A row that should not have been there yet, a deadlock, a lock that was waited for too long.
                CONFLICT | "23505" | "40001" | "40P01" | "55P03" => {
                    Error::Conflict { path, what: cause }
                }
                // Shut down, crashed, starting, a standby that cannot write, too many connections, a statement stopped.
                "57P01" | "57P02" | "57P03" | "57P05" | "25006" | "53300" | "57014" => {
                    Error::Unavailable { path, cause }
                }
                "53100" => Error::Full { path },
                "28000" | "28P01" | "42501" => Error::Denied { path, cause },
                "3D000" => Error::NoDatabase { path },
                "XX001" | "XX002" => Error::Corrupt { path, cause },
                code if code.starts_with("08") => Error::Unavailable { path, cause },
                _ => Error::Database { path, source },
            };
        }
        let lost = matches!(
            source,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_)
        );
        if lost {
            let cause = source.to_string();
            Error::Unavailable { path, cause }
        } else {
            Error::Database { path, source }
        }
    }
}
