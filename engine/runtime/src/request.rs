//! What can be asked of the runtime, and what it answers.

use bpmn::{Command, Key, Record, StartInstructions};
use feel::Context;
use serde::{Deserialize, Serialize};
use store::DefinitionKind;

use crate::ResourceReport;

/// A unit of work: all of its acts are done, or none.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Request {
    /// Who asks: a user's name, or the name of a part of the system.
    pub actor: String,
    /// For whom, when the actor stands in for somebody.
    pub on_behalf_of: Option<String>,
    /// Why, where a reason is asked for; kept in history and audit trail.
    pub reason: Option<String>,
    /// The same actor's request with the same key is answered again and not done again.
    pub idempotency_key: Option<String>,
    /// What to do, in this order.
    pub acts: Vec<Act>,
}

impl Request {
    /// A request by `actor` without any acts yet.
    pub fn by(actor: impl Into<String>) -> Request {
        Request {
            actor: actor.into(),
            ..Request::default()
        }
    }

    /// The request with one more act.
    #[must_use]
    pub fn act(mut self, act: Act) -> Request {
        self.acts.push(act);
        self
    }

    /// The request with a reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Request {
        self.reason = Some(reason.into());
        self
    }

    /// The request with a command for an instance.
    #[must_use]
    pub fn command(self, instance: Key, command: Command) -> Request {
        self.act(Act::Command { instance, command })
    }
}

/// One thing to do.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Act {
    /// Deploy files: `.bpmn`, `.dmn` and `.form`. All of them are checked first.
    Deploy {
        /// The files.
        resources: Vec<Resource>,
    },
    /// Withdraw versions of processes, decisions and forms: nothing begins by them any more, the version before is the
    /// latest again, and what runs by them goes on.
    Withdraw {
        /// Their keys.
        definitions: Vec<Key>,
    },
    /// Start a process.
    Start {
        /// The id of the process.
        process_id: String,
        /// Its version; the latest where absent.
        version: Option<u32>,
        /// Id of the start event at which it begins; its none start event where absent.
        at: Option<String>,
        /// What the business calls the instance, such as a case reference.
        business_id: Option<String>,
        /// The first variables.
        variables: Context,
        /// Id of the calendar that the case has for itself; that of the process, team or organisation where absent.
        calendar: Option<String>,
    },
    /// Start a process with certain elements, or until certain elements have ended.
    StartWith {
        /// The key of its definition.
        definition: Key,
        /// What the business calls the instance.
        business_id: Option<String>,
        /// The first variables.
        variables: Context,
        /// With which elements, and until when.
        instructions: StartInstructions,
    },
    /// Give a command to an instance.
    Command {
        /// The instance.
        instance: Key,
        /// The command.
        command: Command,
    },
    /// Give a command about a job, as long as the lease with this token holds.
    WorkerCommand {
        /// The instance.
        instance: Key,
        /// The job.
        job: Key,
        /// The token of the lease.
        token: i64,
        /// The command.
        command: Command,
    },
    /// Publish a message: to who waits for it, to the processes that it starts, and for its time to live to who
    /// begins to wait later.
    PublishMessage(Publication),
    /// Give a message to who waits for it now; refused where nobody does.
    CorrelateMessage {
        /// Its name.
        name: String,
        /// The correlation key, as text.
        correlation: String,
        /// What it carries.
        variables: Context,
    },
    /// Broadcast a signal to all who wait for it, and to the processes that it starts.
    BroadcastSignal {
        /// Its name.
        name: String,
        /// What it carries.
        variables: Context,
    },
    /// Start the processes whose start conditions are true for these variables.
    EvaluateConditions {
        /// What the conditions see, and the instances begin with.
        variables: Context,
    },
    /// Count the open deadlines of a calendar anew, or all; a deployment of a calendar does it by itself.
    RecomputeDeadlines {
        /// Id of the calendar; all calendars where absent.
        calendar: Option<String>,
    },
    /// Work off a batch operation, whose documents are written before.
    WorkOffBatch {
        /// Its key.
        batch: String,
        /// Which of its runs: it is worked off only as long as this is the last one.
        run: u32,
    },
    /// Evaluate a decision that no process asks, and keep the account of it.
    EvaluateDecision {
        /// Its id: the latest version is meant.
        decision: String,
        /// The key of a version of it, instead of the id.
        definition: Option<Key>,
        /// What it sees.
        variables: Context,
    },
    /// Write a document.
    Put(Put),
    /// Delete a document.
    Delete {
        /// The collection.
        collection: &'static str,
        /// The id.
        id: String,
        /// What must be there. Deleting what is absent is no error with [`Expect::Any`].
        expect: Expect,
    },
    /// Add a line to the audit trail, with the actor and reason of the request.
    AppendAudit {
        /// What was done, such as `read`.
        action: String,
        /// To what, such as `people/p-17`.
        subject: String,
        /// Which part of it.
        detail: Option<String>,
    },
}

impl Act {
    /// A line of the audit trail: what was done, such as `read`, to what, such as `people/p-17`, and which part of it.
    pub fn audit(
        action: impl Into<String>,
        subject: impl Into<String>,
        detail: Option<String>,
    ) -> Act {
        Act::AppendAudit {
            action: action.into(),
            subject: subject.into(),
            detail,
        }
    }
}

/// A file to deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its name; the ending says what it is.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Resource {
    /// A file of that name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Resource {
        Resource {
            name: name.into(),
            text: text.into(),
        }
    }
}

/// A message to publish.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// The correlation key, as text; empty where its name alone says for whom it is.
    pub correlation: String,
    /// A second message with the same name, correlation key and id is refused as long as the first is kept.
    pub message_id: Option<String>,
    /// How long it is kept for who does not wait for it yet, and its id with it.
    pub time_to_live_ms: u64,
    /// What it carries.
    pub variables: Context,
}

/// A document to write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Put {
    /// The collection, such as `people`.
    pub collection: &'static str,
    /// The id.
    pub id: String,
    /// What must be there.
    pub expect: Expect,
    /// The content.
    pub body: serde_json::Value,
    /// By what it is found: names and values. A name may come several times.
    pub fields: Vec<(&'static str, String)>,
}

/// What must be there before a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Expect {
    /// Nothing.
    Absent,
    /// This revision.
    Revision(i64),
    /// Whatever.
    Any,
}

impl Expect {
    /// What was there when it was read: 0 stands for nothing.
    pub fn of(revision: i64) -> Expect {
        match revision {
            0 => Expect::Absent,
            revision => Expect::Revision(revision),
        }
    }
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// One outcome an act, in the order of the acts.
    pub outcomes: Vec<Outcome>,
    /// Whether this is the saved answer to an earlier request with the same idempotency key.
    #[serde(skip)]
    pub repeated: bool,
}

impl Answer {
    /// The instance that the first `Start` of the request started.
    pub fn started(&self) -> Option<Key> {
        self.outcomes.iter().find_map(|outcome| {
            if let Outcome::Started { instance } = outcome {
                Some(*instance)
            } else {
                None
            }
        })
    }
}

/// What came of an act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Outcome {
    /// The files are deployed.
    Deployed(Deployed),
    /// The versions are withdrawn.
    Withdrawn,
    /// The process runs.
    Started {
        /// The new instance.
        instance: Key,
    },
    /// The command was carried out.
    Stepped {
        /// What happened in the instance.
        records: Vec<Record>,
    },
    /// The message is published.
    Published {
        /// Its key.
        message: Key,
        /// Who got it at once.
        receivers: Vec<Receiver>,
    },
    /// The signal is broadcast.
    Broadcast {
        /// Its key.
        signal: Key,
        /// Who got it at once.
        receivers: Vec<Receiver>,
        /// How many get it a moment later, because they are many.
        later: u64,
    },
    /// The conditions were looked at.
    ConditionsEvaluated {
        /// The instances that were started.
        started: Vec<Receiver>,
    },
    /// The deadlines are counted anew, from now on in the background.
    Recomputing,
    /// The batch operation is worked off, from now on in the background.
    WorkingOff,
    /// The decision is evaluated.
    Decided(DecidedFor),
    /// The document is written.
    Put {
        /// Its new revision.
        revision: i64,
    },
    /// The document is gone.
    Deleted,
    /// The line is written.
    Audited,
}

/// An instance that got a message or a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receiver {
    /// The id of its process.
    pub process_id: String,
    /// The instance.
    pub instance: Key,
    /// Whether it was started by it.
    pub started: bool,
}

/// What a decision answered to who asked by himself. The account of it is kept under the key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecidedFor {
    /// The evaluation.
    pub key: Key,
    /// The version of the decision.
    pub definition: Key,
    /// The answer.
    pub value: feel::Value,
    /// Why there is none.
    pub failure: Option<String>,
}

/// What a deployment did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deployed {
    /// The key of the upload; absent where every file was deployed before.
    pub deployment: Option<Key>,
    /// What the files define, with the versions that are now the latest.
    pub definitions: Vec<DeployedDefinition>,
    /// What was found while the files were checked: warnings and hints, file by file.
    #[serde(skip)]
    pub reports: Vec<ResourceReport>,
}

/// One process, decision or form of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedDefinition {
    /// Its key.
    pub key: Key,
    /// What it is.
    pub kind: DefinitionKind,
    /// Its id in the model.
    pub id: String,
    /// Its name in the model.
    pub name: Option<String>,
    /// Its version.
    pub version: u32,
    /// The name of its file.
    pub resource: String,
    /// Whether the version is new; else the file is the same as before.
    pub is_new: bool,
}
