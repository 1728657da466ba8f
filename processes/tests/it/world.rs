//! A runtime of its own for each test, with a test clock and the working days of Uganda.

use processes::Calendar;
use runtime::{Clock, Options, Runtime};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A runtime, its clock, and the folder of its database, which goes with it.
pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) clock: Clock,
    pub(crate) calendar: Calendar,
    folder: PathBuf,
}

impl World {
    /// An empty installation at that time.
    pub(crate) async fn at(time: &str) -> World {
        World::with_clock(Clock::test(time.parse().unwrap())).await
    }

    pub(crate) async fn with_clock(clock: Clock) -> World {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("caseway-processes-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.join("caseway.db").display()))
            .await
            .unwrap();
        let calendar = Calendar::read(processes::calendars::UGANDA).unwrap();
        let options = Options {
            zone: calendar.zone().clone(),
            calendar: Arc::new(calendar.clone()),
        };
        let runtime = Runtime::open(store, clock.clone(), options).await.unwrap();
        World {
            runtime,
            clock,
            calendar,
            folder,
        }
    }

    /// An installation with the pathway deployed.
    pub(crate) async fn with_pathway(time: &str) -> World {
        let world = World::at(time).await;
        processes::demo::deploy(&world.runtime).await.unwrap();
        world
    }

    /// Moves the clock to a time and waits for the timers on the way.
    pub(crate) async fn wait_until(&self, time: &str) {
        self.clock.set(time.parse().unwrap());
        self.runtime.wait_idle().await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
