//! Hears what other servers have committed, by `LISTEN` on a connection of its own.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};

use super::fault::Fault;
use crate::error::Result;
use crate::wakes::Wake;

/// The channel of all servers over one database.
pub(super) const CHANNEL: &str = "caseway";

/// How long to wait before the server is called again.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection that listens. Connects again by itself.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: PgListener,
    /// Whether somebody may have called while nobody listened.
    deaf: bool,
}

impl Listener {
    pub(super) async fn new(connect: PgConnectOptions, fault: Fault) -> Result<Listener> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(connect);
        let listening = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.listen(CHANNEL).await?;
            Ok(listener)
        };
        let listener = listening.await.map_err(|error| fault.of(error))?;
        Ok(Listener {
            listener,
            deaf: false,
        })
    }

    /// The next wake.
    pub(crate) async fn next(&mut self) -> Wake {
        loop {
            if self.deaf {
                match self.listener.listen(CHANNEL).await {
                    Ok(()) => {
                        self.deaf = false;
                        return Wake::everything();
                    }
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
                continue;
            }
            match self.listener.try_recv().await {
                Ok(Some(call)) => return Listener::read(call.payload()),
                // The connection was lost. What was called since is not known.
                Ok(None) => self.deaf = true,
                Err(error) => {
                    tracing::warn!(%error, "calls of other servers cannot be heard; it is tried again");
                    self.deaf = true;
                }
            }
        }
    }

    fn read(payload: &str) -> Wake {
        serde_json::from_str(payload).unwrap_or_else(|_| Wake::everything())
    }
}
