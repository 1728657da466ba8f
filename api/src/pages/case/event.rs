//! Telling a case that something has happened: an event of its pathway that waits for a message begins its own steps.
//!
//! `GET /cases/{reference}/events/{subscription}` asks, `POST` begins. What was awaited may be over meanwhile; then the
//! case says so, and what was typed can be kept as a note.

use super::{case_of, href};
use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::records::Records;
use crate::pages::view::Problem;
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
    /// Who waits: the instance of the pathway, or one that it has called.
    #[serde(skip)]
    instance: Key,
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
#[serde(rename_all = "camelCase")]
struct Late {
    case_href: String,
    note_text: String,
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
            instance: instance.key,
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
) -> Result<Response, Error> {
    case_of(&state, &user, &reference).await?;
    let Some(event) = find(&state, &reference, &subscription).await? else {
        let case = format!("{}?begun=late", href(Some(&reference)));
        return Ok(Redirect::to(&case).into_response());
    };
    let page = page(&state, &reference, event, String::new(), Vec::new()).await?;
    Ok(page.into_response())
}

/// `POST /cases/{reference}/events/{subscription}`
pub(super) async fn happened(
    State(state): State<AppState>,
    user: SignedIn,
    Path((reference, subscription)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Error> {
    case_of(&state, &user, &reference).await?;
    let account = posted.get("account").unwrap_or_default().trim().to_owned();
    let Some(event) = find(&state, &reference, &subscription).await? else {
        return late(&state, &reference, account).await;
    };
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
        .command(event.instance, command);
    match state.runtime.submit(request).await {
        Ok(_) => {
            let case = format!("{}?begun=yes", href(Some(&reference)));
            Ok(Redirect::to(&case).into_response())
        }
        Err(runtime::Error::Rejected(
            Rejection::NoSuchSubscription { .. } | Rejection::InstanceEnded { .. },
        )) => late(&state, &reference, account).await,
        Err(other) => Err(other.into()),
    }
}

/// The event, if the case waits for it now.
async fn find(
    state: &AppState,
    reference: &str,
    subscription: &str,
) -> Result<Option<Event>, Error> {
    let running = cases::running(&state.runtime, reference).await?;
    let catalog = state.runtime.catalog();
    let mut offered = running.iter().flat_map(|instance| {
        let deployed = catalog.process(instance.definition);
        let events = deployed.map(|deployed| events(instance, deployed, &href(Some(reference))));
        events.unwrap_or_default()
    });
    Ok(offered.find(|event| event.subscription.to_string() == subscription))
}

/// The case no longer waits for it: nothing has begun, and what was typed can be kept as a note.
pub(crate) async fn late(
    state: &AppState,
    reference: &str,
    note_text: String,
) -> Result<Response, Error> {
    let view = Late {
        case_href: href(Some(reference)),
        note_text,
    };
    let page = Page::new("case_event_late", "The case no longer waits for this")
        .section(Section::Cases)
        .banner(banner_of(state, reference).await?)
        .model(&view);
    Ok(page.status(StatusCode::CONFLICT).into_response())
}

async fn banner_of(state: &AppState, reference: &str) -> Result<String, Error> {
    let case = cases::by_reference(&state.runtime, reference).await?;
    let records = Records::of(state, vec![case]).await?;
    let (world, names) = (world(state), Names::load(state).await?);
    super::banner(state, Some(reference), &records, &names, &world, false)
}

async fn page(
    state: &AppState,
    reference: &str,
    event: Event,
    account: String,
    errors: Vec<Problem>,
) -> Result<Page, Error> {
    let banner = banner_of(state, reference).await?;
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
