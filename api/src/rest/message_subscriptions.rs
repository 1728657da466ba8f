//! Who waits for messages: instances, and processes that a message starts.

use crate::error::Error;
use crate::rest::auth::rights::{among, may_read_definition, sight_of_instances};
use crate::rest::auth::{Caller, Identity};
use crate::rest::definitions::catalog_with;
use crate::rest::elements::{Whose, records};
use crate::rest::filters::{Filters, Kind, at_most, named_instances, tests};
use crate::rest::instances::by_key;
use crate::rest::listing::Listing;
use crate::rest::roots;
use crate::rest::search::{Search, Time};
use crate::rest::table::{
    DEFINITION_KEY, ELEMENT_ID, Held, INSTANCE_KEY, PROCESS_ID, TENANT_ID, Table, Words, field,
    worded,
};
use crate::rest::{Body, TENANT};
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use bpmn::{Awaited, Catalog, EntryAwaits, Key, Record};
use jiff::Timestamp;
use runtime::HistoryRow;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::search::{Condition, Operand, Test};
use store::{DefinitionKind, DefinitionQuery, Subscription};

/// Of how many instances subscriptions are listed at once.
const INSTANCES_MAX: usize = 100;

/// The open ones of all instances.
const OPEN: Table = Table {
    things: "Message subscriptions",
    fields: &[
        field("messageSubscriptionKey", Kind::Key, Held::Born("key")),
        INSTANCE_KEY,
        field("messageName", Kind::Text, Held::Column("name")),
        field("correlationKey", Kind::Text, Held::Column("correlation")),
        PROCESS_ID,
        DEFINITION_KEY,
        ELEMENT_ID,
        field("lastUpdatedDate", Kind::Time, Held::Column("created_at")),
        worded("messageSubscriptionState", "kind", OPEN_ONLY),
        field(
            "messageSubscriptionType",
            Kind::Word(TYPES),
            Held::Always("PROCESS_EVENT"),
        ),
        TENANT_ID,
    ],
    order: &[],
    ties: &[],
};

const OPEN_ONLY: Words = &[
    ("CORRELATED", &[]),
    ("CREATED", &["message"]),
    ("DELETED", &[]),
    ("MIGRATED", &[]),
];

/// Those that start processes, or all of some instances.
pub(super) const SUBSCRIPTIONS: Listing = Listing {
    things: "Message subscriptions",
    fields: &[
        ("messageSubscriptionKey", Kind::Key),
        ("processInstanceKey", Kind::Key),
        ("elementInstanceKey", Kind::Key),
        ("processDefinitionKey", Kind::Key),
        ("processDefinitionId", Kind::Text),
        ("processDefinitionName", Kind::Text),
        ("processDefinitionVersion", Kind::Number),
        ("elementId", Kind::Text),
        ("messageName", Kind::Text),
        ("correlationKey", Kind::Text),
        ("messageSubscriptionState", Kind::Word(STATES)),
        ("messageSubscriptionType", Kind::Word(TYPES)),
        ("lastUpdatedDate", Kind::Time),
        ("toolName", Kind::Text),
        ("inboundConnectorType", Kind::Text),
        ("tenantId", Kind::Text),
    ],
    key: "messageSubscriptionKey",
};

const STATES: &[&str] = &["CORRELATED", "CREATED", "DELETED", "MIGRATED"];
const TYPES: &[&str] = &["START_EVENT", "PROCESS_EVENT"];

/// `POST /v2/message-subscriptions/search`. Those of one instance are found whatever became of them; of all instances, those that are open.
/// Those that start a process are found where the filter says `START_EVENT`.
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let filter = asked.filter.as_ref();
    if wants_starts(filter)? {
        let mut items = of_starts(&state).await?;
        let rights = caller.rights();
        items.retain(|item| may_read_definition(rights, &item["processDefinitionId"]));
        return Ok(SUBSCRIPTIONS.select(items, &asked)?.answer(|item| item));
    }
    let fields = [
        "processInstanceKey",
        "elementInstanceKey",
        "messageSubscriptionKey",
    ];
    let Some(instances) = named_instances(filter, &fields)? else {
        return open(&state, &caller, &asked).await;
    };
    at_most(&instances, INSTANCES_MAX, "Message subscriptions")?;
    let instances = among(&state, &caller, instances).await?;
    let mut items = Vec::new();
    for instance in instances {
        let history = state.runtime.history(instance).await?;
        if let Some(whose) = Whose::of(&history) {
            let catalog = catalog_with(&state, &[whose.definition]).await?;
            let told = told(&history).into_values();
            items.extend(told.map(|one| one.item(&whose, &catalog)));
        }
    }
    roots::tell(&state, &mut items).await?;
    Ok(SUBSCRIPTIONS.select(items, &asked)?.answer(|item| item))
}

/// Whether only those that start a process are wanted.
fn wants_starts(filter: Option<&Filters>) -> Result<bool, Error> {
    let name = "messageSubscriptionType";
    let Some(filter) = filter.and_then(|filter| filter.get(name)) else {
        return Ok(false);
    };
    let tests = tests(Kind::Word(TYPES), name, filter)?;
    let fits = |word: &str| {
        let word = Operand::Text(word.into());
        tests.iter().all(|test| test.fits(Some(&word)))
    };
    Ok(fits("START_EVENT") && !fits("PROCESS_EVENT"))
}

async fn open(
    state: &AppState,
    caller: &Identity,
    asked: &Search<Filters>,
) -> Result<Response, Error> {
    let sight = sight_of_instances(state, caller).await?;
    let is_message = Condition {
        column: "kind",
        test: Test::In(vec![Operand::Text("message".into())]),
    };
    let page = OPEN
        .page_where::<Subscription>(state, sight, asked, Some(is_message))
        .await?;
    let instances = by_key(state, page.rows.iter().map(|row| row.instance)).await?;
    let keys: Vec<Key> = instances.values().map(|one| one.definition).collect();
    let catalog = catalog_with(state, &keys).await?;
    let item = |row: &Subscription| {
        let instance = instances.get(&row.instance)?;
        let whose = Whose {
            instance: row.instance,
            definition: instance.definition,
            process_id: &row.process_id,
            business_id: instance.business_id.as_deref(),
        };
        let told = Told {
            key: row.key,
            element: &row.element,
            element_instance: row.element_instance,
            name: &row.name,
            correlation: row.correlation.as_deref().unwrap_or_default(),
            updated_at: row.created_at,
            state: "CREATED",
        };
        Some(told.item(&whose, &catalog))
    };
    let mut items: Vec<Value> = page.rows.iter().filter_map(item).collect();
    roots::tell(state, &mut items).await?;
    Ok(page.answer(items))
}

/// What the history tells of a subscription.
struct Told<'h> {
    key: Key,
    element: &'h str,
    element_instance: Key,
    name: &'h str,
    correlation: &'h str,
    updated_at: Timestamp,
    state: &'static str,
}

fn told(history: &[HistoryRow]) -> BTreeMap<Key, Told<'_>> {
    let mut all = BTreeMap::new();
    for (row, record) in records(history) {
        if let Record::SubscriptionOpened { subscription } = record
            && let Awaited::Message { name, correlation } = &subscription.awaits
        {
            let told = Told {
                key: subscription.key,
                element: &subscription.element,
                element_instance: subscription.element_instance,
                name,
                correlation,
                updated_at: row.at,
                state: "CREATED",
            };
            all.insert(subscription.key, told);
        } else if let Record::SubscriptionTriggered { subscription } = record
            && let Some(told) = all.get_mut(subscription)
        {
            (told.state, told.updated_at) = ("CORRELATED", row.at);
        } else if let Record::SubscriptionClosed { subscription } = record
            && let Some(told) = all.get_mut(subscription)
            && told.state == "CREATED"
        {
            (told.state, told.updated_at) = ("DELETED", row.at);
        }
    }
    all
}

impl Told<'_> {
    fn item(&self, whose: &Whose<'_>, catalog: &Catalog) -> Value {
        let process = catalog.process(whose.definition);
        json!({
            "messageSubscriptionKey": self.key.to_string(), "processDefinitionId": whose.process_id,
            "processDefinitionKey": whose.definition.to_string(), "processInstanceKey": whose.instance.to_string(),
            "rootProcessInstanceKey": null, "elementId": self.element,
            "elementInstanceKey": self.element_instance.to_string(), "messageSubscriptionState": self.state,
            "lastUpdatedDate": Time(self.updated_at), "messageName": self.name, "correlationKey": self.correlation,
            "messageSubscriptionType": "PROCESS_EVENT", "toolProperties": {},
            "processDefinitionName": process.map(|process| process.definition.name()),
            "processDefinitionVersion": process.map(|process| process.version),
            "toolName": null, "inboundConnectorType": null, "businessId": whose.business_id, "tenantId": TENANT,
        })
    }
}

/// The message starts of the newest version of each process.
async fn of_starts(state: &AppState) -> Result<Vec<Value>, Error> {
    let query = DefinitionQuery {
        kind: Some(DefinitionKind::Process),
        ..DefinitionQuery::default()
    };
    let definitions = state.runtime.definitions(&query).await?;
    let keys: Vec<Key> = definitions.iter().map(|one| one.key).collect();
    let catalog = catalog_with(state, &keys).await?;
    let mut items = Vec::new();
    for deployed in definitions {
        let latest = catalog.latest(&deployed.id);
        if latest.is_none_or(|latest| latest.key != deployed.key) {
            continue;
        }
        let (entries, _) = bpmn::entries(&catalog, deployed.key, state.runtime.now());
        for (number, entry) in (1..).zip(&entries) {
            let EntryAwaits::Message { name } = &entry.awaits else {
                continue;
            };
            items.push(json!({
                "messageSubscriptionKey": Key(deployed.key.0 + number).to_string(),
                "processDefinitionId": deployed.id, "processDefinitionKey": deployed.key.to_string(),
                "processInstanceKey": null, "rootProcessInstanceKey": null, "elementId": entry.element,
                "elementInstanceKey": null, "messageSubscriptionState": "CREATED",
                "lastUpdatedDate": Time(deployed.deployed_at), "messageName": name, "correlationKey": null,
                "messageSubscriptionType": "START_EVENT", "toolProperties": {},
                "processDefinitionName": deployed.name, "processDefinitionVersion": deployed.version,
                "toolName": null, "inboundConnectorType": null, "businessId": null, "tenantId": TENANT,
            }));
        }
    }
    Ok(items)
}
