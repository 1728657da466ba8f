//! Commands in batches, one transaction a batch; the clock, the timers, the jobs.

mod clock;
mod error;
pub mod limits;
mod report;
mod request;

pub use clock::Clock;
pub use error::{Error, Result};
pub use report::{Defined, ResourceReport};
pub use request::{
    Act, Answer, Deployed, DeployedDefinition, Expect, Outcome, Put, Request, Resource,
};
