//! One story over a store: what a batch writes, the next readers and the next unit see; after an error they see nothing of it.
//! Every database passes it. What several servers do to each other has its own chapter, on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "functions of tests")]

/// Makes a test on each database of functions that take a fixture.
macro_rules! story {
    ($($name:ident,)+) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::support::Fixture::sqlite(stringify!($name)).await).await;
            })+
        }
        mod on_postgresql {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::support::Fixture::postgres().await).await;
            })+
        }
    };
}
pub(crate) use story;

mod support;

mod deadlines;
mod deliveries;
mod events;
mod finding;
mod plans;
mod searches;
mod sight;
mod work;

mod shared;
mod sqlite;

mod transfer;
