//! The pages. Each module has one `routes()`, which names its addresses and the roles that may use them:
//!
//! ```text
//! pub(crate) fn routes() -> Router<AppState> {
//!     only(CASE_WORK, Router::new().route("/inbox", get(show).post(claim)))
//! }
//! ```

mod access;
mod api_docs;
mod calendars;
mod case;
pub(crate) mod drafts;
mod escalation;
mod inbox;
mod pauses;
mod processes;
mod records;
mod sign_in;
mod start;
mod task;
mod task_list;
mod team;
mod view;

use crate::error::Error;
use crate::session::SignedIn;
use crate::state::AppState;
use crate::users;
use axum::Router;
use bpmn::Key;
use runtime::Task;
use std::collections::BTreeMap;

/// Who is named in histories where no person did it.
const SYSTEM_ACTORS: [&str; 2] = ["system", "clock"];
/// The most users whose names a page knows.
const USERS_LIMIT: u32 = 1_000;

/// All of them.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .merge(sign_in::routes())
        .merge(inbox::routes())
        .merge(task::routes())
        .merge(case::routes())
        .merge(start::routes())
        .merge(team::routes())
        .merge(processes::routes())
        .merge(calendars::routes())
        .merge(api_docs::routes())
}

/// When and where a page is looked at.
fn world(state: &AppState) -> view::World {
    view::World {
        now: state.runtime.now(),
        calendar: state.calendar(),
    }
}

/// The task of a key as it stands in an address, if `user` may see it; for everybody else there is no such task.
async fn task_of(state: &AppState, user: &SignedIn, key: &str) -> Result<Task, Error> {
    let missing = || Error::NotFound(format!("the task {key}"));
    let number: Key = key.parse().map_err(|_| missing())?;
    let task = state.runtime.task(number).await?.ok_or_else(missing)?;
    if !access::may_see(user, &task) {
        return Err(missing());
    }
    Ok(task)
}

/// The names of users, as others see them.
#[derive(Debug, Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    async fn load(state: &AppState) -> Result<Names, Error> {
        let users = users::all(&state.runtime, USERS_LIMIT).await?;
        Ok(Names(
            users
                .into_iter()
                .map(|user| (user.name, user.display_name))
                .collect(),
        ))
    }

    /// The name of a user; empty for what the system did by itself.
    fn person(&self, user: &str) -> String {
        if SYSTEM_ACTORS.contains(&user) {
            String::new()
        } else {
            self.of(user)
        }
    }

    /// The name of a user; the sign-in name where nothing else is known.
    fn of(&self, user: &str) -> String {
        self.0.get(user).cloned().unwrap_or_else(|| user.to_owned())
    }
}

/// `Service managers` for the team `service-managers`.
fn team_name(team: &str) -> String {
    let words = team.replace(['-', '_'], " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teams_are_named_in_words() {
        assert_eq!(team_name("service-managers"), "Service managers");
        assert_eq!(team_name("Helpline"), "Helpline");
        assert_eq!(team_name(""), "");
    }
}
