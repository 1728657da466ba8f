//! One request being carried out on copies: thrown away if an act fails, kept if all succeed.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bpmn::{Catalog, Command, FollowUp, Key, Record, Start, StartInstructions, Step};
use serde::{Deserialize, Serialize};
use store::{Batch, DocumentId, Hash, HistoryRow, START, SavedAnswer, Timer, Unit};

use super::cache::{Cache, FoundBy, Hot};
use super::decisions;
use super::following::News;
use super::numbers::Numbers;
use super::projection::{self, command_name};
use super::work::{Revision, Work};
use crate::deploy::Latest;
use crate::starts::Starts;
use crate::webhooks::{self, Before, Happened};
use crate::{Answer, Error, Result};

/// The actor of timers in the history.
pub(crate) const CLOCK: &str = "clock";

/// Who is accountable.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Who {
    pub(crate) actor: String,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) reason: Option<String>,
}

impl Who {
    pub(super) fn the_clock() -> Who {
        Who {
            actor: CLOCK.to_owned(),
            on_behalf_of: None,
            reason: None,
        }
    }
}

/// What a request has changed, all in copies.
pub(super) struct Draft {
    pub(super) catalog: Arc<Catalog>,
    pub(super) latest: Latest,
    pub(super) starts: Arc<Starts>,
    pub(super) touched: BTreeMap<Key, Hot>,
    pub(super) documents: BTreeMap<DocumentId, Revision>,
    /// The data stores that were written; the catalog has their content.
    pub(super) stores: BTreeSet<Arc<str>>,
    pub(super) changes: Batch,
    pub(super) news: News,
}

/// A request on its way.
pub(super) struct Attempt<'a> {
    pub(super) unit: &'a mut Unit,
    pub(super) cache: &'a mut Cache,
    pub(super) numbers: &'a mut Numbers,
    pub(super) work: &'a Work,
    pub(super) who: Who,
    pub(super) draft: Draft,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(
        unit: &'a mut Unit,
        cache: &'a mut Cache,
        numbers: &'a mut Numbers,
        work: &'a Work,
        who: Who,
    ) -> Attempt<'a> {
        let draft = Draft {
            catalog: work.catalog.clone(),
            latest: Latest::default(),
            starts: work.starts.clone(),
            touched: BTreeMap::new(),
            documents: BTreeMap::new(),
            stores: BTreeSet::new(),
            changes: Batch::default(),
            news: News::default(),
        };
        Attempt {
            unit,
            cache,
            numbers,
            work,
            who,
            draft,
        }
    }

    /// What was changed, complete with the documents of the data stores that were written.
    pub(super) async fn done(mut self) -> Result<Draft> {
        self.put_stores().await?;
        Ok(self.draft)
    }

    pub(super) async fn next_key(&mut self) -> Result<Key> {
        self.numbers.next(self.unit).await
    }

    pub(super) async fn fire(&mut self, timer: &Timer) -> Result<()> {
        if self.is_start(timer) {
            return self.fire_start(timer).await;
        }
        if let Some(due) = self.moved_to(timer).await? {
            // Its deadline was paused, extended or counted anew since the loop took it.
            let timer = Timer {
                due,
                ..timer.clone()
            };
            self.draft.changes.timers.insert(timer.key, timer);
            return Ok(());
        }
        let hot = self.draft.touched.get(&timer.instance);
        if hot.is_some_and(|hot| hot.instance.suspended_at().is_some()) {
            // It was suspended since the loop took the timer, which comes again when it goes on.
            return Ok(());
        }
        self.command(timer.instance, Command::FireTimer { timer: timer.key })
            .await
            .map(|_| ())
    }

    /// When a timer is due that is no longer due now.
    async fn moved_to(&mut self, timer: &Timer) -> Result<Option<jiff::Timestamp>> {
        self.touch(timer.instance).await?;
        let hot = self.draft.touched.get(&timer.instance);
        let waiting = hot.and_then(|hot| hot.instance.timers().get(&timer.key));
        Ok(waiting
            .map(|waiting| waiting.due)
            .filter(|due| *due > self.work.now))
    }

    /// Steps one instance, and all others that have to follow.
    pub(super) async fn command(&mut self, instance: Key, command: Command) -> Result<Vec<Record>> {
        let step = self.step(instance, command).await?;
        self.settle(step.follow_ups).await?;
        Ok(step.records)
    }

    /// Starts one instance, and all others that it calls; perhaps it is said with which elements it begins, or after which it is
    /// ended.
    pub(super) async fn start_with(
        &mut self,
        start: Start,
        instructions: StartInstructions,
    ) -> Result<Key> {
        let key = start.key;
        let follow_ups = self.begin_with(start, instructions)?;
        self.settle(follow_ups).await?;
        Ok(key)
    }

    /// Keeps the answer for retries of the request.
    pub(super) fn save_answer(
        &mut self,
        idempotency_key: String,
        fingerprint: Hash,
        answer: &Answer,
    ) -> Result<()> {
        let answer = serde_json::to_string(answer).map_err(|error| Error::Bug {
            what: error.to_string(),
        })?;
        let actor = self.who.actor.clone();
        self.draft.changes.answers.push(SavedAnswer {
            actor,
            idempotency_key,
            at: self.work.now,
            fingerprint,
            answer,
        });
        Ok(())
    }

    pub(super) fn begin(&mut self, start: Start) -> Result<Vec<FollowUp>> {
        self.begin_with(start, StartInstructions::default())
    }

    fn begin_with(
        &mut self,
        start: Start,
        instructions: StartInstructions,
    ) -> Result<Vec<FollowUp>> {
        let span = tracing::debug_span!("command", instance = %start.key, definition = %start.definition, command = "start");
        let _entered = span.enter();
        let (catalog, now) = (self.draft.catalog.clone(), self.work.now);
        let key = start.key;
        let (instance, step) = guarded(|| bpmn::start_with(&catalog, start, instructions, now))??;
        let hot = Hot {
            found_by: FoundBy::of(&instance),
            instance,
            root: None,
            revision: 0,
            stored: 0,
            history_length: 0,
            history_hash: START,
        };
        self.draft.touched.insert(key, hot);
        self.account(key, "start", &step.records, Before::default())?;
        Ok(step.follow_ups)
    }

    pub(super) async fn step(&mut self, key: Key, command: Command) -> Result<Step> {
        let fresh = !self.draft.touched.contains_key(&key);
        self.touch(key).await?;
        let hot = self
            .draft
            .touched
            .get_mut(&key)
            .expect("it was just touched");
        let name = command_name(&command);
        let definition = hot.instance.definition();
        let span = tracing::debug_span!("command", instance = %key, %definition, command = name);
        let _entered = span.enter();
        let (catalog, now) = (self.draft.catalog.clone(), self.work.now);
        let counts_only = matches!(command, Command::RecomputeDeadlines);
        // With a migration another process may be meant.
        let migrates = matches!(command, Command::Migrate { .. } | Command::UndoMigration);
        let process_id = hot.instance.process_id();
        let mut webhooks = self.work.webhooks.iter();
        let before = if webhooks.any(|webhook| migrates || webhook.hears(process_id)) {
            Before::of(&hot.instance)
        } else {
            Before::default()
        };
        let step = guarded(|| bpmn::step(&catalog, &mut hot.instance, command, now))??;
        if counts_only && step.records.is_empty() {
            // Nothing happened that the history should tell.
            if fresh {
                self.draft.touched.remove(&key);
            }
            return Ok(step);
        }
        self.account(key, name, &step.records, before)?;
        Ok(step)
    }

    /// Reads instances that are not in memory yet, in one query.
    pub(super) async fn load(&mut self, instances: impl Iterator<Item = Key>) -> Result<()> {
        let unknown: BTreeSet<Key> = instances
            .filter(|key| {
                !self.draft.touched.contains_key(key)
                    && !self.work.instances.contains_key(key)
                    && !self.cache.contains(*key)
            })
            .collect();
        // One is read when it is touched.
        if unknown.len() > 1 {
            let keys: Vec<Key> = unknown.into_iter().collect();
            self.cache.load(self.unit, &keys).await?;
        }
        Ok(())
    }

    /// Copies an instance for this request: as this batch left it, as the cache has it, or from the database.
    pub(super) async fn touch(&mut self, key: Key) -> Result<()> {
        if self.draft.touched.contains_key(&key) {
            return Ok(());
        }
        let known = self
            .work
            .instances
            .get(&key)
            .cloned()
            .or_else(|| self.cache.get(key));
        let hot = match known {
            Some(hot) => hot,
            None => {
                let Some(row) = self.unit.instances(&[key]).await?.pop() else {
                    // What looks like a timer of an instance may start instances of what another server has deployed.
                    self.work.missed.store(true, Ordering::Relaxed);
                    return Err(Error::NoSuchInstance(key));
                };
                let hot = Arc::new(Hot::read(&row)?);
                self.cache.insert(key, hot.clone(), row.state.len());
                hot
            }
        };
        let definition = hot.instance.definition();
        if self.draft.catalog.process(definition).is_none() {
            self.work.missed.store(true, Ordering::Relaxed);
        }
        self.draft.touched.insert(key, (*hot).clone());
        Ok(())
    }

    /// From which instance calls led in the end to what this one calls.
    pub(super) async fn root(&mut self, caller: Key) -> Result<Key> {
        let fresh = !self.draft.touched.contains_key(&caller);
        match self.touch(caller).await {
            Ok(()) => {}
            // It was deleted before what it called began.
            Err(Error::NoSuchInstance(_)) => return Ok(caller),
            Err(error) => return Err(error),
        }
        let root = self.draft.touched.get(&caller).and_then(|hot| hot.root);
        if fresh {
            self.draft.touched.remove(&caller);
        }
        Ok(root.unwrap_or(caller))
    }

    /// Writes the history row of a step and what is read off its records.
    fn account(
        &mut self,
        key: Key,
        command: &str,
        records: &[Record],
        before: Before,
    ) -> Result<()> {
        let hot = self
            .draft
            .touched
            .get_mut(&key)
            .expect("it was just stepped");
        let text = serde_json::to_string(records).map_err(|error| Error::Bug {
            what: error.to_string(),
        })?;
        hot.revision += 1;
        hot.history_length += 1;
        let mut row = HistoryRow {
            instance: key,
            sequence: hot.history_length,
            at: self.work.now,
            actor: self.who.actor.clone(),
            on_behalf_of: self.who.on_behalf_of.clone(),
            reason: self.who.reason.clone(),
            command: command.to_owned(),
            records: text,
            hash: START,
        };
        row.hash = row.chained(&hot.history_hash);
        hot.history_hash = row.hash;
        self.draft.changes.history.push(row);
        projection::project(
            &mut self.draft.changes,
            &hot.instance,
            records,
            self.work.now,
        );
        decisions::project(
            &mut self.draft.changes,
            &self.draft.catalog,
            &hot.instance,
            records,
            &self.who.actor,
            self.work.now,
        );
        let webhooks = self.work.webhooks.clone();
        if !webhooks.is_empty() {
            let happened = Happened {
                sequence: hot.history_length,
                at: self.work.now,
                actor: &self.who.actor,
            };
            let changes = &mut self.draft.changes;
            webhooks::project(
                changes,
                &webhooks,
                before,
                &hot.instance,
                records,
                &happened,
            );
        }
        self.draft
            .news
            .of(&self.draft.catalog, &hot.instance, records);
        self.see_stores(records);
        Ok(())
    }
}

/// Runs code of the core so that a bug in it fails one request and not the writer.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let what = text
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "panic".to_owned());
        tracing::error!(what, "a bug stopped a command");
        Error::Bug { what }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_the_error_of_one_request() {
        let count = [1, 2, 3];
        let error = guarded(|| count[count.len()]).unwrap_err();
        assert!(
            matches!(&error, Error::Bug { what } if what.contains("out of bounds")),
            "{error}"
        );
        assert_eq!(guarded(|| 7).unwrap(), 7);
    }
}
