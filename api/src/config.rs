//! Options: a flag outweighs an environment variable, which outweighs the file, which outweighs the default.

use clap::Args;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const LISTEN: &str = "127.0.0.1:8080";
const ZONE: &str = "UTC";
const SESSION_HOURS: u32 = 12;
const IDLE_MINUTES: u32 = 60;
const LOG: &str = "info";
/// The zone of the demonstration organisation.
const DEMO_ZONE: &str = "Africa/Kampala";

/// What `serve`, `demo`, `deploy` and `user` understand; the same names stand in the file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// A TOML file with these options, for example `listen = "0.0.0.0:8080"`
    #[arg(long, env = "CASEWAY_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Address and port to serve on [default: 127.0.0.1:8080]
    #[arg(long, env = "CASEWAY_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Folder of the database file, where --database names none [default: .]
    #[arg(long, env = "CASEWAY_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// sqlite:PATH, created if absent, or postgres://... [default: sqlite:caseway.db, for the demo sqlite:demo.db]
    #[arg(long, env = "CASEWAY_DATABASE", value_name = "ADDRESS")]
    pub database: Option<String>,
    /// Time zone in which people read dates and times [default: UTC, for the demo Africa/Kampala]
    #[arg(long, env = "CASEWAY_ZONE", value_name = "NAME")]
    pub zone: Option<String>,
    /// Hours after which everybody signs in again [default: 12]
    #[arg(long, env = "CASEWAY_SESSION_HOURS", value_name = "HOURS")]
    pub session_hours: Option<u32>,
    /// Minutes without a request after which a user signs in again [default: 60]
    #[arg(long, env = "CASEWAY_IDLE_MINUTES", value_name = "MINUTES")]
    pub idle_minutes: Option<u32>,
    /// People reach this server by https: cookies are sent over https only
    #[arg(long, env = "CASEWAY_HTTPS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub https: Option<bool>,
    /// What is logged: error, warn, info, debug, or per module such as `info,runtime=debug` [default: info]
    #[arg(long, env = "CASEWAY_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// The JSON API asks for no name and password; only on a loopback address, for tests and benchmarks
    #[arg(long, env = "CASEWAY_INSECURE_NO_AUTH", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub insecure_no_auth: Option<bool>,
}

/// The options with every default filled in, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to serve.
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://...`.
    pub database: String,
    /// The zone of dates and times on pages and in deadlines.
    pub zone: TimeZone,
    /// How long a session may last.
    pub session: SignedDuration,
    /// How long a session may rest.
    pub idle: SignedDuration,
    /// Whether cookies are sent over https only.
    pub https: bool,
    /// The filter of the log.
    pub log: String,
    /// Whether the JSON API is open to everybody.
    pub open_api: bool,
}

/// What the options are for: some defaults differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Real use.
    Work,
    /// The demonstration organisation.
    Demo,
}

impl Settings {
    /// Reads the file that the options name, if any, and fills in the defaults.
    ///
    /// # Errors
    /// One line that names the option and the way out.
    pub fn load(options: Options, purpose: Purpose) -> Result<Settings, String> {
        let file = options
            .config
            .as_deref()
            .map(read)
            .transpose()?
            .unwrap_or_default();
        Settings::resolve(options, file, purpose)
    }

    fn resolve(options: Options, file: Options, purpose: Purpose) -> Result<Settings, String> {
        let demo = purpose == Purpose::Demo;
        let text = |option: Option<String>, file: Option<String>, default: &str| {
            option.or(file).unwrap_or_else(|| default.to_owned())
        };
        let listen = text(options.listen, file.listen, LISTEN);
        let listen: SocketAddr = listen.parse().map_err(|_| {
            format!(
                "--listen {listen:?} is no address with a port; write for example --listen {LISTEN}"
            )
        })?;
        let name = if demo { "demo.db" } else { "caseway.db" };
        let data = options.data.or(file.data).unwrap_or_default();
        let default = format!("sqlite:{}", data.join(name).display());
        let zone = text(options.zone, file.zone, if demo { DEMO_ZONE } else { ZONE });
        let zone = TimeZone::get(&zone).map_err(|_| {
            format!("--zone {zone:?} is no time zone; write for example --zone Europe/London")
        })?;
        let open_api = options
            .insecure_no_auth
            .or(file.insecure_no_auth)
            .unwrap_or(false);
        if open_api && !listen.ip().is_loopback() {
            return Err(format!(
                "--insecure-no-auth opens the JSON API to everybody, and {listen} can be reached from other machines; \
                 use --listen {LISTEN} with it"
            ));
        }
        let hours = options
            .session_hours
            .or(file.session_hours)
            .unwrap_or(SESSION_HOURS);
        let minutes = options
            .idle_minutes
            .or(file.idle_minutes)
            .unwrap_or(IDLE_MINUTES);
        for (name, value) in [("session-hours", hours), ("idle-minutes", minutes)] {
            if value == 0 {
                return Err(format!(
                    "--{name} 0 would let nobody sign in; give at least 1"
                ));
            }
        }
        Ok(Settings {
            listen,
            database: text(options.database, file.database, &default),
            zone,
            session: SignedDuration::from_hours(hours.into()),
            idle: SignedDuration::from_mins(minutes.into()),
            https: options.https.or(file.https).unwrap_or(false),
            log: text(options.log, file.log, LOG),
            open_api,
        })
    }
}

fn read(path: &Path) -> Result<Options, String> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|problem| format!("{shown}: {problem}; --config names a file that can be read"))?;
    toml::from_str(&text).map_err(|problem| {
        let start = problem.span().map_or(0, |span| span.start);
        let line = 1 + text[..start].matches('\n').count();
        let message = problem.message().replace("unknown field", "unknown option");
        format!("{shown}:{line}: {}", message.replace('\n', " "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Options {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_flag_outweighs_the_file_and_the_file_the_default() {
        let flags = options("listen = '127.0.0.1:1'");
        let file = options("listen = '127.0.0.1:2'\nidle-minutes = 5");
        let settings = Settings::resolve(flags, file, Purpose::Work).unwrap();
        assert_eq!(settings.listen.port(), 1);
        assert_eq!(settings.idle, SignedDuration::from_mins(5));
        assert_eq!(settings.session, SignedDuration::from_hours(12));
        assert_eq!(settings.database, "sqlite:caseway.db");
    }

    #[test]
    fn the_demo_has_its_own_file_and_zone() {
        let settings =
            Settings::resolve(options("data = 'd'"), Options::default(), Purpose::Demo).unwrap();
        assert_eq!(settings.database, "sqlite:d/demo.db");
        assert_eq!(settings.zone.iana_name(), Some("Africa/Kampala"));
    }

    fn check_refused(text: &str, expected: &str) {
        let problem =
            Settings::resolve(options(text), Options::default(), Purpose::Work).unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_way_out() {
        check_refused(
            "listen = 'here'",
            "--listen \"here\" is no address with a port; write for example",
        );
        check_refused(
            "zone = 'Mars/Base'",
            "is no time zone; write for example --zone Europe/London",
        );
        check_refused("idle-minutes = 0", "give at least 1");
        check_refused(
            "insecure-no-auth = true\nlisten = '0.0.0.0:80'",
            "can be reached from other machines",
        );
    }
}
