//! The command line: `serve`, `demo`, `check`, `deploy`, `move`, `backup`, `restore`, `verify`, `documents`, `export`, `user add`, `token`.

use crate::check::Format;
use crate::config::{Options, Purpose, Settings};
use crate::documents::inventory;
use crate::roles::Role;
use crate::terminal::complain;
use crate::{
    backup, check, demo, deploy, export, server, telemetry, tokens, transfer, users, verify,
};
use clap::{Args, Parser, Subcommand};
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;

/// Case pathways for social services: a BPMN 2.0 process engine with its tasks, forms and pages.
#[derive(Parser)]
#[command(name = "caseway", version)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages and the JSON API
    Serve(Options),
    /// Serve a demonstration organisation from a database file of its own
    Demo(Options),
    /// Say what each element of a model will do, and every problem; exit code 1 if it cannot be deployed
    Check {
        /// .bpmn, .dmn, .form, .calendar and .ics files; files that belong together are checked together
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// How the report is printed
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Put models into the database, while no server runs on it
    Deploy {
        /// .bpmn, .dmn, .form, .calendar and .ics files: all of them are deployed, or none
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        options: Options,
    },
    /// Carry everything into another, empty database, while no server runs on either
    Move {
        /// Where everything is: sqlite:PATH or postgres://...
        #[arg(long, value_name = "ADDRESS")]
        from: String,
        /// Where it should be: sqlite:PATH, created if absent, or postgres://...
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
    /// Write everything into one file, also while servers run on the database
    Backup {
        /// The file: a SQLite database, whatever the database; it appears when it is whole
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Take the place of a file that exists
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Fill an empty database from a backup, and verify it
    Restore {
        /// What `caseway backup` has written, also by an older version
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where everything should be: sqlite:PATH, created if absent, or postgres://...
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
    /// Check that the history is whole and that states and tables say what it says; exit code 1 if not
    ///
    /// Walks the hash chain of every instance, replays its records, and compares with the stored state, the tasks, timers,
    /// jobs, subscriptions and incidents. Changes nothing; servers may run on the database.
    Verify {
        #[command(flatten)]
        options: Options,
    },
    /// Compare the documents of cases with the files that lie in their place; exit code 1 if bytes are missing
    ///
    /// Servers may run on the database. Worth a look after a restore.
    Documents {
        /// Delete files older than a day that no document names; noted in the audit trail
        #[arg(long)]
        delete_unnamed: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Write the event log for process mining, as XES or OCEL 2.0, also while servers run on the database
    ///
    /// People and cases get pseudonyms that are new in each log. The export is noted in the audit trail.
    Export {
        #[command(flatten)]
        asked: export::Asked,
        #[command(flatten)]
        options: Options,
    },
    /// Manage the people who can sign in
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Manage the tokens with which programs use the JSON API
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add somebody; the first one is usually an administrator
    Add(NewUser),
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token and print it, this once
    Add(tokens::New),
    /// Print the tokens: id, owner, name, scopes, end, last use
    List {
        /// Only those of this user
        #[arg(long, value_name = "USER")]
        owner: Option<String>,
        #[command(flatten)]
        options: Options,
    },
    /// Make a token worthless
    Revoke {
        /// As `list` prints it
        id: String,
        #[command(flatten)]
        options: Options,
    },
}

/// Who is to be added.
#[derive(Args)]
pub(crate) struct NewUser {
    /// The name to sign in with: lower-case letters, digits, dots, hyphens
    pub(crate) name: String,
    /// What the user may do: caseworker, supervisor, designer, administrator; can be repeated
    #[arg(long, required = true)]
    pub(crate) role: Vec<Role>,
    /// The name that others see [default: NAME]
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: Option<String>,
    /// A team of the user; can be repeated
    #[arg(long)]
    pub(crate) team: Vec<String>,
    /// Read the password from standard input, up to the end of the line
    #[arg(long, required = true)]
    pub(crate) password_stdin: bool,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Runs the program with the arguments of the process.
pub fn run() -> ExitCode {
    let done = match Program::parse().command {
        Command::Serve(options) => with_settings(options, Purpose::Work, server::serve),
        Command::Demo(options) => with_settings(options, Purpose::Demo, demo::serve),
        Command::Check { files, format } => return check::run(&files, format),
        Command::Deploy { files, options } => {
            with_settings(options, Purpose::Work, |settings| async move {
                deploy::run(&settings, &files).await
            })
        }
        Command::Move { from, to } => {
            with_settings(Options::default(), Purpose::Work, |_| async move {
                transfer::run(&from, &to).await
            })
        }
        Command::Backup {
            file,
            replace,
            options,
        } => with_settings(options, Purpose::Work, |settings| async move {
            backup::save(&settings.database, &file, replace).await
        }),
        Command::Restore { file, to } => {
            with_settings(Options::default(), Purpose::Work, |_| async move {
                backup::restore(&file, &to).await
            })
        }
        Command::Documents {
            delete_unnamed,
            options,
        } => with_settings(options, Purpose::Work, |settings| async move {
            inventory::run(&settings, delete_unnamed).await
        }),
        Command::Export { asked, options } => {
            with_settings(options, Purpose::Work, |settings| async move {
                export::run(&settings, asked).await
            })
        }
        Command::Verify { options } => {
            with_settings(options, Purpose::Work, |settings| async move {
                verify::run(&settings.database).await
            })
        }
        Command::User {
            command: UserCommand::Add(mut user),
        } => {
            let options = std::mem::take(&mut user.options);
            with_settings(options, Purpose::Work, |settings| async move {
                users::add_from_terminal(&settings, user).await
            })
        }
        Command::Token { command } => token(command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(problem);
            ExitCode::FAILURE
        }
    }
}

fn token(command: TokenCommand) -> Result<(), String> {
    match command {
        TokenCommand::Add(mut new) => {
            let options = std::mem::take(&mut new.options);
            with_settings(options, Purpose::Work, |settings| async move {
                tokens::add(&settings, new).await
            })
        }
        TokenCommand::List { owner, options } => {
            with_settings(options, Purpose::Work, |settings| async move {
                tokens::list(&settings, owner.as_deref()).await
            })
        }
        TokenCommand::Revoke { id, options } => {
            with_settings(options, Purpose::Work, |settings| async move {
                tokens::revoke(&settings, &id).await
            })
        }
    }
}

/// Reads the settings, starts the log and the threads, and runs `work`.
fn with_settings<F: Future<Output = Result<(), String>>>(
    options: Options,
    purpose: Purpose,
    work: impl FnOnce(Settings) -> F,
) -> Result<(), String> {
    let settings = Settings::load(options, purpose)?;
    let _telemetry = telemetry::start(&settings.log)?;
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    threads
        .map_err(|problem| format!("cannot start threads: {problem}"))?
        .block_on(Box::pin(work(settings)))
}
