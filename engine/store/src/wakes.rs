//! What other servers over the same database have written that somebody here may wait for.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::postgres::Listener;

/// Timers that are due later than so many seconds after they were written are not called: whoever waits for timers looks by
/// himself at least as often.
pub const HORIZON_S: i64 = 60;

/// What was written. Whoever waits for one of these looks into the database now and need not look before.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Wake {
    /// Nobody knows what: messages may have been lost with a connection, or were too long. Look at everything.
    pub everything: bool,
    /// The soonest of the timers that were started or moved, if it is due within [`HORIZON_S`].
    pub timer: Option<Timestamp>,
    /// The kinds of the jobs that became available.
    pub jobs: BTreeSet<String>,
    /// There are effects to carry out.
    pub outbox: bool,
    /// Something was deployed.
    pub definitions: bool,
}

impl Wake {
    /// The wake after which nobody may rely on what he knows.
    pub fn everything() -> Wake {
        Wake {
            everything: true,
            ..Wake::default()
        }
    }
}

/// The wakes of one listener, from the moment when it was asked for.
#[derive(Debug)]
pub struct Wakes(Option<Listener>);

impl Wakes {
    pub(crate) fn none() -> Wakes {
        Wakes(None)
    }

    pub(crate) fn of(listener: Listener) -> Wakes {
        Wakes(Some(listener))
    }

    /// The next wake; waits for it. On a database that nobody shares it never comes. May be cancelled.
    pub async fn next(&mut self) -> Wake {
        match &mut self.0 {
            Some(listener) => listener.next().await,
            None => std::future::pending().await,
        }
    }
}
