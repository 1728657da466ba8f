//! What an operator watches of the writer and the timers, for Prometheus. No names, keys or texts of people.

use std::sync::atomic::AtomicU64;

use jiff::SignedDuration;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::{Answer, Error, Result};

/// Messages of a batch.
const SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 256.0];

/// Seconds of work and of commits: from a fast disk to one that is in trouble.
const SECONDS: [f64; 10] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
];

/// Seconds by which timers are late: due within a second is what is promised.
const LATE_SECONDS: [f64; 8] = [0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 3_600.0, 86_400.0];

/// The measures, shared by who takes them and who asks.
#[derive(Debug, Clone)]
pub struct Measures {
    batch_size: Histogram,
    batch_time: Histogram,
    commit_time: Histogram,
    timers_late: Histogram,
    requests: Family<Answered, Counter<u64, AtomicU64>>,
    deleted: Counter<u64, AtomicU64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Outcome {
    Done,
    /// What was asked did not fit.
    Refused,
    /// There was no room in the queue.
    Busy,
    /// The database or the program failed.
    Failed,
}

impl Default for Measures {
    fn default() -> Measures {
        Measures {
            batch_size: Histogram::new(SIZES),
            batch_time: Histogram::new(SECONDS),
            commit_time: Histogram::new(SECONDS),
            timers_late: Histogram::new(LATE_SECONDS),
            requests: Family::default(),
            deleted: Counter::default(),
        }
    }
}

impl Measures {
    /// Names the measures in a registry.
    pub fn register(&self, registry: &mut Registry) {
        let size = self.batch_size.clone();
        registry.register(
            "batch_messages",
            "Messages that the writer took at once",
            size,
        );
        for (name, help, histogram) in [
            (
                "batch",
                "Time from taking a batch to its last answer",
                &self.batch_time,
            ),
            (
                "commit",
                "Time that the database took to commit a batch",
                &self.commit_time,
            ),
            (
                "timer_lateness",
                "Time from when a timer was due to when it fired",
                &self.timers_late,
            ),
        ] {
            registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        }
        let help = "Requests by what became of them";
        registry.register("requests", help, self.requests.clone());
        let help = "Instances whose history was deleted because its time was over";
        registry.register("deleted_instances", help, self.deleted.clone());
    }

    pub(crate) fn batch(&self, messages: usize, us: u64) {
        self.batch_size.observe(messages as f64);
        self.batch_time.observe(seconds(us));
    }

    pub(crate) fn commit(&self, us: u64) {
        self.commit_time.observe(seconds(us));
    }

    pub(crate) fn timer_late(&self, by: SignedDuration) {
        self.timers_late.observe(by.as_secs_f64().max(0.0));
    }

    pub(crate) fn answered(&self, result: &Result<Answer>) {
        self.count(match result {
            Ok(_) => Outcome::Done,
            Err(Error::Store(_) | Error::Bug { .. } | Error::Stopped | Error::Output(_)) => {
                Outcome::Failed
            }
            Err(Error::Busy) => Outcome::Busy,
            Err(
                Error::Rejected(_)
                | Error::Conflict { .. }
                | Error::NotDeployable(_)
                | Error::NoSuchProcess { .. }
                | Error::NoSuchDecision { .. }
                | Error::NoSuchDefinition(_)
                | Error::NoSuchInstance(_)
                | Error::LeaseLost { .. }
                | Error::DuplicateMessage { .. }
                | Error::NobodyWaits { .. }
                | Error::KeyReused { .. }
                | Error::Limit { .. },
            ) => Outcome::Refused,
        });
    }

    pub(crate) fn busy(&self) {
        self.count(Outcome::Busy);
    }

    pub(crate) fn deleted(&self, instances: u64) {
        self.deleted.inc_by(instances);
    }

    fn count(&self, outcome: Outcome) {
        self.requests.get_or_create(&Answered { outcome }).inc();
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
