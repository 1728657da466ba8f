//! Batch operations begun, steered, read and in the end deleted.

use bpmn::Key;
use jiff::{SignedDuration, Timestamp};
use store::{Document, MAX_LIMIT, Match, Order, Query};

use super::{
    BATCHES, BatchItem, BatchOperation, BatchState, ENDED, Each, ITEMS, ItemState, OF_INSTANCE,
    Part,
};
use crate::limits::{BATCH_ITEMS_MAX, BATCHES_KEPT_DAYS, CONFLICTS_MAX, ITEMS_A_STEP};
use crate::{Act, Error, Expect, Request, Result, Runtime};

/// What can be asked of a batch operation that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steer {
    /// Wait.
    Suspend,
    /// Go on.
    Resume,
    /// End; what was not done is not done.
    Cancel,
    /// Try again what failed.
    Retry,
}

impl Runtime {
    /// Begins a batch operation over these items, in the name and for the reason of the request; gives its key. With all of its items
    /// it is there, or not at all.
    ///
    /// # Errors
    /// [`Error::Limit`] where the items are too many.
    pub async fn begin_batch(
        &self,
        request: Request,
        key: String,
        each: Each,
        items: Vec<BatchItem>,
    ) -> Result<String> {
        if items.len() > BATCH_ITEMS_MAX {
            return Err(Error::Limit {
                what: format!("a batch operation of {} items", items.len()),
                name: "BATCH_ITEMS_MAX",
                limit: BATCH_ITEMS_MAX,
            });
        }
        let now = self.now();
        let parts = items.chunks(ITEMS_A_STEP);
        let batch = BatchOperation {
            key: key.clone(),
            revision: 0,
            each,
            state: if items.is_empty() {
                BatchState::Completed
            } else {
                BatchState::Active
            },
            actor: request.actor.clone(),
            reason: request.reason.clone(),
            started_at: now,
            ended_at: items.is_empty().then_some(now),
            total: items.len() as u64,
            completed: 0,
            failed: 0,
            next: 0,
            parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
            run: 0,
        };
        let mut request = request.act(Act::Put(batch.put()));
        for (number, items) in (0..).zip(parts) {
            let part = Part {
                revision: 0,
                items: items.to_vec(),
            };
            request = request.act(Act::Put(part.put(&key, number)));
        }
        if batch.state == BatchState::Active {
            let (batch, run) = (key.clone(), batch.run);
            request = request.act(Act::WorkOffBatch { batch, run });
        }
        self.submit(request.act(note("create", &key))).await?;
        Ok(key)
    }

    /// Suspends, resumes or ends a batch operation, or tries again what failed. False where it is not there, or over; where it
    /// is to be tried again, not over or without failures.
    pub async fn steer_batch(&self, request: Request, key: &str, steer: Steer) -> Result<bool> {
        let mut left = CONFLICTS_MAX;
        loop {
            let Some(request) = self.steering(request.clone(), key, steer).await? else {
                return Ok(false);
            };
            match self.submit(request).await {
                Ok(_) => return Ok(true),
                // It has gone on in the same moment.
                Err(Error::Conflict { .. }) if left > 0 => left -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// What is to be written; `None` where it does not fit.
    async fn steering(
        &self,
        mut request: Request,
        key: &str,
        steer: Steer,
    ) -> Result<Option<Request>> {
        let Some(mut batch) = self.batch_operation(key).await? else {
            return Ok(None);
        };
        let run = batch.run;
        if !batch.steer(steer, self.now()) {
            return Ok(None);
        }
        if steer == Steer::Retry {
            for (number, mut part) in self.parts(key, batch.parts).await? {
                if part.retry() {
                    request = request.act(Act::Put(part.put(key, number)));
                }
            }
        }
        request = request.act(Act::Put(batch.put()));
        if batch.run != run {
            let (batch, run) = (batch.key, batch.run);
            request = request.act(Act::WorkOffBatch { batch, run });
        }
        let action = match steer {
            Steer::Suspend => "suspend",
            Steer::Resume => "resume",
            Steer::Cancel => "cancel",
            Steer::Retry => "retry",
        };
        Ok(Some(request.act(note(action, key))))
    }

    /// One batch operation.
    pub async fn batch_operation(&self, key: &str) -> Result<Option<BatchOperation>> {
        let document = self.document(BATCHES, key).await?;
        document.map(BatchOperation::read).transpose()
    }

    /// The batch operations, the newest first, so many at most.
    pub async fn batch_operations(&self, limit: u32) -> Result<Vec<BatchOperation>> {
        let query = Query {
            order: Order::Descending,
            limit,
            ..Query::all(BATCHES)
        };
        let found = self.documents(&query).await?.into_iter();
        found.map(BatchOperation::read).collect()
    }

    /// The items of a batch operation, in its order.
    pub async fn batch_items(&self, batch: &BatchOperation) -> Result<Vec<BatchItem>> {
        let parts = self.parts(&batch.key, batch.parts).await?;
        Ok(parts.into_iter().flat_map(|(_, part)| part.items).collect())
    }

    /// The keys of the batch operations that have items of an instance.
    pub async fn batches_of(&self, instance: Key) -> Result<Vec<String>> {
        let query = Query {
            limit: MAX_LIMIT,
            ..Query::by(ITEMS, OF_INSTANCE, Match::Equals(instance.to_string()))
        };
        let mut keys: Vec<String> = self
            .documents(&query)
            .await?
            .iter()
            .filter_map(|part| part.id.split_once('/'))
            .map(|(key, _)| key.to_owned())
            .collect();
        keys.dedup();
        Ok(keys)
    }

    /// Deletes batch operations that ended more than [`BATCHES_KEPT_DAYS`] ago; gives how many.
    pub async fn prune_batches(&self) -> Result<usize> {
        let kept = SignedDuration::from_hours(24 * BATCHES_KEPT_DAYS);
        let before = self.now().saturating_sub(kept).unwrap_or(Timestamp::MIN);
        let range = Match::Range(String::new(), format!("{before:.6}"));
        let mut number = 0;
        loop {
            let query = Query::by(BATCHES, ENDED, range.clone());
            let some = self.documents(&query).await?;
            if some.is_empty() {
                return Ok(number);
            }
            number += some.len();
            self.delete_batches(some).await?;
        }
    }

    /// Deletes batch operations with their items.
    async fn delete_batches(&self, batches: Vec<Document>) -> Result<()> {
        for batch in batches {
            let batch = BatchOperation::read(batch)?;
            let ids = (0..batch.parts).map(|part| (ITEMS, Part::id(&batch.key, part)));
            let mut request = Request::by("retention");
            for (collection, id) in ids.chain([(BATCHES, batch.key.clone())]) {
                let expect = Expect::Any;
                request = request.act(Act::Delete {
                    collection,
                    id,
                    expect,
                });
            }
            self.submit(request).await?;
        }
        Ok(())
    }

    async fn parts(&self, key: &str, parts: u32) -> Result<Vec<(u32, Part)>> {
        let mut all = Vec::with_capacity(parts as usize);
        for number in 0..parts {
            let document = self.document(ITEMS, &Part::id(key, number)).await?;
            if let Some(document) = document {
                all.push((number, Part::read(document)?));
            }
        }
        Ok(all)
    }
}

impl BatchOperation {
    /// Does what is asked of it; false where that does not fit. What goes on from now on is another run.
    fn steer(&mut self, steer: Steer, now: Timestamp) -> bool {
        let is_over = matches!(self.state, BatchState::Completed | BatchState::Cancelled);
        match steer {
            Steer::Suspend | Steer::Resume | Steer::Cancel if is_over => return false,
            Steer::Suspend => self.state = BatchState::Suspended,
            Steer::Cancel => {
                self.state = BatchState::Cancelled;
                self.ended_at = Some(now);
            }
            Steer::Resume if self.state == BatchState::Active => {}
            Steer::Resume => {
                self.state = BatchState::Active;
                self.run += 1;
            }
            Steer::Retry if self.state != BatchState::Completed || self.failed == 0 => {
                return false;
            }
            Steer::Retry => {
                self.state = BatchState::Active;
                (self.ended_at, self.failed, self.next) = (None, 0, 0);
                self.run += 1;
            }
        }
        true
    }
}

impl Part {
    /// What failed is to be done again; whether anything is.
    fn retry(&mut self) -> bool {
        let failed = self.items.iter_mut();
        let failed = failed.filter(|item| item.state == ItemState::Failed);
        let mut any = false;
        for item in failed {
            *item = BatchItem::new(item.key);
            any = true;
        }
        any
    }
}

fn note(action: &str, key: &str) -> Act {
    Act::audit(action, format!("batch-operations/{key}"), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_goes_on_once_however_often_it_was_let() {
        let now = Timestamp::UNIX_EPOCH;
        let mut batch = BatchOperation {
            key: "1".into(),
            revision: 1,
            each: Each::Cancel,
            state: BatchState::Active,
            actor: "ruth".into(),
            reason: None,
            started_at: now,
            ended_at: None,
            total: 2,
            completed: 0,
            failed: 0,
            next: 0,
            parts: 1,
            run: 0,
        };
        let runs = |batch: &BatchOperation| -> Vec<u32> {
            (0..5).filter(|run| batch.goes_on(*run)).collect()
        };
        assert_eq!(runs(&batch), [0]);
        assert!(batch.steer(Steer::Resume, now), "it goes on already");
        assert_eq!(runs(&batch), [0]);
        for expected in [1, 2] {
            assert!(batch.steer(Steer::Suspend, now));
            assert_eq!(runs(&batch), [0; 0]);
            assert!(batch.steer(Steer::Resume, now));
            assert_eq!(runs(&batch), [expected]);
        }
        (batch.state, batch.failed) = (BatchState::Completed, 1);
        assert!(batch.steer(Steer::Retry, now));
        assert_eq!(runs(&batch), [3]);
    }
}
