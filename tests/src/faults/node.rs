//! A program that serves, with the cable that it hangs on where it lives in a network namespace of its own.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use crate::program::Program;

/// The address of the database server, which all namespaces have a way to.
pub(super) const SERVER: &str = "10.231.255.1";

/// The addresses of the namespaces.
pub(super) const NAMESPACES: &str = "10.231.0.0/16";

/// By how much the clocks of programs go wrong: further apart than a lease is long.
const SKEWS: [&str; 3] = ["+0s", "+20s", "-20s"];

/// A running program.
#[derive(Debug)]
pub(super) struct Node {
    program: Program,
    namespace: Option<Namespace>,
}

impl Node {
    pub(super) fn new(program: Program, namespace: Option<Namespace>) -> Node {
        Node { program, namespace }
    }

    /// Where it answers.
    pub(super) fn address(&self) -> SocketAddr {
        self.program.address()
    }

    /// The number of its process.
    pub(super) fn id(&self) -> u32 {
        self.program.id()
    }

    /// Kills it without a chance to write anything.
    pub(super) fn kill(self) -> Result<(), String> {
        self.program.kill()
    }

    /// Pulls the cable to the database, or plugs it in again.
    pub(super) fn plug(&self, is_in: bool) -> Result<(), String> {
        match &self.namespace {
            Some(namespace) => namespace.plug(is_in),
            None => Err("a program without a namespace has no cable".to_owned()),
        }
    }
}

/// A network namespace: nothing but a cable to this machine, and a door through which people come in.
#[derive(Debug)]
pub(super) struct Namespace {
    name: String,
    /// Our end of the cable.
    cable: String,
    door: SocketAddr,
    closed: Arc<AtomicBool>,
    /// Which of the clocks.
    number: u32,
}

impl Namespace {
    /// A new one; people who come to [`Namespace::door`] get to `inside`, an address within.
    pub(super) fn new(inside: SocketAddr) -> Result<Namespace, String> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let name = format!("caseway-{process}-{number}");
        let cable = format!("cw{process}-{number}");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let door = listener.local_addr().map_err(|error| error.to_string())?;
        let namespace = Namespace {
            name,
            cable,
            door,
            closed: Arc::default(),
            number,
        };
        namespace.lay()?;
        let (path, closed) = (
            format!("/run/netns/{}", namespace.name),
            namespace.closed.clone(),
        );
        let opened = std::fs::File::open(&path).map_err(|error| format!("{path}: {error}"))?;
        thread::spawn(move || {
            if enter(&opened).is_ok() {
                admit(&listener, inside, &closed);
            }
        });
        Ok(namespace)
    }

    /// Where people come in.
    pub(super) fn door(&self) -> SocketAddr {
        self.door
    }

    /// The command that becomes a command within, by a clock that is right or wrong.
    pub(super) fn command(&self, program: &Command) -> Result<Command, String> {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]);
        command.arg(program.get_program()).args(program.get_args());
        // The program `faketime` would stand between us and the process that is to be killed.
        command.env("LD_PRELOAD", wrong_clocks()?);
        command.env("FAKETIME", SKEWS[self.number as usize % SKEWS.len()]);
        Ok(command)
    }

    fn lay(&self) -> Result<(), String> {
        let (name, cable) = (&*self.name, &*self.cable);
        let third = self.number % 250;
        let (ours, theirs) = (format!("10.231.{third}.1"), format!("10.231.{third}.2"));
        ip(&["netns", "add", name])?;
        ip(&[
            "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name,
        ])?;
        ip(&["addr", "add", &format!("{ours}/30"), "dev", cable])?;
        ip(&["link", "set", cable, "up"])?;
        ip(&[
            "-n",
            name,
            "addr",
            "add",
            &format!("{theirs}/30"),
            "dev",
            "eth0",
        ])?;
        ip(&["-n", name, "link", "set", "eth0", "up"])?;
        ip(&["-n", name, "link", "set", "lo", "up"])?;
        ip(&["-n", name, "route", "add", "default", "via", &ours])
    }

    fn plug(&self, is_in: bool) -> Result<(), String> {
        ip(&[
            "link",
            "set",
            &self.cable,
            if is_in { "up" } else { "down" },
        ])
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // Whoever stands at the door wakes up.
        let _ = TcpStream::connect(self.door);
        let _ = ip(&["link", "del", &self.cable]);
        let _ = ip(&["netns", "del", &self.name]);
    }
}

/// The address at which a database server can be reached from all namespaces, until the value is dropped.
#[derive(Debug)]
pub(super) struct Ground;

impl Ground {
    /// Needs root, the program `ip`, and the library of `faketime`.
    pub(super) fn new() -> Result<Ground, String> {
        wrong_clocks()?;
        ip(&["addr", "replace", &format!("{SERVER}/32"), "dev", "lo"])?;
        Ok(Ground)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = ip(&["addr", "del", &format!("{SERVER}/32"), "dev", "lo"]);
    }
}

/// The library that makes clocks wrong.
fn wrong_clocks() -> Result<PathBuf, String> {
    let folders = std::fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    found.find(|library| library.exists()).ok_or_else(|| {
        "there is no libfaketimeMT.so.1; install Debian's package faketime".to_owned()
    })
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let done = Command::new("ip").args(arguments).output();
    let done = done.map_err(|error| format!("ip: {error}; install Debian's package iproute2"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!("ip {}: {}", arguments.join(" "), said.trim()))
}

/// This thread is in the namespace from now on. A listener that it has is where it was.
#[cfg(target_os = "linux")]
fn enter(namespace: &std::fs::File) -> io::Result<()> {
    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
    use std::os::fd::AsFd;

    let network = Some(LinkNameSpaceType::Network);
    Ok(move_into_link_name_space(namespace.as_fd(), network)?)
}

#[cfg(not(target_os = "linux"))]
fn enter(_namespace: &std::fs::File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Brings everybody who comes to the listener to an address in the namespace of this thread.
fn admit(listener: &TcpListener, to: SocketAddr, closed: &AtomicBool) {
    for outside in listener.incoming() {
        if closed.load(Ordering::SeqCst) {
            return;
        }
        let (Ok(outside), Ok(inside)) = (outside, TcpStream::connect(to)) else {
            continue;
        };
        let ends = (outside.try_clone(), inside.try_clone());
        let (Ok(outside_too), Ok(inside_too)) = ends else {
            continue;
        };
        thread::spawn(move || carry(outside, inside));
        thread::spawn(move || carry(inside_too, outside_too));
    }
}

/// Carries bytes until one side has no more.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let _ = to.set_nodelay(true);
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
