//! `caseway demo`: an invented organisation in a database file of its own, to look around in.

use crate::assets::Assets;
use crate::config::Settings;
use crate::pages::drafts;
use crate::terminal::say;
use crate::users::{self, User};
use crate::{passwords, server};
use jiff::Timestamp;
use processes::organisation::{Member, NAKAWA};
use runtime::{Act, Clock, Request, Runtime};
use store::DefinitionQuery;

/// The password of all demonstration users.
pub(crate) const PASSWORD: &str = "caseway-demo";

/// Fills the database if it is new, then serves it.
///
/// # Errors
/// One line that names what is in the way, and the way out.
pub(crate) async fn serve(settings: Settings) -> Result<(), String> {
    Assets::load()?;
    let listener = server::listen(settings.listen).await?;
    fill(&settings).await?;
    server::serve_on(listener, settings, introduce).await
}

fn introduce(settings: &Settings) {
    let file = settings.database.trim_start_matches("sqlite:");
    say(format!(
        "\n{} (invented). Sign in with one of these names:",
        NAKAWA.name
    ));
    for member in NAKAWA.members {
        let roles: Vec<&str> = member.roles.iter().map(|role| role.word()).collect();
        say(format!(
            "  {:8} {:18} {:14} password {PASSWORD}",
            member.id,
            member.name,
            roles.join(", ")
        ));
    }
    say(format!(
        "\nDelete {file} to begin the demonstration anew. To start empty, for real use:"
    ));
    say(
        "  caseway user add NAME --role administrator --password-stdin --database sqlite:caseway.db",
    );
    say("  caseway serve --database sqlite:caseway.db\n");
}

/// Seeds a new database: past months are lived through with a clock of their own. One with users is left as it is.
async fn fill(settings: &Settings) -> Result<(), String> {
    let now = settings.clock().now();
    let clock = Clock::test(processes::demo::beginning(now));
    let runtime = server::open_with(settings, clock.clone()).await?;
    let filled = seed(&runtime, &clock, settings, now).await;
    runtime.stop().await;
    filled
}

async fn seed(
    runtime: &Runtime,
    clock: &Clock,
    settings: &Settings,
    now: Timestamp,
) -> Result<(), String> {
    let failed = |problem: runtime::Error| problem.to_string();
    if !users::none_yet(runtime).await.map_err(failed)? {
        return Ok(());
    }
    let deployed = runtime.definitions(&DefinitionQuery::default()).await;
    if !deployed.map_err(failed)?.is_empty() {
        let file = settings.database.trim_start_matches("sqlite:");
        return Err(format!(
            "{file} was not filled to the end the last time, or is no demonstration; delete it and start again"
        ));
    }
    say("preparing the demonstration (once, some seconds)");
    let seeded = processes::demo::seed(runtime, clock, &settings.calendar, now).await;
    let drafts = seeded.map_err(|problem| problem.to_string())?;
    drafts::seed(runtime, drafts).await.map_err(failed)?;
    // Last, because users are how a filled database is known.
    let acts = accounts();
    let by = Request::by("system");
    runtime
        .submit(Request { acts, ..by })
        .await
        .map_err(failed)?;
    Ok(())
}

fn accounts() -> Vec<Act> {
    let account = |member: &Member| User {
        name: member.id.into(),
        display_name: member.name.into(),
        email: None,
        roles: member.roles.to_vec(),
        teams: member.teams.iter().map(|team| team.to_string()).collect(),
        password: passwords::hash(PASSWORD).expect("the demonstration password keeps our rules"),
    };
    NAKAWA
        .members
        .iter()
        .map(account)
        .map(|user| user.added())
        .collect()
}
