//! Options: a flag outweighs an environment variable, which outweighs the file, which outweighs the default.

use crate::documents;
use crate::metrics;
use crate::oidc;
use crate::rates::{self, Limits};
use crate::rest::origin;
use crate::webhooks;
use axum::http::HeaderValue;
use clap::Args;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use processes::Calendar;
use runtime::Clock;
use serde::Deserialize;
use std::fmt::Display;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const LISTEN: &str = "127.0.0.1:8080";
const ZONE: &str = "UTC";
const SESSION_HOURS: u32 = 12;
const IDLE_MINUTES: u32 = 60;
const LOG: &str = "info";

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
    /// Working days, office hours and holidays as JSON [default: Monday to Friday, for the demo those of Uganda]
    #[arg(long, env = "CASEWAY_CALENDAR", value_name = "FILE")]
    pub calendar: Option<PathBuf>,
    /// Time zone of dates and deadlines, where no calendar names one [default: UTC]
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
    /// Address and port of Prometheus metrics, without sign-in; without a value 127.0.0.1:9464 [default: none]
    #[arg(long, env = "CASEWAY_METRICS", num_args = 0..=1, default_missing_value = metrics::LISTEN, value_name = "ADDRESS:PORT")]
    pub metrics: Option<String>,
    /// What is logged: error, warn, info, debug, or per module such as `info,runtime=debug` [default: info]
    #[arg(long, env = "CASEWAY_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// The JSON API asks for no name and password; only on a loopback address, for tests and benchmarks
    #[arg(long, env = "CASEWAY_INSECURE_NO_AUTH", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub insecure_no_auth: Option<bool>,
    /// Programs may show access tokens of this issuer (OpenID Connect), for example https://login.example.org/realms/work
    #[arg(long, env = "CASEWAY_ISSUER", value_name = "ADDRESS")]
    pub issuer: Option<String>,
    /// For whom the issuer must have made them; needed with --issuer
    #[arg(long, env = "CASEWAY_AUDIENCE", value_name = "TEXT")]
    pub audience: Option<String>,
    /// The claim that names the user; dots lead into claims inside claims [default: preferred_username]
    #[arg(long, env = "CASEWAY_USER_CLAIM", value_name = "CLAIM")]
    pub user_claim: Option<String>,
    /// The claim that names the program, where no user is named [default: client_id]
    #[arg(long, env = "CASEWAY_CLIENT_CLAIM", value_name = "CLAIM")]
    pub client_claim: Option<String>,
    /// The claim with the groups [default: groups]
    #[arg(long, env = "CASEWAY_GROUPS_CLAIM", value_name = "CLAIM")]
    pub groups_claim: Option<String>,
    /// The claim with the roles [default: roles]
    #[arg(long, env = "CASEWAY_ROLES_CLAIM", value_name = "CLAIM")]
    pub roles_claim: Option<String>,
    /// Where the files lie that belong to cases: a folder, or s3://BUCKET[/FOLDER]; servers that share a database share it
    /// [default: documents in --data]
    #[arg(long, env = "CASEWAY_DOCUMENTS", value_name = "PLACE")]
    pub documents: Option<String>,
    /// The server of the bucket, where it is not Amazon's: https://...
    #[arg(long, env = "CASEWAY_DOCUMENTS_ENDPOINT", value_name = "ADDRESS")]
    pub documents_endpoint: Option<String>,
    /// The id of the key to the bucket [default: what the AWS_... variables or the machine's role give]
    #[arg(long, env = "CASEWAY_DOCUMENTS_KEY_ID", value_name = "ID")]
    pub documents_key_id: Option<String>,
    /// The key itself; rather in the file or the environment than on a command line
    #[arg(
        long,
        env = "CASEWAY_DOCUMENTS_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub documents_key: Option<String>,
    /// Events may be sent to webhooks without encryption, by http
    #[arg(long, env = "CASEWAY_WEBHOOKS_OVER_HTTP", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub webhooks_over_http: Option<bool>,
    /// Events may be sent to webhooks on this machine and in private networks
    #[arg(long, env = "CASEWAY_WEBHOOKS_TO_PRIVATE_NETWORKS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub webhooks_to_private_networks: Option<bool>,
    /// How many requests a second a client of the JSON API may make in the long run; 0 for any number [default: 500]
    #[arg(long, env = "CASEWAY_REQUESTS_PER_SECOND", value_name = "NUMBER")]
    pub requests_per_second: Option<u32>,
    /// How many it may make at once, after a rest [default: 2000]
    #[arg(long, env = "CASEWAY_REQUESTS_AT_ONCE", value_name = "NUMBER")]
    pub requests_at_once: Option<u32>,
    /// Pages of this origin may use the JSON API, with tokens of their own; can be repeated [default: none]
    #[arg(
        long = "allowed-origin",
        env = "CASEWAY_ALLOWED_ORIGINS",
        value_delimiter = ',',
        value_name = "ORIGIN"
    )]
    pub allowed_origins: Vec<String>,
    /// The clock stands still at this time and is moved by `POST /test/clock`; only on a loopback address, for tests
    #[arg(long, hide = true, value_name = "TIME")]
    #[serde(skip)]
    pub test_clock: Option<Timestamp>,
}

/// The options with every default filled in, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to serve.
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://...`.
    pub database: String,
    /// The working days, and the zone of dates and deadlines.
    pub calendar: Arc<Calendar>,
    /// How long a session may last.
    pub session: SignedDuration,
    /// How long a session may rest.
    pub idle: SignedDuration,
    /// Whether cookies are sent over https only.
    pub https: bool,
    /// Where metrics are served, if at all.
    pub metrics: Option<SocketAddr>,
    /// The filter of the log.
    pub log: String,
    /// Whether the JSON API is open to everybody.
    pub open_api: bool,
    /// How often a client of the JSON API may ask.
    pub rates: Limits,
    /// The origins of pages that may use the JSON API.
    pub allowed_origins: Vec<HeaderValue>,
    /// Whose access tokens are believed, if any are.
    pub issuer: Option<oidc::Settings>,
    /// Where the files lie that belong to cases.
    pub(crate) documents: documents::Address,
    /// Where events may be sent to.
    pub webhooks: webhooks::Rules,
    /// Where the clock stands; the system's clock where absent.
    pub test_clock: Option<Timestamp>,
    /// Whether this is the demonstration, whose sign-ins everybody may know.
    pub demonstration: bool,
}

impl Settings {
    /// The clock that these settings ask for.
    pub fn clock(&self) -> Clock {
        self.test_clock.map_or_else(Clock::system, Clock::test)
    }
}

/// What the options are for: some defaults differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Real use.
    Work,
    /// The demonstration organisation.
    Demo,
}

impl Options {
    /// These options, and those of the file where these say nothing.
    fn over(self, file: Options) -> Options {
        Options {
            config: self.config.or(file.config),
            listen: self.listen.or(file.listen),
            data: self.data.or(file.data),
            database: self.database.or(file.database),
            calendar: self.calendar.or(file.calendar),
            zone: self.zone.or(file.zone),
            session_hours: self.session_hours.or(file.session_hours),
            idle_minutes: self.idle_minutes.or(file.idle_minutes),
            https: self.https.or(file.https),
            metrics: self.metrics.or(file.metrics),
            log: self.log.or(file.log),
            insecure_no_auth: self.insecure_no_auth.or(file.insecure_no_auth),
            requests_per_second: self.requests_per_second.or(file.requests_per_second),
            requests_at_once: self.requests_at_once.or(file.requests_at_once),
            allowed_origins: if self.allowed_origins.is_empty() {
                file.allowed_origins
            } else {
                self.allowed_origins
            },
            issuer: self.issuer.or(file.issuer),
            audience: self.audience.or(file.audience),
            user_claim: self.user_claim.or(file.user_claim),
            client_claim: self.client_claim.or(file.client_claim),
            groups_claim: self.groups_claim.or(file.groups_claim),
            roles_claim: self.roles_claim.or(file.roles_claim),
            documents: self.documents.or(file.documents),
            documents_endpoint: self.documents_endpoint.or(file.documents_endpoint),
            documents_key_id: self.documents_key_id.or(file.documents_key_id),
            documents_key: self.documents_key.or(file.documents_key),
            webhooks_over_http: self.webhooks_over_http.or(file.webhooks_over_http),
            webhooks_to_private_networks: self
                .webhooks_to_private_networks
                .or(file.webhooks_to_private_networks),
            test_clock: self.test_clock.or(file.test_clock),
        }
    }
}

impl Settings {
    /// Reads the files that the options name, if any, and fills in the defaults.
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
        let options = options.over(file);
        let listen = listen(options.listen.as_deref().unwrap_or(LISTEN))?;
        let open_api = options.insecure_no_auth.unwrap_or(false);
        if open_api && !listen.ip().is_loopback() {
            return Err(format!(
                "--insecure-no-auth opens the JSON API to everybody, and {listen} can be reached from other machines; \
                 use --listen {LISTEN} with it"
            ));
        }
        if options.test_clock.is_some() && !listen.ip().is_loopback() {
            return Err(format!(
                "--test-clock lets everybody who reaches {listen} move the time; use --listen {LISTEN} with it"
            ));
        }
        let origins = options.allowed_origins.iter();
        let allowed_origins = origins.map(|text| origin(text)).collect::<Result<_, _>>()?;
        let rates = Limits {
            per_second: options.requests_per_second.unwrap_or(rates::PER_SECOND),
            at_once: at_least_one("requests-at-once", options.requests_at_once, rates::AT_ONCE)?,
        };
        let issuer = oidc::Settings::of(&options)?;
        let documents = documents(&options)?;
        let data = options.data.unwrap_or_default();
        let name = match purpose {
            Purpose::Work => "caseway.db",
            Purpose::Demo => "demo.db",
        };
        let session_hours = at_least_one("session-hours", options.session_hours, SESSION_HOURS)?;
        let idle_minutes = at_least_one("idle-minutes", options.idle_minutes, IDLE_MINUTES)?;
        Ok(Settings {
            listen,
            database: options
                .database
                .unwrap_or_else(|| format!("sqlite:{}", data.join(name).display())),
            calendar: Arc::new(calendar(
                options.calendar.as_deref(),
                options.zone,
                purpose,
            )?),
            session: SignedDuration::from_hours(session_hours.into()),
            idle: SignedDuration::from_mins(idle_minutes.into()),
            https: options.https.unwrap_or(false),
            metrics: options
                .metrics
                .as_deref()
                .map(metrics_address)
                .transpose()?,
            log: options.log.unwrap_or_else(|| LOG.to_owned()),
            open_api,
            rates,
            allowed_origins,
            issuer,
            documents,
            webhooks: webhooks::Rules {
                http: options.webhooks_over_http.unwrap_or(false),
                private: options.webhooks_to_private_networks.unwrap_or(false),
                ..webhooks::Rules::default()
            },
            test_clock: options.test_clock,
            demonstration: purpose == Purpose::Demo,
        })
    }
}

fn listen(address: &str) -> Result<SocketAddr, String> {
    let way_out = format!("write for example --listen {LISTEN}");
    address
        .parse()
        .map_err(|_| format!("--listen {address:?} is no address with a port; {way_out}"))
}

fn metrics_address(address: &str) -> Result<SocketAddr, String> {
    let way_out = format!("write for example --metrics {}", metrics::LISTEN);
    address
        .parse()
        .map_err(|_| format!("--metrics {address:?} is no address with a port; {way_out}"))
}

fn at_least_one(name: &str, value: Option<u32>, default: u32) -> Result<u32, String> {
    match value {
        Some(0) => Err(format!("--{name} 0 would let nobody in; give at least 1")),
        Some(value) => Ok(value),
        None => Ok(default),
    }
}

/// The folder or the bucket of documents.
fn documents(options: &Options) -> Result<documents::Address, String> {
    let data = options.data.clone().unwrap_or_default();
    let Some(place) = &options.documents else {
        return Ok(documents::Address::Folder(data.join("documents")));
    };
    if !place.contains("://") {
        return Ok(documents::Address::Folder(place.into()));
    }
    let key = match (&options.documents_key_id, &options.documents_key) {
        (None, None) => None,
        (Some(id), Some(key)) => Some((id.clone(), key.clone())),
        (Some(_), None) => return Err("--documents-key-id needs --documents-key".into()),
        (None, Some(_)) => return Err("--documents-key needs --documents-key-id".into()),
    };
    let address = documents::BucketAddress::read(place)?.at(options.documents_endpoint.clone())?;
    Ok(documents::Address::Bucket(Box::new(
        documents::BucketAddress { key, ..address },
    )))
}

/// The calendar of the file, else the one of the demonstration, else Monday to Friday in the zone.
fn calendar(
    file: Option<&Path>,
    zone: Option<String>,
    purpose: Purpose,
) -> Result<Calendar, String> {
    let named = match (file, purpose) {
        (Some(path), Purpose::Work | Purpose::Demo) => {
            let failed =
                |problem: &dyn Display| format!("--calendar {}: {problem}", path.display());
            let text = fs::read_to_string(path).map_err(|problem| failed(&problem))?;
            Some(Calendar::read(&text).map_err(|problem| failed(&problem))?)
        }
        (None, Purpose::Demo) => Some(
            Calendar::read(processes::calendars::UGANDA)
                .expect("its own tests read the calendar of Uganda"),
        ),
        (None, Purpose::Work) => None,
    };
    let Some(calendar) = named else {
        let zone = zone.as_deref().unwrap_or(ZONE);
        let way_out = "write for example --zone Europe/London";
        let zone = TimeZone::get(zone)
            .map_err(|_| format!("--zone {zone:?} is no time zone; {way_out}"))?;
        return Ok(Calendar::weekdays(zone));
    };
    let its_own = calendar.zone().iana_name().unwrap_or_default();
    match zone.filter(|zone| zone != its_own) {
        Some(zone) => Err(format!(
            "--zone {zone} is not the zone of the calendar {:?}, which is {its_own}; leave out --zone",
            calendar.name()
        )),
        None => Ok(calendar),
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
    fn an_option_outweighs_the_file_and_the_file_the_default() {
        let merged = options("listen = '127.0.0.1:1'")
            .over(options("listen = '127.0.0.1:2'\nidle-minutes = 5"));
        let settings = Settings::load(merged, Purpose::Work).unwrap();
        assert_eq!(settings.listen.port(), 1);
        assert_eq!(settings.idle, SignedDuration::from_mins(5));
        assert_eq!(settings.session, SignedDuration::from_hours(12));
        assert_eq!(settings.database, "sqlite:caseway.db");
        assert_eq!(settings.calendar.name(), "Monday to Friday");
    }

    #[test]
    fn the_demo_has_its_own_file_and_calendar() {
        let settings = Settings::load(options("data = 'd'"), Purpose::Demo).unwrap();
        assert_eq!(settings.database, "sqlite:d/demo.db");
        assert_eq!(settings.calendar.id(), "uganda");
        assert_eq!(settings.calendar.zone().iana_name(), Some("Africa/Kampala"));
    }

    fn check_refused(text: &str, purpose: Purpose, expected: &str) {
        let problem = Settings::load(options(text), purpose).unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_way_out() {
        let work = Purpose::Work;
        check_refused(
            "listen = 'here'",
            work,
            "--listen \"here\" is no address with a port; write for example",
        );
        check_refused(
            "zone = 'Mars/Base'",
            work,
            "is no time zone; write for example --zone Europe/London",
        );
        check_refused("idle-minutes = 0", work, "give at least 1");
        check_refused(
            "insecure-no-auth = true\nlisten = '0.0.0.0:80'",
            work,
            "can be reached from other machines",
        );
        check_refused("calendar = 'gone.json'", work, "--calendar gone.json: ");
        let bucket = |more: &str| format!("documents = 's3://case-files'\n{more}");
        check_refused("documents = 's3://'", work, "write for example s3://");
        check_refused("documents = 'gs://files'", work, "write for example s3://");
        let key = bucket("documents-key = 'hidden'");
        check_refused(&key, work, "--documents-key needs --documents-key-id");
        let plain = bucket("documents-endpoint = 'http://files.example.org'");
        check_refused(&plain, work, "is not safe: write https://");
        check_refused(
            "zone = 'UTC'",
            Purpose::Demo,
            "which is Africa/Kampala; leave out --zone",
        );
    }
}
