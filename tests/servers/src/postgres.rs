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
folder=$1 bin=$2 primary=$3 listen=$4 from=$5
data() {
    if test "$primary"
    then "$bin/pg_basebackup" --host "$primary" --username caseway --pgdata "$folder/data" --write-recovery-conf --no-sync \
        --checkpoint fast
    else "$bin/initdb" --pgdata "$folder/data" --auth trust --username caseway --encoding UTF8 --locale C.UTF-8 --no-sync
    fi
}
hosts() {
    if test "$from"
    then echo "host all all $from trust" >> "$folder/data/pg_hba.conf"
    fi
}
if data > "$folder/log" 2>&1 && hosts &&
    "$bin/pg_ctl" --pgdata "$folder/data" --log "$folder/log" --wait --options \
        "-k '$folder' -c listen_addresses='$listen' -c fsync=off -c max_connections=200 -c shared_buffers=64MB" \
        start > "$folder/start" 2>&1
then echo ready
else tail -n 20 "$folder/log" "$folder/start" 2>&1
fi
exec > /dev/null 2>&1
cat
"$bin/pg_ctl" --pgdata "$folder/data" --mode immediate stop
rm -rf "$folder"
"#;

/// How long a standby may take to follow.
const LOOKS: u32 = 100;
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(100);

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
        Postgres::start_from(None, None)
    }

    /// Starts a server that also listens on an address, and trusts those from a network.
    pub fn start_on(address: &str, network: &str) -> Result<Postgres, String> {
        Postgres::start_from(None, Some((address, network)))
    }

    /// Starts a standby that follows this server by streaming replication. From now on a commit here waits for it.
    pub fn standby(&self) -> Result<Postgres, String> {
        let standby = Postgres::start_from(Some(&self.folder), None)?;
        self.sql("alter system set synchronous_standby_names = '*'")?;
        self.sql("select pg_reload_conf()")?;
        for _ in 0..LOOKS {
            if self.sql("select count(*) from pg_stat_replication where sync_state = 'sync'")?
                != "0"
            {
                return Ok(standby);
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Err("the standby does not follow".to_owned())
    }

    /// Makes a standby the server that takes writes. It waits for no standby of its own.
    pub fn promote(&self) -> Result<(), String> {
        self.sql("alter system reset synchronous_standby_names")?;
        self.sql("select pg_reload_conf()")?;
        match self.sql("select pg_promote()")?.as_str() {
            "t" => Ok(()),
            other => Err(format!("the standby is not promoted: {other}")),
        }
    }

    fn start_from(
        primary: Option<&Path>,
        listens: Option<(&str, &str)>,
    ) -> Result<Postgres, String> {
        let (address, network) = listens.unwrap_or_default();
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
            .arg(primary.map_or(Path::new("").as_os_str(), Path::as_os_str))
            .args([address, network])
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

    /// Cuts all connections of a program, by the name that it gives itself.
    pub fn cut(&self, program: &str) -> Result<(), String> {
        let text = format!(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = '{program}'"
        );
        self.sql(&text).map(drop)
    }

    /// Kills the server and all its processes at once (`kill -9`); nothing is written any more.
    pub fn kill(&self) -> Result<(), String> {
        let file = self.folder.join("data/postmaster.pid");
        let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let server = text.lines().next().unwrap_or_default().to_owned();
        let children = children(&server);
        // The server first, else it would see to its children.
        self.done(Command::new("kill").args(["-9", &server]))?;
        for process in children {
            // It may have ended by itself.
            let _ = self.done(Command::new("kill").args(["-9", &process]));
        }
        Ok(())
    }

    /// Starts the server again after [`Postgres::kill`], as it was started before.
    pub fn restart(&self) -> Result<(), String> {
        // The numbers in them may be those of other processes by now, or of one that nobody has buried.
        for left in ["data/postmaster.pid", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"] {
            let _ = std::fs::remove_file(self.folder.join(left));
        }
        let mut tries = 0;
        loop {
            match self.again(&[]) {
                // The last of its processes may still be ending.
                Err(_) if tries < LOOKS => tries += 1,
                done => return done,
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// Stops the server as a crash would, and starts it again.
    pub fn crash(&self) -> Result<(), String> {
        self.again(&["--mode", "immediate", "stop"])
    }

    fn again(&self, stop: &[&str]) -> Result<(), String> {
        let data = self.folder.join("data").display().to_string();
        let log = self.folder.join("log").display().to_string();
        let options = std::fs::read_to_string(self.folder.join("data/postmaster.opts"))
            .map_err(|error| error.to_string())?;
        // The first word is the program; the rest is how it was started.
        let options = options.split_once(' ').map_or("", |(_, rest)| rest).trim();
        let options = options.replace('"', "'");
        let start = ["--log", &log, "--wait", "--options", &options, "start"];
        for arguments in [stop, &start[..]] {
            if !arguments.is_empty() {
                let mut command = as_server(&self.folder)?;
                command.arg(self.programs.join("pg_ctl"));
                self.done(command.args(["--pgdata", &data]).args(arguments))?;
            }
        }
        Ok(())
    }

    /// The address of a schema on the server whose socket is in a folder, which may be a link to that of one or another.
    pub fn schema_at(&self, folder: &Path) -> Result<String, String> {
        let address = self.schema()?;
        let (own, other) = (self.folder.display(), folder.display());
        Ok(address.replace(&format!("host={own}"), &format!("host={other}")))
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

/// The processes that a process has started.
fn children(parent: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // After the name, which is in brackets, come the state and the parent.
        let fields = text.rsplit(')').next().unwrap_or_default();
        if fields.split_whitespace().nth(1) == Some(parent) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
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
