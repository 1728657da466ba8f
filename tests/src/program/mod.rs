//! The real program, started as a process of its own: stopped, killed, and refused what it needs.

pub mod http;

#[cfg(test)]
mod disk;
#[cfg(test)]
mod operating;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use commands::{program, workspace};

/// How often the program is asked whether it has come up or stopped, and how long each time is waited.
const LOOKS: u32 = 3_000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// A running program.
#[derive(Debug)]
pub struct Program {
    child: Child,
    address: SocketAddr,
}

/// The executable: `CASEWAY_PROGRAM`, else a debug build made now.
pub fn executable() -> Result<&'static Path, String> {
    static BUILT: OnceLock<Result<std::path::PathBuf, String>> = OnceLock::new();
    let build = || program::named_or_built(&workspace::root(), program::Profile::Debug);
    BUILT.get_or_init(build).as_deref().map_err(Clone::clone)
}

/// An address that nobody listens on.
pub fn free_address() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map_err(|error| error.to_string())
}

/// The command line of `caseway serve` over a database file.
pub fn serve(database: &Path, address: SocketAddr) -> Result<Command, String> {
    serve_from(&format!("sqlite:{}", database.display()), address)
}

/// The command line of `caseway serve` over the database of that address.
pub fn serve_from(database: &str, address: SocketAddr) -> Result<Command, String> {
    let mut command = command_on(executable()?, "serve", database, address);
    command.args(["--insecure-no-auth", "--log", "warn"]);
    Ok(command)
}

/// The command line of one of the program's commands that serve.
pub fn command(executable: &Path, name: &str, database: &Path, address: SocketAddr) -> Command {
    let database = format!("sqlite:{}", database.display());
    command_on(executable, name, &database, address)
}

/// The same on a database of any kind, by its address.
pub fn command_on(executable: &Path, name: &str, database: &str, address: SocketAddr) -> Command {
    let mut command = Command::new(executable);
    command.arg(name).args(["--listen", &address.to_string()]);
    command.args(["--database", database]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Program {
    /// Starts `caseway serve` and waits until it is ready.
    pub fn start(database: &Path) -> Result<Program, String> {
        let address = free_address()?;
        Program::start_with(serve(database, address)?, address)
    }

    /// Starts a command that serves on `address`, and waits until it is ready.
    pub fn start_with(mut command: Command, address: SocketAddr) -> Result<Program, String> {
        let child = command.spawn().map_err(|error| error.to_string())?;
        let mut program = Program { child, address };
        for _ in 0..LOOKS {
            if http::get(address, "/health/ready").is_ok_and(|answer| answer.status == 200) {
                return Ok(program);
            }
            if let Ok(Some(status)) = program.child.try_wait() {
                return Err(format!(
                    "the program ended with {status}: {}",
                    said(&mut program.child)
                ));
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        Err("the program did not become ready".to_owned())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills it without a chance to write anything.
    pub fn kill(mut self) -> Result<(), String> {
        self.child
            .kill()
            .and_then(|()| self.child.wait())
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, and waits until it has; gives how it ended and what it wrote.
    pub fn stop(mut self) -> Result<(ExitStatus, String), String> {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        asked.map_err(|error| error.to_string())?;
        for _ in 0..LOOKS {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Ok((status, said(&mut self.child)));
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        Err("the program did not stop when it was asked to".to_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program that has ended wrote.
pub fn said(child: &mut Child) -> String {
    let mut text = String::new();
    if let Some(mut output) = child.stdout.take() {
        let _ = output.read_to_string(&mut text);
    }
    if let Some(mut errors) = child.stderr.take() {
        let _ = errors.read_to_string(&mut text);
    }
    text
}
