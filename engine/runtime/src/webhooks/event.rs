//! What records say to webhooks: events as CloudEvents 1.0, with keys and ids of elements and nothing about people, unless the
//! webhook includes it.

use bpmn::{Key, ProcessInstance, Record};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{Batch, Delivery, Position};

use super::before::Before;
use super::what::what;
use super::{Webhook, event_id};

/// What events name as their source where the webhook says nothing.
const SOURCE: &str = "urn:caseway";

/// What happens that webhooks are told of.
macro_rules! event_types {
    ($($name:ident = $word:literal,)+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum EventType {
            $(#[doc = concat!("`", $word, "`")] #[serde(rename = $word)] $name,)+
        }

        impl EventType {
            /// All of them.
            pub const ALL: &[EventType] = &[$(EventType::$name,)+];

            /// The word in events.
            pub fn word(self) -> &'static str {
                match self { $(EventType::$name => $word,)+ }
            }
        }
    };
}

event_types! {
    InstanceStarted = "org.caseway.instance.started",
    InstanceCompleted = "org.caseway.instance.completed",
    InstanceTerminated = "org.caseway.instance.terminated",
    InstanceSuspended = "org.caseway.instance.suspended",
    InstanceResumed = "org.caseway.instance.resumed",
    InstanceMigrated = "org.caseway.instance.migrated",
    TaskCreated = "org.caseway.task.created",
    TaskAssigned = "org.caseway.task.assigned",
    TaskCompleted = "org.caseway.task.completed",
    TaskWithdrawn = "org.caseway.task.withdrawn",
    IncidentRaised = "org.caseway.incident.raised",
    IncidentResolved = "org.caseway.incident.resolved",
    DeadlineStarted = "org.caseway.deadline.started",
    DeadlineChanged = "org.caseway.deadline.changed",
    DeadlineMet = "org.caseway.deadline.met",
    DeadlineMissed = "org.caseway.deadline.missed",
    DeadlineReached = "org.caseway.deadline.reached",
    DeadlineWithdrawn = "org.caseway.deadline.withdrawn",
    MessageThrown = "org.caseway.message.thrown",
    MessageCorrelated = "org.caseway.message.correlated",
    SignalThrown = "org.caseway.signal.thrown",
    EscalationThrown = "org.caseway.escalation.thrown",
}

/// What events say beyond keys and ids of elements, where a webhook wants it: all of this may be about people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Include {
    /// What the business calls the instance.
    BusinessId,
    /// Who has a task.
    Assignee,
    /// Who did it.
    Actor,
    /// What an incident says.
    ErrorMessage,
    /// The correlation keys of messages.
    CorrelationKey,
}

impl Include {
    /// All of them.
    pub const ALL: &[Include] = &[
        Include::BusinessId,
        Include::Assignee,
        Include::Actor,
        Include::ErrorMessage,
        Include::CorrelationKey,
    ];

    /// The field of an event's data.
    fn field(self) -> &'static str {
        match self {
            Include::BusinessId => "businessId",
            Include::Assignee => "assignee",
            Include::Actor => "actor",
            Include::ErrorMessage => "errorMessage",
            Include::CorrelationKey => "correlationKey",
        }
    }
}

/// Under which circumstances a step was done.
pub(crate) struct Happened<'a> {
    pub(crate) sequence: i64,
    pub(crate) at: Timestamp,
    pub(crate) actor: &'a str,
}

/// What one record tells.
struct Told {
    kind: EventType,
    /// What it is about.
    subject: Key,
    data: Map<String, Value>,
}

/// Adds what webhooks are to be told of the records of one step. `instance` is the state after the step.
pub(crate) fn project(
    batch: &mut Batch,
    webhooks: &[Webhook],
    mut before: Before,
    instance: &ProcessInstance,
    records: &[Record],
    happened: &Happened<'_>,
) {
    let hearing = webhooks.iter();
    let hearing: Vec<&Webhook> = hearing
        .filter(|webhook| webhook.hears(instance.process_id()))
        .collect();
    if hearing.is_empty() {
        return;
    }
    for (place, record) in records.iter().enumerate() {
        before.see(record);
        let Some(told) = told(&before, instance, record) else {
            continue;
        };
        let position = Position {
            sequence: happened.sequence,
            place: u32::try_from(place).unwrap_or(u32::MAX),
        };
        for webhook in &hearing {
            if webhook.wants(told.kind) {
                batch.deliveries.push(Delivery {
                    webhook: webhook.id.clone(),
                    instance: instance.key(),
                    position,
                    kind: told.kind.word().to_owned(),
                    event: event(webhook, &told, instance, position, happened).to_string(),
                    created_at: happened.at,
                    died_at: None,
                    attempts: 0,
                    failure: None,
                });
            }
        }
    }
}

fn event(
    webhook: &Webhook,
    told: &Told,
    instance: &ProcessInstance,
    position: Position,
    happened: &Happened<'_>,
) -> Value {
    let mut data = told.data.clone();
    data.insert("actor".to_owned(), happened.actor.into());
    data.insert("businessId".to_owned(), instance.business_id().into());
    for include in Include::ALL {
        if !webhook.include.contains(include) {
            data.remove(include.field());
        }
    }
    json!({
        "specversion": "1.0",
        "id": event_id(instance.key(), position),
        "source": webhook.source.as_deref().unwrap_or(SOURCE),
        "type": told.kind.word(),
        "subject": told.subject.to_string(),
        "time": happened.at.to_string(),
        // Extensions of CloudEvents: what belongs together, and its order.
        "partitionkey": instance.key().to_string(),
        "sequence": format!("{:012}.{:07}", position.sequence, position.place),
        "datacontenttype": "application/json",
        "data": data,
    })
}

fn told(before: &Before, instance: &ProcessInstance, record: &Record) -> Option<Told> {
    let (kind, key, more) = what(before, instance, record)?;
    let Value::Object(more) = more else {
        return None;
    };
    let mut data = Map::new();
    data.insert(
        "processInstanceKey".to_owned(),
        instance.key().to_string().into(),
    );
    data.insert(
        "processDefinitionKey".to_owned(),
        instance.definition().to_string().into(),
    );
    data.insert(
        "processDefinitionId".to_owned(),
        instance.process_id().into(),
    );
    data.insert(
        "processDefinitionVersion".to_owned(),
        instance.version().into(),
    );
    let parent = instance.parent().map(|parent| parent.instance.to_string());
    data.insert("parentProcessInstanceKey".to_owned(), parent.into());
    if let Some(place) = before.get(key) {
        data.insert("elementId".to_owned(), (*place.element).into());
        data.insert(
            "elementInstanceKey".to_owned(),
            place.visit.to_string().into(),
        );
    }
    data.extend(more);
    Some(Told {
        kind,
        subject: key,
        data,
    })
}
