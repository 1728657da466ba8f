//! Telling a case that something has happened: an event of its pathway that waits for a message begins its own steps.
//!
//! `GET /cases/{reference}/events/{subscription}` asks, `POST` begins. What was awaited may be over meanwhile; then the
//! case says so.

use super::{case_of, href};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::records::Records;
use crate::pages::{Names, world};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::elements::Element;
use bpmn::{Awaited, Command, Deployed, Key, Rejection};
use feel::Context;
use processes::cases;
use runtime::{InstanceView, Request};
use serde::Serialize;

/// The longest account of what happened, in letters.
const ACCOUNT_LIMIT: usize = 2_000;

/// Something that may be told to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) guidance: String,
    #[serde(skip)]
    subscription: Key,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    event: Event,
    case_href: String,
    account: String,
    errors: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    field: &'static str,
    text: &'static str,
}

/// What can be told to the case now: events that begin an event subprocess by message, in the order of the model.
pub(super) fn events(instance: &InstanceView, deployed: &Deployed, case: &str) -> Vec<Event> {
    let open = instance.state.subscriptions();
    let event = |node: &bpmn::FlowNode| {
        let starts = matches!(node.element(), Element::StartEvent(_));
        let awaited = open.values().find(|subscription| {
            *subscription.element == *node.id()
                && matches!(subscription.awaits, Awaited::Message { .. })
        })?;
        starts.then(|| Event {
            name: node.label().to_string(),
            href: format!("{case}/events/{}", awaited.key),
            guidance: node.documentation().unwrap_or_default().to_owned(),
            subscription: awaited.key,
        })
    };
    deployed
        .definition
        .nodes()
        .iter()
        .filter_map(event)
        .collect()
}

/// `GET /cases/{reference}/events/{subscription}`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path((reference, subscription)): Path<(String, String)>,
) -> Result<Page, Error> {
    let (_, event) = find(&state, &user, &reference, &subscription).await?;
    page(&state, &reference, event, String::new(), Vec::new()).await
}

/// `POST /cases/{reference}/events/{subscription}`
pub(super) async fn happened(
    State(state): State<AppState>,
    user: SignedIn,
    Path((reference, subscription)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Error> {
    let (instance, event) = find(&state, &user, &reference, &subscription).await?;
    let account = posted.get("account").unwrap_or_default().trim().to_owned();
    let text = match account.chars().count() {
        0 => "Write in a few words what happened. It is kept in the history of the case",
        1..=ACCOUNT_LIMIT => "",
        _ => "Shorten it to 2,000 letters",
    };
    if !text.is_empty() {
        let errors = vec![Problem {
            field: "account",
            text,
        }];
        let page = page(&state, &reference, event, account, errors).await?;
        return Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let command = Command::Trigger {
        subscription: event.subscription,
        variables: Context::default(),
    };
    let request = Request::by(&user.name)
        .because(&account)
        .command(instance.key, command);
    let told = match state.runtime.submit(request).await {
        Ok(_) => "yes",
        Err(runtime::Error::Rejected(
            Rejection::NoSuchSubscription { .. } | Rejection::InstanceEnded { .. },
        )) => "late",
        Err(other) => return Err(other.into()),
    };
    Ok(Redirect::to(&format!("{}?begun={told}", href(Some(&reference)))).into_response())
}

async fn find(
    state: &AppState,
    user: &SignedIn,
    reference: &str,
    subscription: &str,
) -> Result<(InstanceView, Event), Error> {
    case_of(state, user, reference).await?;
    let instance = cases::instance(&state.runtime, reference).await?;
    let catalog = state.runtime.catalog();
    let offered = catalog
        .process(instance.definition)
        .map(|deployed| events(&instance, deployed, &href(Some(reference))))
        .unwrap_or_default();
    let event = offered
        .into_iter()
        .find(|event| event.subscription.to_string() == subscription);
    event
        .map(|event| (instance, event))
        .ok_or_else(|| Error::NotFound("this event; the case no longer waits for it".into()))
}

async fn page(
    state: &AppState,
    reference: &str,
    event: Event,
    account: String,
    errors: Vec<Problem>,
) -> Result<Page, Error> {
    let case = cases::by_reference(&state.runtime, reference).await?;
    let records = Records::of(state, vec![case]).await?;
    let (world, names) = (world(state), Names::load(state).await?);
    let banner = super::banner(state, Some(reference), &records, &names, &world, false)?;
    let title = if errors.is_empty() {
        event.name.clone()
    } else {
        format!("Error: {}", event.name)
    };
    let view = View {
        case_href: href(Some(reference)),
        event,
        account,
        errors,
    };
    Ok(Page::new("case_event", title)
        .section(Section::Cases)
        .banner(banner)
        .model(&view))
}
