//! `caseway token add`, `list` and `revoke`.

use super::{LASTS_DAYS, LASTS_DAYS_MAX, PER_USER, Scope, Token, find, has_room, of};
use crate::config::{Options, Settings};
use crate::server;
use crate::terminal::say;
use crate::users;
use clap::Args;
use jiff::SignedDuration;
use runtime::{Request, Runtime};

/// Which token is to be made.
#[derive(Args)]
pub(crate) struct New {
    /// What it is for, such as `nightly import`
    pub(crate) name: String,
    /// The user whose token it is: it can do no more than that user
    #[arg(long, value_name = "USER")]
    pub(crate) owner: String,
    /// What it may do: read, work, operate, design, administer; can be repeated
    #[arg(long, required = true)]
    pub(crate) scope: Vec<Scope>,
    /// For how many days it is good
    #[arg(long, default_value_t = LASTS_DAYS, value_parser = clap::value_parser!(i64).range(1..=LASTS_DAYS_MAX))]
    pub(crate) days: i64,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Makes a token and prints it, this once.
pub(crate) async fn add(settings: &Settings, new: New) -> Result<(), String> {
    with_runtime(settings, async |runtime| {
        let failed = |problem: runtime::Error| problem.to_string();
        let owner = users::find(runtime, &new.owner).await.map_err(failed)?;
        let owner = owner.ok_or_else(|| {
            format!(
                "there is no user {:?}; add one with `caseway user add`",
                new.owner
            )
        })?;
        if !has_room(runtime, &owner.name).await.map_err(failed)? {
            let way_out = "revoke one with `caseway token revoke ID`";
            return Err(format!(
                "{} has {PER_USER} tokens already; {way_out}",
                owner.name
            ));
        }
        let now = runtime.now();
        let ends = now.saturating_add(SignedDuration::from_hours(24 * new.days));
        let ends = ends.map_err(|problem| problem.to_string())?;
        let (token, text) = Token::new(&new.name, &owner.name, &new.scope, "system", now, ends);
        submit(runtime, token.added()).await?;
        say(format!(
            "{text}\ngood until {ends:.0}; it is not shown again, keep it as you keep a password"
        ));
        Ok(())
    })
    .await
}

/// Prints the tokens of a user, or all, one a line: id, owner, name, scopes, end, last use.
pub(crate) async fn list(settings: &Settings, owner: Option<&str>) -> Result<(), String> {
    with_runtime(settings, async |runtime| {
        let mut tokens = of(runtime, owner)
            .await
            .map_err(|problem| problem.to_string())?;
        tokens.sort_by(|a, b| (&a.owner, a.created_at).cmp(&(&b.owner, b.created_at)));
        for token in tokens {
            let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.word()).collect();
            let used = token
                .used_at
                .map_or("never".to_owned(), |at| format!("{at:.0}"));
            say(format!(
                "{}\t{}\t{}\t{}\tuntil {:.0}\tused {used}",
                token.id,
                token.owner,
                token.name,
                scopes.join(" "),
                token.expires_at,
            ));
        }
        Ok(())
    })
    .await
}

/// Makes a token worthless.
pub(crate) async fn revoke(settings: &Settings, id: &str) -> Result<(), String> {
    with_runtime(settings, async |runtime| {
        let token = find(runtime, id)
            .await
            .map_err(|problem| problem.to_string())?;
        let token = token.ok_or_else(|| {
            format!("there is no token {id:?}; `caseway token list` shows them with their ids")
        })?;
        submit(runtime, token.revoked()).await?;
        say(format!(
            "{:?} of {} is worth nothing now",
            token.name, token.owner
        ));
        Ok(())
    })
    .await
}

async fn submit(runtime: &Runtime, acts: [runtime::Act; 2]) -> Result<(), String> {
    let request = acts.into_iter().fold(Request::by("system"), Request::act);
    let done = runtime.submit(request).await;
    done.map(drop).map_err(|problem| problem.to_string())
}

async fn with_runtime(
    settings: &Settings,
    work: impl AsyncFnOnce(&Runtime) -> Result<(), String>,
) -> Result<(), String> {
    let runtime = server::open(settings).await?;
    let done = work(&runtime).await;
    runtime.stop().await;
    done
}
