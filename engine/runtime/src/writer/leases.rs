//! Leases of jobs: given after the commit of a batch, so that a worker sees what the batch has made, and made longer.

use std::time::Duration;

use bpmn::Key;
use jiff::{SignedDuration, Timestamp};
use store::Unit;

use super::{Message, Writer, answer};
use crate::limits::{JOBS_AT_ONCE_MAX, LEASE_MS_MAX};
use crate::{Error, Result};

impl Writer {
    pub(super) async fn lease(&self, unit: &mut Unit, message: Message, failure: &Option<Error>) {
        let Message::LeaseJobs {
            job_type,
            worker,
            limit,
            lease_ms,
            reply,
        } = message
        else {
            return;
        };
        if let Some(error) = failure {
            return answer(reply, Err(error.clone()));
        }
        let (now, until) = (self.clock.now(), self.until(lease_ms));
        let limit = limit.min(JOBS_AT_ONCE_MAX);
        answer(
            reply,
            unit.lease_jobs(&job_type, &worker, limit, now, until)
                .await
                .map_err(Error::from),
        );
    }

    /// The time until which the job is the worker's, from now on.
    pub(super) async fn extend_lease(
        &self,
        unit: &mut Unit,
        job: Key,
        token: Option<i64>,
        lease_ms: u32,
    ) -> Result<Timestamp> {
        let until = self.until(lease_ms);
        if unit.extend_lease(job, token, until).await? {
            Ok(until)
        } else {
            Err(Error::LeaseLost { job })
        }
    }

    fn until(&self, lease_ms: u32) -> Timestamp {
        let lease = Duration::from_millis(lease_ms.min(LEASE_MS_MAX).into());
        let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::MAX);
        self.clock
            .now()
            .saturating_add(lease)
            .unwrap_or(Timestamp::MAX)
    }
}
