//! The connections that read: as many as may read at once, made when they are needed, kept as long as they answer.
//!
//! sqlx has a pool of its own. It asks each connection that is given back whether it is alive, which takes a journey to the
//! database and back, on SQLite to the connection's thread: as long as most of our queries. Here whoever got an error, or
//! did not wait for his answer, does not give his connection back.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Connections of one kind.
pub(crate) struct Readers<C: Connection> {
    options: C::Options,
    idle: Mutex<Vec<C>>,
    places: Semaphore,
    number: u32,
    patience: Duration,
}

/// A connection that somebody reads from, and his place among those who do.
pub(crate) struct Reader<'a, C> {
    pub(crate) connection: C,
    place: SemaphorePermit<'a>,
}

impl<C: Connection> Readers<C>
where
    C::Options: ConnectOptions<Connection = C>,
{
    /// Connects to nothing yet. `patience` is how long to wait for a connection.
    pub(crate) fn new(options: C::Options, number: u32, patience: Duration) -> Readers<C> {
        Readers {
            options,
            idle: Mutex::default(),
            places: Semaphore::new(number as usize),
            number,
            patience,
        }
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// A connection to read from: the one that was used last, or a new one.
    ///
    /// # Errors
    ///
    /// `PoolTimedOut`, `PoolClosed`, and what connecting says.
    pub(crate) async fn take(&self) -> sqlx::Result<Reader<'_, C>> {
        let taking = async {
            let place = self.places.acquire().await;
            let place = place.map_err(|_| sqlx::Error::PoolClosed)?;
            let idle = self.idle().pop();
            let connection = match idle {
                Some(connection) => connection,
                None => self.options.connect().await?,
            };
            Ok(Reader { connection, place })
        };
        let taken = tokio::time::timeout(self.patience, taking).await;
        taken.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// Gives back a connection that has answered without an error.
    pub(crate) fn put(&self, reader: Reader<'_, C>) {
        self.idle().push(reader.connection);
        drop(reader.place);
    }

    /// Waits for those who read; nobody does after them.
    pub(crate) async fn close(&self) {
        let everybody = self.places.acquire_many(self.number).await;
        self.places.close();
        drop(everybody);
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            // Nothing was written.
            let _ = connection.close().await;
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<C>> {
        // A list of connections is whole whoever panicked while he held it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Connection> fmt::Debug for Readers<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = &self.number;
        f.debug_struct("Readers").field("number", number).finish()
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

    use super::*;

    /// Each connection has a database of its own, so that one is told from another by what was made in it.
    fn readers(number: u32) -> Readers<SqliteConnection> {
        let options = SqliteConnectOptions::new().in_memory(true);
        Readers::new(options, number, Duration::from_millis(200))
    }

    async fn run(reader: &mut Reader<'_, SqliteConnection>, text: &'static str) -> bool {
        let done = sqlx::query(text).execute(&mut reader.connection).await;
        done.is_ok()
    }

    #[tokio::test]
    async fn what_was_given_back_is_taken_again_and_what_was_not_is_made_anew() {
        let readers = readers(1);
        let mut reader = readers.take().await.unwrap();
        assert!(run(&mut reader, "create table mark (number)").await);
        readers.put(reader);
        let mut again = readers.take().await.unwrap();
        assert!(run(&mut again, "select * from mark").await);
        drop(again);
        let mut new = readers.take().await.unwrap();
        assert!(!run(&mut new, "select * from mark").await);
    }

    #[tokio::test]
    async fn whoever_is_one_too_many_waits_but_not_for_ever() {
        let readers = readers(2);
        let (one, _two) = (readers.take().await.unwrap(), readers.take().await.unwrap());
        let refused = readers.take().await.err();
        assert!(matches!(refused, Some(sqlx::Error::PoolTimedOut)));
        let (third, ()) = tokio::join!(readers.take(), async { readers.put(one) });
        assert!(third.is_ok());
    }

    #[tokio::test]
    async fn closing_waits_for_those_who_read_and_lets_nobody_in_after_them() {
        let readers = readers(2);
        let reader = readers.take().await.unwrap();
        let closing = async {
            readers.close().await;
            readers.idle().len()
        };
        let giving = async {
            tokio::task::yield_now().await;
            assert!(!readers.is_closed());
            readers.put(reader);
        };
        let (left, ()) = tokio::join!(closing, giving);
        assert_eq!((left, readers.is_closed()), (0, true));
        let refused = readers.take().await.err();
        assert!(matches!(refused, Some(sqlx::Error::PoolClosed)));
    }
}
