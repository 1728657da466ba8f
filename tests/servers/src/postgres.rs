//! A PostgreSQL server of our own: in a temporary folder, on a socket in it, with a new schema for each test that asks.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::programs::postgres_programs;

/// `initdb` refuses root; Debian's package brings this user.
const USER: &str = "postgres";

/// Makes the data, starts the server, says `ready`, and waits until its input ends, which is when the test process has
/// ended, however that came about. Then nothing is left. Called with the folder and the folder of the programs.
const KEEPER: &str = r#"
trap '' INT HUP TERM
folder=$1 bin=$2
if "$bin/initdb" --pgdata "$folder/data" --auth trust --username caseway --encoding UTF8 --locale C.UTF-8 --no-sync \
        > "$folder/log" 2>&1 &&
    "$bin/pg_ctl" --pgdata "$folder/data" --log "$folder/log" --wait --options \
        "-k '$folder' -c listen_addresses='' -c fsync=off -c max_connections=200 -c shared_buffers=64MB" \
        start > "$folder/start" 2>&1
then echo ready
else tail -n 20 "$folder/log" "$folder/start" 2>&1
fi
exec > /dev/null 2>&1
cat
"$bin/pg_ctl" --pgdata "$folder/data" --mode immediate stop
rm -rf "$folder"
"#;

/// The environment variable that names the folder of a server that was started before: for test runners with a process a test.
pub const RUNNING: &str = "CASEWAY_POSTGRES";

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    /// Its input is ours; it ends with us. `None` where somebody else has started the server.
    _keeper: Option<Child>,
}

impl Postgres {
    /// The server that `CASEWAY_POSTGRES` names, else that of this process, started by whoever asks first. `Err` says why
    /// there is none.
    pub fn shared() -> Result<&'static Postgres, String> {
        static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| match std::env::var_os(RUNNING) {
                Some(folder) => Postgres::running(PathBuf::from(folder)),
                None => Postgres::start(),
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    fn running(folder: PathBuf) -> Result<Postgres, String> {
        Ok(Postgres {
            folder,
            programs: postgres_programs()?,
            _keeper: None,
        })
    }

    /// The folder of its socket, for `CASEWAY_POSTGRES`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a server. It stops when the value is dropped or the process ends.
    pub fn start() -> Result<Postgres, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let programs = postgres_programs()?;
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("caseway-postgres-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let mut command = as_server(&folder)?;
        let mut keeper = command
            .args(["sh", "-c", KEEPER, "keeper"])
            .arg(&folder)
            .arg(&programs)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("PostgreSQL cannot be started: {error}"))?;
        let said = keeper.stdout.take().map(BufReader::new);
        let mut lines = said
            .into_iter()
            .flat_map(BufRead::lines)
            .map_while(Result::ok);
        match lines.next().as_deref() {
            Some("ready") => Ok(Postgres {
                folder,
                programs,
                _keeper: Some(keeper),
            }),
            first => {
                let first = first.unwrap_or_default().to_owned();
                let rest: Vec<String> = lines.collect();
                Err(format!(
                    "PostgreSQL cannot be started: {first}\n{}",
                    rest.join("\n")
                ))
            }
        }
    }

    /// The address of a new, empty schema.
    pub fn schema(&self) -> Result<String, String> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("s{}_{number}", std::process::id());
        self.sql(&format!("create schema {name}"))?;
        Ok(format!(
            "{}&options[search_path]={name}",
            self.address("postgres")
        ))
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> Result<String, String> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("d{}_{number}", std::process::id());
        self.sql(&format!("create database {name}"))?;
        Ok(self.address(&name))
    }

    /// Runs a statement as the owner of everything; gives what it finds, a line a row.
    pub fn sql(&self, text: &str) -> Result<String, String> {
        self.done(Command::new(self.programs.join("psql")).args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--dbname",
            "postgres",
            "--command",
            text,
        ]))
    }

    /// Stops the server as a crash would, and starts it again.
    pub fn crash(&self) -> Result<(), String> {
        let data = self.folder.join("data").display().to_string();
        let log = self.folder.join("log").display().to_string();
        let options = std::fs::read_to_string(self.folder.join("data/postmaster.opts"))
            .map_err(|error| error.to_string())?;
        // The first word is the program; the rest is how it was started.
        let options = options.split_once(' ').map_or("", |(_, rest)| rest).trim();
        let options = options.replace('"', "'");
        for arguments in [
            vec!["--pgdata", &data, "--mode", "immediate", "stop"],
            vec![
                "--pgdata",
                &data,
                "--log",
                &log,
                "--wait",
                "--options",
                &options,
                "start",
            ],
        ] {
            let mut command = as_server(&self.folder)?;
            self.done(command.arg(self.programs.join("pg_ctl")).args(arguments))?;
        }
        Ok(())
    }

    fn address(&self, database: &str) -> String {
        format!(
            "postgres://caseway@localhost/{database}?host={}",
            self.folder.display()
        )
    }

    fn done(&self, command: &mut Command) -> Result<String, String> {
        let name = command.get_program().display().to_string();
        let done = command
            .env("PGHOST", &self.folder)
            .env("PGUSER", "caseway")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{name}: {error}"))?;
        if done.status.success() {
            Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
        } else {
            Err(format!("{name}: {}", String::from_utf8_lossy(&done.stderr)))
        }
    }
}

/// A command that runs its arguments as somebody who may run the server: us, or the server's user if we are root. The folder
/// becomes his.
fn as_server(folder: &Path) -> Result<Command, String> {
    let said = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    if said(&["-u"]).as_deref() != Some("0") {
        return Ok(Command::new("env"));
    }
    let number = said(&["-u", USER]).and_then(|number| number.parse().ok());
    let Some(number) = number else {
        return Err(format!(
            "there is no user {USER}, and root may not run PostgreSQL; install Debian's package postgresql, or test as another user"
        ));
    };
    own(folder, number)?;
    let mut command = Command::new("runuser");
    command.args(["-u", USER, "--"]);
    Ok(command)
}

#[cfg(unix)]
fn own(folder: &Path, user: u32) -> Result<(), String> {
    std::os::unix::fs::chown(folder, Some(user), None)
        .map_err(|error| format!("{}: {error}", folder.display()))
}

#[cfg(not(unix))]
fn own(_folder: &Path, _user: u32) -> Result<(), String> {
    Ok(())
}
