//! Works off batch operations: some items in a transaction, together with their results.
//!
//! An item that is refused has changed nothing and is noted as failed. Where one fails otherwise, nothing of the step is kept and the next
//! item is done alone; if it still fails, only that is noted.

use bpmn::{Command, Key, Rejection};
use store::{Deletion, OutboxRow, Store, Unit};

use super::Writer;
use super::attempt::{Attempt, Who};
use super::outbox::Effect;
use super::work::Work;
use crate::batch_operations::{
    BATCHES, BatchItem, BatchOperation, BatchState, Each, ITEMS, ItemState, Part,
};
use crate::limits::ITEM_ERROR_CHARS_MAX;
use crate::{Error, Expect, Result};

/// What came of an item.
type Came = std::result::Result<ItemState, String>;

/// How much of a part is done in one go.
enum Go {
    All,
    /// The next item alone.
    One,
    /// The next item cannot be done.
    Refuse(String),
}

/// A part of a batch operation that comes next, as it was read.
struct Step {
    store: Store,
    row: Key,
    batch: BatchOperation,
    part: Part,
}

impl Writer {
    /// Does the next part of a batch operation, and puts the rest off.
    pub(super) async fn batch_operation(
        &mut self,
        unit: &mut Unit,
        work: &mut Work,
        row: OutboxRow,
        who: Who,
        (key, run): (&str, u32),
    ) -> Result<()> {
        let Some(step) = self.step_of(row.key, key, run).await? else {
            work.batch.gone_outbox.insert(row.key);
            return Ok(());
        };
        let mut go = Go::All;
        loop {
            let mut attempt =
                Attempt::new(unit, &mut self.cache, &mut self.numbers, work, who.clone());
            if !attempt.is_as_read(&step).await? {
                // Somebody steers it in the same moment.
                let row = OutboxRow {
                    available_at: work.now,
                    ..row
                };
                work.batch.outbox.insert(row.key, row);
                return Ok(());
            }
            match attempt.part(&step, &go).await {
                Ok(()) => {
                    let draft = attempt.done().await?;
                    work.keep(draft);
                    return Ok(());
                }
                Err(error @ Error::Store(_)) if !error.is_of_one_instance() => return Err(error),
                Err(error) => {
                    go = match go {
                        Go::All => Go::One,
                        Go::One => Go::Refuse(error.to_string()),
                        Go::Refuse(_) => return Err(error),
                    }
                }
            }
        }
    }

    /// What comes next; `None` where it does not go on.
    async fn step_of(&self, row: Key, key: &str, run: u32) -> Result<Option<Step>> {
        let document = self.store.document(BATCHES, key).await?;
        let Some(batch) = document.map(BatchOperation::read).transpose()? else {
            return Ok(None);
        };
        if !batch.goes_on(run) {
            return Ok(None);
        }
        let id = Part::id(key, batch.next);
        let part = self.store.document(ITEMS, &id).await?;
        let part = part.map(Part::read).transpose()?;
        let store = self.store.clone();
        Ok(part.map(|part| Step {
            store,
            row,
            batch,
            part,
        }))
    }
}

/// As much of a text as is kept: an error names whatever was asked for.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(ITEM_ERROR_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Attempt<'_> {
    /// Whether nobody has written to it since it was read.
    async fn is_as_read(&mut self, step: &Step) -> Result<bool> {
        let (batch, part) = (&step.batch, &step.part);
        let id = Part::id(&batch.key, batch.next);
        let of_batch = self.expect(BATCHES, &batch.key, Expect::Revision(batch.revision));
        let is_same = match of_batch.await {
            Ok(_) => {
                self.expect(ITEMS, &id, Expect::Revision(part.revision))
                    .await
            }
            Err(error) => Err(error),
        };
        match is_same {
            Ok(_) => Ok(true),
            Err(Error::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn part(&mut self, step: &Step, go: &Go) -> Result<()> {
        let (mut batch, mut part) = (step.batch.clone(), step.part.clone());
        self.draft.changes.gone_outbox.insert(step.row);
        let number = match go {
            Go::All => part.items.len(),
            Go::One | Go::Refuse(_) => 1,
        };
        let now = self.work.now;
        let active = |item: &&mut BatchItem| item.state == ItemState::Active;
        for item in part.items.iter_mut().filter(active).take(number) {
            let came = match go {
                Go::Refuse(why) => Err(why.clone()),
                Go::All | Go::One => self.item(step, item).await?,
            };
            match came {
                Ok(state) => {
                    item.state = state;
                    batch.completed += 1;
                }
                Err(why) => {
                    item.state = ItemState::Failed;
                    item.error = Some(cut(why));
                    batch.failed += 1;
                }
            }
            item.at = Some(now);
        }
        self.put(part.put(&batch.key, batch.next)).await?;
        let is_done = part
            .items
            .iter()
            .all(|item| item.state != ItemState::Active);
        batch.next += u32::from(is_done);
        if batch.next >= batch.parts {
            batch.state = BatchState::Completed;
            batch.ended_at = Some(now);
        }
        self.put(batch.put()).await?;
        if batch.state == BatchState::Active {
            let (batch, run) = (batch.key, batch.run);
            self.put_off(&Effect::BatchOperation { batch, run }).await?;
        }
        Ok(())
    }

    /// One item: what came of it, or why nothing of the step can be kept.
    async fn item(&mut self, step: &Step, item: &BatchItem) -> Result<Came> {
        let batch = &step.batch;
        let command = match &batch.each {
            Each::Delete => return self.delete_ended(step, item.instance).await,
            Each::Cancel => Command::CancelInstance,
            Each::Resolve => Command::ResolveIncident { incident: item.key },
            Each::Give { command } => (**command).clone(),
        };
        let stepped = match self.for_its_job(batch, item).await {
            Ok(()) => self.step(item.instance, command).await,
            Err(error) => Err(error),
        };
        let error = match stepped {
            Ok(step) => {
                self.settle(step.follow_ups).await?;
                return Ok(Ok(ItemState::Completed));
            }
            Err(error @ (Error::Rejected(_) | Error::NoSuchInstance(_))) => error,
            Err(error) => return Err(error),
        };
        let history = &self.draft.changes.history;
        if !history.iter().any(|row| row.instance == item.instance) {
            // It is as it was, and is not written.
            self.draft.touched.remove(&item.instance);
        }
        let nothing_to_do = match (&batch.each, &error) {
            (Each::Cancel, Error::Rejected(Rejection::InstanceEnded { .. }))
            | (
                Each::Resolve,
                Error::Rejected(Rejection::InstanceEnded { .. } | Rejection::NoSuchIncident { .. }),
            ) => true,
            (Each::Give { command }, Error::Rejected(rejection)) => {
                let stands = matches!(rejection, Rejection::Suspended { .. });
                let goes = matches!(rejection, Rejection::NotSuspended);
                (stands && **command == Command::Suspend) || (goes && **command == Command::Resume)
            }
            (Each::Cancel | Each::Resolve | Each::Delete | Each::Give { .. }, _) => false,
        };
        if nothing_to_do {
            Ok(Ok(ItemState::Skipped))
        } else {
            Ok(Err(error.to_string()))
        }
    }

    /// A job without tries gets one more before its incident is resolved.
    async fn for_its_job(&mut self, batch: &BatchOperation, item: &BatchItem) -> Result<()> {
        if batch.each != Each::Resolve {
            return Ok(());
        }
        self.touch(item.instance).await?;
        let hot = self.draft.touched.get(&item.instance);
        let instance = hot.map(|hot| &hot.instance);
        // One that stands still takes tries, but its incident cannot be resolved.
        let moves = instance.filter(|instance| instance.suspended_at().is_none());
        let job = moves.and_then(|instance| {
            let job = instance.incidents().get(&item.key)?.job?;
            instance.jobs().get(&job).filter(|job| job.retries == 0)
        });
        if let Some(job) = job.map(|job| job.key) {
            let command = Command::UpdateRetries { job, retries: 1 };
            let step = self.step(item.instance, command).await?;
            self.settle(step.follow_ups).await?;
        }
        Ok(())
    }

    /// Deletes an instance that nobody called, with all that it called. This is a transaction of its own: done again, it finds
    /// nothing to do.
    async fn delete_ended(&mut self, step: &Step, instance: Key) -> Result<Came> {
        if self.unit.left(&[instance]).await?.is_empty() {
            return Ok(Ok(ItemState::Skipped));
        }
        let family = step.store.family(instance).await?;
        let refused = "it runs, or something that it called runs, or is held";
        if family.is_empty() {
            return Ok(Err(refused.to_owned()));
        }
        let told = Deletion {
            at: self.work.now,
            actor: self.who.actor.clone(),
            reason: step.batch.reason.clone().unwrap_or_default(),
        };
        self.unit.delete_instances(&family, &told).await?;
        if self.unit.left(&[instance]).await?.is_empty() {
            Ok(Ok(ItemState::Completed))
        } else {
            Ok(Err(refused.to_owned()))
        }
    }
}
