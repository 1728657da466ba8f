//! The database and the programs on it: started, killed, and looked at in between.

use std::fs::{self, File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use servers::Postgres;

use super::check::{Checked, check};
use super::ledger::Deed;
use super::node::{Ground, NAMESPACES, Namespace, Node, SERVER};
use super::{Database, Plan};
use crate::program::{Program, command_on, free_address, http};
use crate::scratch::Scratch;

/// What everybody works by.
const MODEL: &str = include_str!("care.bpmn");

/// How often a database that others may still write is looked at again before something counts as broken.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// How often all cases are brought on until they have ended.
const ENDINGS: u32 = 1_200;
const BETWEEN_ENDINGS: Duration = Duration::from_millis(50);

/// One database and what serves it.
pub(super) struct Scene {
    folder: Scratch,
    executable: PathBuf,
    /// Where the programs find the database.
    pub(super) address: String,
    pub(super) nodes: Vec<Node>,
    /// The server of the database, where it is no file.
    server: Option<Postgres>,
    /// Where programs live apart, what their cables lead to.
    ground: Option<Ground>,
}

impl Scene {
    /// An empty database with so many programs on it, and the model deployed.
    pub(super) fn new(plan: &Plan, nodes: usize) -> Result<Scene, String> {
        let folder = Scratch::within(&plan.folder)?;
        let ground = match plan.apart {
            true => Some(Ground::new()?),
            false => None,
        };
        let (address, server) = match &plan.database {
            Database::Sqlite => {
                let file = folder.path().join("caseway.db");
                (format!("sqlite:{}", file.display()), None)
            }
            Database::Postgres => {
                let server = match plan.apart {
                    true => Postgres::start_on(SERVER, NAMESPACES)?,
                    false => Postgres::start()?,
                };
                // Programs follow the link when another server takes over.
                let link = folder.path().join("server");
                point(&link, server.folder())?;
                (server.schema_at(&link)?, Some(server))
            }
        };
        let mut scene = Scene {
            folder,
            executable: plan.program.clone(),
            address,
            nodes: Vec::new(),
            server,
            ground,
        };
        for _ in 0..nodes {
            scene.start()?;
        }
        let to = scene.nodes[0].address();
        let answer = http::deploy(to, "care.bpmn", MODEL).map_err(|error| error.to_string())?;
        if answer.status >= 300 {
            return Err(format!("the model is not deployed: {}", answer.body));
        }
        Ok(scene)
    }

    /// One more program, ready.
    pub(super) fn start(&mut self) -> Result<(), String> {
        let listen = free_address()?;
        let (mut command, namespace) = self.command(listen)?;
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(self.log()?);
        let address = namespace.as_ref().map_or(listen, Namespace::door);
        let started = Program::start_with(command, address);
        let program = started.map_err(|problem| format!("{problem}\n{}", self.last_words()))?;
        self.nodes.push(Node::new(program, namespace));
        Ok(())
    }

    /// The command line of a program, in a namespace of its own where programs live apart.
    fn command(&self, listen: SocketAddr) -> Result<(Command, Option<Namespace>), String> {
        let namespace = match self.ground {
            Some(_) => Some(Namespace::new(listen)?),
            None => None,
        };
        let mut address = self.address.clone();
        if let (Some(_), Some((_, options))) = (&namespace, self.address.split_once('&')) {
            address = format!("postgres://caseway@{SERVER}/postgres?{options}");
        }
        let mut command = command_on(&self.executable, "serve", &address, listen);
        command.args(["--insecure-no-auth", "--log", "warn"]);
        let command = match &namespace {
            Some(namespace) => namespace.command(&command)?,
            None => command,
        };
        Ok((command, namespace))
    }

    /// A program that is killed while it starts.
    pub(super) fn start_and_kill(&self, after: Duration) -> Result<(), String> {
        let (mut command, _namespace) = self.command(free_address()?)?;
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(self.log()?);
        let mut child: Child = command.spawn().map_err(|error| error.to_string())?;
        thread::sleep(after);
        let killed = child.kill().and_then(|()| child.wait());
        killed.map(drop).map_err(|error| error.to_string())
    }

    /// Where the programs listen.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// The server of the database.
    pub(super) fn server(&self) -> Result<&Postgres, String> {
        let server = self.server.as_ref();
        server.ok_or_else(|| "a file has no server".to_owned())
    }

    /// Kills the server of the database for good; a standby that has followed it takes over.
    pub(super) fn fail_over(&mut self) -> Result<(), String> {
        let standby = self.server()?.standby()?;
        self.server()?.kill()?;
        point(&self.folder.path().join("server"), standby.folder())?;
        standby.promote()?;
        self.server = Some(standby);
        Ok(())
    }

    /// What the programs have written.
    pub(super) fn last_words(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Checks the deeds. A file is copied as a crash has left it, and the copy is looked at, so that the program itself has
    /// to mend the original. On a server whose programs still run, others may write a little longer.
    pub(super) fn check(&self, deeds: &[Deed], is_quiet: bool) -> Result<Checked, String> {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        if self.server.is_none() {
            let copy = self.copy()?;
            let checked = tokio.block_on(check(&copy.address, deeds))?;
            return checked;
        }
        let looks = if is_quiet { 1 } else { LOOKS };
        let mut last = Err(String::new());
        for _ in 0..looks {
            last = tokio.block_on(check(&self.address, deeds))?;
            if last.is_ok() {
                break;
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        last
    }

    /// Waits until the server has noticed that programs were killed: what they had sent may still be written until then.
    pub(super) fn settle(&self) -> Result<(), String> {
        let Some(server) = self.server.as_ref().filter(|_| self.nodes.is_empty()) else {
            return Ok(());
        };
        for _ in 0..ENDINGS {
            let count = server.sql(
                "select count(*) from pg_stat_activity where application_name = 'caseway' and state = 'active'",
            )?;
            if count == "0" {
                return Ok(());
            }
            thread::sleep(BETWEEN_ENDINGS);
        }
        Err("sessions of a program that was killed go on".to_owned())
    }

    fn copy(&self) -> Result<Copy, String> {
        let folder = Scratch::within(self.folder.path())?;
        let from = self.folder.path().join("caseway.db");
        let to = folder.path().join("caseway.db");
        for end in ["", "-wal"] {
            let (from, to) = (ended(&from, end), ended(&to, end));
            if from.exists() {
                fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
            }
        }
        Ok(Copy {
            address: format!("sqlite:{}", to.display()),
            _folder: folder,
        })
    }

    /// Brings all cases to their end; nothing may be left.
    pub(super) fn bring_to_an_end(&self) -> Result<(), String> {
        let node = self.nodes.first().ok_or("nobody serves")?;
        let to = node.address();
        let mut left = Vec::new();
        for _ in 0..ENDINGS {
            left = search(to, "process-instances", &json!({ "state": "ACTIVE" }))?;
            if left.is_empty() {
                return Ok(());
            }
            let tasks = search(to, "user-tasks", &json!({ "state": "CREATED" }))?;
            for task in &tasks {
                let key = task["userTaskKey"].as_str().unwrap_or_default();
                // Who has it already is no matter.
                let _ = http::post(to, &format!("/v2/user-tasks/{key}/completion"), &json!({}));
            }
            let asked = json!({ "type": "print", "timeout": 1_000, "maxJobsToActivate": 1_000, "requestTimeout": -1 });
            let jobs = http::post(to, "/v2/jobs/activation", &asked);
            let jobs = jobs.map_err(|error| error.to_string())?.json();
            for job in jobs["jobs"].as_array().into_iter().flatten() {
                let key = job["jobKey"].as_str().unwrap_or_default();
                let _ = http::post(to, &format!("/v2/jobs/{key}/completion"), &json!({}));
            }
            if tasks.is_empty() {
                for instance in &left {
                    let case = instance["businessId"].as_str().unwrap_or_default();
                    let body = json!({ "name": "letter", "correlationKey": case });
                    let _ = http::post(to, "/v2/messages/correlation", &body);
                }
            }
            thread::sleep(BETWEEN_ENDINGS);
        }
        Err(format!(
            "{} instances do not come to their end, the first of them {}",
            left.len(),
            left[0]
        ))
    }

    fn log(&self) -> Result<File, String> {
        let path = self.folder.path().join("log");
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        opened.map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// A database as it was at one moment.
struct Copy {
    address: String,
    _folder: Scratch,
}

/// Makes a link to a folder; a link that is there already points to it from now on, without a moment between.
fn point(link: &Path, to: &Path) -> Result<(), String> {
    let new = ended(link, "-new");
    let pointed = std::os::unix::fs::symlink(to, &new).and_then(|()| fs::rename(&new, link));
    pointed.map_err(|error| format!("{}: {error}", link.display()))
}

fn ended(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn search(to: SocketAddr, what: &str, filter: &Value) -> Result<Vec<Value>, String> {
    let body = json!({ "filter": filter, "page": { "limit": 500 } });
    let answer = http::post(to, &format!("/v2/{what}/search"), &body);
    let answer = answer.map_err(|error| error.to_string())?;
    if answer.status >= 300 {
        return Err(format!("{what} cannot be searched: {}", answer.body));
    }
    let found = answer.json();
    Ok(found["items"].as_array().cloned().unwrap_or_default())
}
