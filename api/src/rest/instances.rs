//! Process instances: start, search, read, cancel.

use crate::access::words::{
    CANCEL_PROCESS_INSTANCE, CREATE_PROCESS_INSTANCE, PROCESS_DEFINITION, READ_PROCESS_INSTANCE,
};
use crate::error::Error;
use crate::rest::auth::{Caller, Identity, looked_at, rights};
use crate::rest::definitions::catalog_where;
use crate::rest::filters::{Filters, Kind, wanted_keys};
use crate::rest::modification::Instructions;
use crate::rest::search::{self, Search, Time};
use crate::rest::table::{DEFINITION_KEY, Held, PROCESS_ID, Page, TENANT_ID, Table, Words, field};
use crate::rest::variable_filters::Wanted;
use crate::rest::variables::{chosen, variables};
use crate::rest::{Body, TENANT};
use crate::server::REQUEST_LIMIT;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bpmn::{Command, Key, Status};
use runtime::{Act, InstanceView, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store::search::By;
use store::{InstanceQuery, Sight};
use tokio::time::{Instant, sleep};

/// How long completion is awaited where the caller names no time.
const AWAITED: Duration = Duration::from_secs(10);
/// How long it is awaited at most: who waits is answered before the request is given up.
const AWAITED_MAX: Duration = Duration::from_secs(25);
const _: () = assert!(AWAITED_MAX.as_secs() < REQUEST_LIMIT.as_secs());
// Between two looks at an instance that is awaited; the pauses grow from one to the other.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LAST_LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Creation {
    process_definition_id: Option<String>,
    process_definition_key: Option<String>,
    process_definition_version: Option<i32>,
    variables: Option<Value>,
    business_id: Option<String>,
    await_completion: bool,
    /// Milliseconds; where it is 0, [`AWAITED`].
    request_timeout: i64,
    fetch_variables: Option<Vec<String>>,
    #[serde(flatten)]
    instructions: Instructions,
}

impl Creation {
    /// The process that is meant, if it is there.
    fn chosen<'c>(&self, catalog: &'c bpmn::Catalog) -> Result<Option<&'c bpmn::Deployed>, Error> {
        let version = self.process_definition_version;
        match (&self.process_definition_id, &self.process_definition_key) {
            (Some(id), None) => Ok(match version.filter(|version| *version > 0) {
                None => catalog.latest(id),
                Some(version) => catalog.version(id, version.unsigned_abs()),
            }),
            (None, Some(key)) => {
                let key = search::key(key)?;
                Ok(catalog.process(key).filter(|_| !catalog.is_withdrawn(key)))
            }
            (Some(_), Some(_)) | (None, None) => Err(Error::Invalid(
                "Give either processDefinitionId or processDefinitionKey.".into(),
            )),
        }
    }
}

/// `POST /v2/process-instances`. The answer comes when the instance waits for something, or has ended; where completion is
/// awaited, when it has ended, with its variables, or 504 when that takes too long. The instance goes on all the same.
pub(super) async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Creation>,
) -> Result<Json<Value>, Error> {
    let has_it = |catalog: &bpmn::Catalog| !matches!(asked.chosen(catalog), Ok(None));
    let catalog = catalog_where(&state, has_it).await?;
    let deployed = asked.chosen(&catalog)?.ok_or_else(|| {
        let named = asked.process_definition_id.as_deref();
        let named = named.or(asked.process_definition_key.as_deref());
        Error::NotFound(format!("the process {}", named.unwrap_or_default()))
    })?;
    let process_id = deployed.definition.id().to_owned();
    let rights = caller.rights();
    rights.need(PROCESS_DEFINITION, CREATE_PROCESS_INSTANCE, &process_id)?;
    let act = match asked.instructions.read()? {
        None => Act::Start {
            process_id: process_id.clone(),
            version: Some(deployed.version),
            at: None,
            business_id: asked.business_id.clone(),
            variables: variables(asked.variables)?,
            calendar: None,
        },
        Some(instructions) => Act::StartWith {
            definition: deployed.key,
            business_id: asked.business_id.clone(),
            variables: variables(asked.variables)?,
            instructions,
        },
    };
    let answer = state.runtime.submit(Request::by(&caller).act(act)).await?;
    let instance = answer
        .started()
        .ok_or_else(|| Error::Bug("a start answered without an instance".into()))?;
    let ended = if asked.await_completion {
        Some(awaited(&state, instance, asked.request_timeout).await?)
    } else {
        None
    };
    let variables = ended.map_or_else(
        || json!({}),
        |ended| chosen(&ended.state.variables(), asked.fetch_variables.as_deref()),
    );
    Ok(Json(json!({
        "processDefinitionId": process_id, "processDefinitionVersion": deployed.version, "tenantId": TENANT,
        "variables": variables, "processDefinitionKey": deployed.key.to_string(),
        "processInstanceKey": instance.to_string(), "tags": [], "businessId": asked.business_id,
    })))
}

/// The instance when it has ended. Looked at again and again: another server may be the one that ends it.
async fn awaited(state: &AppState, instance: Key, timeout_ms: i64) -> Result<InstanceView, Error> {
    let limit = match u64::try_from(timeout_ms) {
        Ok(0) => AWAITED,
        Ok(asked) => Duration::from_millis(asked).min(AWAITED_MAX),
        Err(_) => Duration::ZERO,
    };
    let until = Instant::now() + limit;
    let mut pause = FIRST_LOOK;
    loop {
        let seen = state.runtime.instance(instance).await?;
        match seen {
            Some(seen) if seen.status == Status::Completed => return Ok(seen),
            Some(seen) if seen.status == Status::Terminated => {
                return Err(Error::Conflict {
                    message: format!("The process instance {instance} was cancelled."),
                    way_out: "Its history says why.".into(),
                });
            }
            Some(_) | None if Instant::now() >= until => {
                return Err(Error::NotYet(format!(
                    "the process instance {instance} has ended"
                )));
            }
            Some(_) | None => {}
        }
        sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
        pause = (pause * 2).min(LAST_LOOK);
    }
}

pub(super) const INSTANCES: Table = Table {
    things: "Process instances",
    fields: &[
        field("processInstanceKey", Kind::Key, Held::Column("key")),
        DEFINITION_KEY,
        PROCESS_ID,
        field(
            "processDefinitionVersion",
            Kind::Number,
            Held::Column("version"),
        ),
        field("businessId", Kind::Text, Held::Column("business_id")),
        field(
            "parentProcessInstanceKey",
            Kind::Key,
            Held::Column("parent_instance"),
        ),
        field(
            "parentElementInstanceKey",
            Kind::Key,
            Held::Column("parent_element"),
        ),
        field("state", Kind::Words(STATES), Held::Nested("status", STATES)),
        field("startDate", Kind::Time, Held::Column("started_at")),
        field("endDate", Kind::Time, Held::Column("ended_at")),
        field(
            "hasIncident",
            Kind::Flag,
            Held::Flag("trouble", "some", "none"),
        ),
        field("suspendedDate", Kind::Time, Held::Column("suspended_at")),
        field("tags", Kind::Texts, Held::Nothing),
        TENANT_ID,
    ],
    order: &[By {
        column: "key",
        descending: true,
    }],
    ties: &[],
};

const STATES: Words = &[
    ("ACTIVE", &["active"]),
    ("COMPLETED", &["completed"]),
    // Active as well, and the answer says so: not all clients know the other word.
    ("SUSPENDED", &["suspended"]),
    ("TERMINATED", &["terminated"]),
];

/// `POST /v2/process-instances/search`
pub(super) async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Body(asked): Body<Search<Filters>>,
) -> Result<Response, Error> {
    let sight = rights::sight_of_instances(&state, &caller).await?;
    let page = page(&state, sight, asked).await?;
    let catalog = state.runtime.catalog();
    let views = page.rows.iter().cloned().map(InstanceView::try_from);
    let views: Vec<InstanceView> = views.collect::<Result<_, _>>()?;
    Ok(page.answer(views.iter().map(|instance| item(instance, &catalog))))
}

/// The page of instances that was asked for, of those in sight.
pub(super) async fn page(
    state: &AppState,
    sight: Option<Sight>,
    mut asked: Search<Filters>,
) -> Result<Page<store::Instance>, Error> {
    of_definitions(state, asked.filter.as_mut())?;
    let wanted = Wanted::taken(asked.filter.as_mut(), "variables", None)?;
    if wanted.is_empty() {
        INSTANCES
            .page::<store::Instance>(state, sight, &asked)
            .await
    } else {
        INSTANCES
            .page_of_wanted(state, sight, &asked, &wanted)
            .await
    }
}

/// Who names a definition names its process: that has the index.
fn of_definitions(state: &AppState, filter: Option<&mut Filters>) -> Result<(), Error> {
    let Some(filter) = filter.filter(|filter| !filter.contains_key("processDefinitionId")) else {
        return Ok(());
    };
    let Some(keys) = wanted_keys(Some(filter), "processDefinitionKey")? else {
        return Ok(());
    };
    let catalog = state.runtime.catalog();
    let ids: Vec<&str> = keys
        .iter()
        .filter_map(|key| catalog.process(*key))
        .map(|process| process.definition.id())
        .collect();
    filter.insert("processDefinitionId".into(), json!({ "$in": ids }));
    Ok(())
}

/// The instances with these keys.
pub(super) async fn by_key(
    state: &AppState,
    keys: impl Iterator<Item = Key>,
) -> Result<BTreeMap<Key, InstanceView>, Error> {
    let keys: BTreeSet<Key> = keys.collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = InstanceQuery {
        keys: keys.into_iter().collect(),
        limit: runtime::MAX_LIMIT,
        ..InstanceQuery::default()
    };
    let found = state.runtime.instances(&query).await?;
    Ok(found.into_iter().map(|one| (one.key, one)).collect())
}

/// `GET /v2/process-instances/{processInstanceKey}`: noted in the audit trail.
pub(super) async fn one(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
) -> Result<Json<Value>, Error> {
    let instance = read(&state, &caller, &key).await?;
    looked_at(&state, &caller, [subject(&instance)]).await?;
    Ok(Json(item(&instance, &state.runtime.catalog())))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Cancellation {
    /// A number by which callers know their own requests.
    #[serde(rename = "operationReference")]
    _operation_reference: Option<i64>,
}

/// `POST /v2/process-instances/{processInstanceKey}/cancellation`: what it has called is cancelled with it.
pub(super) async fn cancel(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(key): Path<String>,
    Body(_): Body<Cancellation>,
) -> Result<StatusCode, Error> {
    let instance = search::key(&key)?;
    let what = named(&key);
    rights::check(&state, &caller, &[CANCEL_PROCESS_INSTANCE], instance, &what).await?;
    if instance != instance.instance() {
        return Err(missing(&key));
    }
    let request = Request::by(&caller).command(instance, Command::CancelInstance);
    match state.runtime.submit(request).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(runtime::Error::NoSuchInstance(_)) => Err(missing(&key)),
        Err(other) => Err(other.into()),
    }
}

/// What the audit trail calls an instance: the case, where it has a business id.
pub(super) fn subject(instance: &InstanceView) -> String {
    subject_of(instance.key, instance.business_id.as_deref())
}

/// The same of what is known of it.
pub(super) fn subject_of(key: Key, business_id: Option<&str>) -> String {
    match business_id {
        Some(reference) => format!("cases/{reference}"),
        None => format!("process-instances/{key}"),
    }
}

/// The instance with this key, if the caller may read it.
pub(super) async fn read(
    state: &AppState,
    caller: &Identity,
    key: &str,
) -> Result<InstanceView, Error> {
    // Who may read none of them is not told which there are.
    readable(state, caller, key).await?;
    let found = state.runtime.instance(search::key(key)?).await?;
    found.ok_or_else(|| missing(key))
}

/// Refuses what the caller may not read of an instance, by its key.
pub(super) async fn readable(state: &AppState, caller: &Identity, key: &str) -> Result<(), Error> {
    let (instance, what) = (search::key(key)?, named(key));
    rights::check(state, caller, &[READ_PROCESS_INSTANCE], instance, &what).await
}

fn named(key: &str) -> String {
    format!("the process instance {key}")
}

fn missing(key: &str) -> Error {
    Error::NotFound(named(key))
}

fn item(instance: &InstanceView, catalog: &bpmn::Catalog) -> Value {
    let process = catalog.process(instance.definition);
    let state = match instance.status {
        Status::Active => "ACTIVE",
        Status::Completed => "COMPLETED",
        Status::Terminated => "TERMINATED",
    };
    json!({
        "processDefinitionId": instance.process_id,
        "processDefinitionName": process.map(|process| process.definition.name()),
        "processDefinitionVersion": instance.version,
        "processDefinitionVersionTag": process.and_then(|process| process.definition.version_tag()),
        "startDate": Time(instance.started_at), "endDate": instance.ended_at.map(Time),
        "state": state, "suspendedDate": instance.state.suspended_at().map(Time),
        "hasIncident": !instance.state.incidents().is_empty(),
        "tenantId": TENANT, "processInstanceKey": instance.key.to_string(),
        "processDefinitionKey": instance.definition.to_string(),
        "parentProcessInstanceKey": instance.parent.as_ref().map(|parent| parent.instance.to_string()),
        "parentElementInstanceKey": instance.parent.as_ref().map(|parent| parent.element.to_string()),
        "rootProcessInstanceKey": instance.root.to_string(), "tags": [],
        "businessId": instance.business_id,
    })
}
