//! Signing in and out, and the page where each role starts.

use crate::attempts::Counted;
use crate::csrf::Posted;
use crate::demo::PASSWORD;
use crate::error::Error;
use crate::page::Page;
use crate::roles::{ANYONE, Role, only};
use crate::session::{self, SignedIn, Viewer};
use crate::state::AppState;
use crate::users;
use axum::Router;
use axum::extract::{ConnectInfo, Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use processes::organisation::{Member, NAKAWA, Organisation};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// The longest address that is come back to.
const LONGEST_NEXT: usize = 500;
/// The same for an unknown name and a wrong password: nobody learns who works here.
const WRONG: &str = "The name or the password is wrong.";

/// `/`, `/signin` and `/signout`.
pub(crate) fn routes() -> Router<AppState> {
    let open = Router::new().route("/signin", get(show).post(sign_in));
    let own = Router::new()
        .route("/", get(home))
        .route("/signout", post(sign_out));
    open.merge(only(ANYONE, own))
}

#[derive(Default, Deserialize)]
struct Asked {
    next: Option<String>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    name: String,
    next: String,
    error: Option<String>,
    /// Nobody can sign in yet: the page says how to add the first administrator.
    first_use: bool,
    /// Who can sign in with one press, in the demonstration only.
    demonstration: Option<Demonstration>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Demonstration {
    organisation: &'static str,
    password: &'static str,
    members: Vec<DemonstrationMember>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DemonstrationMember {
    name: &'static str,
    display_name: &'static str,
    role: &'static str,
    sees: &'static str,
}

impl Demonstration {
    fn of(organisation: &Organisation) -> Demonstration {
        let member = |member: &Member| {
            let role = member.roles.first().copied().unwrap_or(Role::Caseworker);
            DemonstrationMember {
                name: member.id,
                display_name: member.name,
                role: role.word(),
                sees: match role {
                    Role::Caseworker => "inbox, cases, a new referral",
                    Role::Supervisor => "team, what is late, approvals",
                    Role::Designer | Role::Administrator => "processes and their versions",
                },
            }
        };
        Demonstration {
            organisation: organisation.name,
            password: PASSWORD,
            members: organisation.members.iter().map(member).collect(),
        }
    }
}

impl View {
    fn page(&self) -> Page {
        let title = if self.error.is_some() {
            "Error: Sign in"
        } else {
            "Sign in"
        };
        Page::new("sign_in", title).model(self)
    }
}

async fn show(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let next = local(asked.next.as_deref());
    if viewer.signed_in().is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    let first_use = users::none_yet(&state.runtime).await?;
    Ok(View {
        next,
        first_use,
        demonstration: demonstration(&state),
        ..View::default()
    }
    .page()
    .into_response())
}

fn demonstration(state: &AppState) -> Option<Demonstration> {
    let shown = state.settings.demonstration;
    shown.then(|| Demonstration::of(&NAKAWA))
}

async fn sign_in(
    State(state): State<AppState>,
    Extension(viewer): Extension<Viewer>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    posted: Posted,
) -> Result<Response, Error> {
    let name = posted.get("name").unwrap_or_default().trim().to_lowercase();
    let next = local(posted.get("next"));
    let by_name = Counted::Name(name.clone());
    let address =
        address.map(|Extension(ConnectInfo(address))| Counted::Address(address.ip().to_string()));
    let counted: Vec<Counted> = address.into_iter().chain([by_name.clone()]).collect();
    if let Some(wait) = state.attempts.wait(&counted, state.runtime.now()) {
        return Err(Error::TooManyAttempts {
            wait_s: wait.as_secs().max(1),
        });
    }
    let user = users::find(&state.runtime, &name).await?;
    let hash = user.as_ref().map(|user| user.password.as_str());
    let fits = state
        .passwords
        .fits(posted.get("password").unwrap_or_default(), hash)
        .await;
    let Some(user) = user.filter(|_| fits) else {
        state.attempts.failed(&counted, state.runtime.now());
        tracing::info!("a sign-in failed");
        let view = View {
            name,
            next,
            error: Some(WRONG.into()),
            demonstration: demonstration(&state),
            ..View::default()
        };
        return Ok(view
            .page()
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    };
    state.attempts.succeeded(&by_name);
    if let Some(before) = viewer.signed_in() {
        session::end(&state, before).await?;
    }
    let cookie = session::begin(&state, &user).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response())
}

async fn sign_out(State(state): State<AppState>, user: SignedIn) -> Result<Response, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::SET_COOKIE, session::end(&state, &user).await?);
    // Pages that the browser kept are forgotten too.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok((headers, Redirect::to("/signin")).into_response())
}

/// Where the work of each role begins.
async fn home(user: SignedIn) -> Redirect {
    Redirect::to(match user.main_role() {
        Role::Caseworker => "/inbox",
        Role::Supervisor => "/team",
        Role::Designer | Role::Administrator => "/processes",
    })
}

/// The page to come back to: only a path on this server, else the start page.
fn local(next: Option<&str>) -> String {
    let harmless = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.starts_with("/signin")
            && next.len() <= LONGEST_NEXT
            && !next.contains(|letter: char| letter == '\\' || letter.is_control())
    };
    next.filter(harmless).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(next: &str, expected: &str) {
        assert_eq!(local(Some(next)), expected, "{next}");
    }

    #[test]
    fn after_sign_in_nobody_is_led_to_another_site() {
        check("/tasks/42?a=b", "/tasks/42?a=b");
        check("https://evil.example/", "/");
        check("//evil.example/", "/");
        check("/\\evil.example/", "/");
        check("/a\\b", "/");
        check("/a\r\nSet-Cookie: x", "/");
        check("/\t/evil.example", "/");
        check("javascript:alert(1)", "/");
        check("", "/");
        check("/signin?next=/signin", "/");
        check(&format!("/{}", "a".repeat(500)), "/");
        assert_eq!(local(None), "/");
    }
}
