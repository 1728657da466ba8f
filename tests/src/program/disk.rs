//! Disks that are full, read-only or damaged under the real program.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{Program, executable, free_address, http, said, serve};
use crate::scratch::Scratch;
use commands::workspace;

/// Enough for any of these disks to be full.
const STARTS_MAX: usize = 2_000;

/// A disk with room enough for a program to count as ready.
const DISK_MIB: usize = 160;

/// What a case carries, so that the disk is full soon.
const BALLAST_BYTES: usize = 20_000;

fn deploy(to: SocketAddr) {
    let model = workspace::root().join("tests/scenarios/user-task/visit.bpmn");
    let text = fs::read_to_string(model).unwrap();
    assert_eq!(http::deploy(to, "visit.bpmn", &text).unwrap().status, 200);
}

fn start(to: SocketAddr) -> http::Answer {
    let ballast = "x".repeat(BALLAST_BYTES);
    let variables = json!({ "worker": "grace", "ballast": ballast });
    let body = json!({ "processDefinitionId": "visit", "variables": variables });
    http::post(to, "/v2/process-instances", &body).unwrap()
}

fn count(to: SocketAddr) -> Value {
    let answer = http::post(to, "/v2/process-instances/search", &json!({})).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["page"]["totalItems"].clone()
}

/// Starts cases until the disk is full; makes room, and starts one more. Everything that was acknowledged is there.
fn full_and_empty_again(program: Program, make_room: impl FnOnce(u32)) -> usize {
    let to = program.address();
    deploy(to);
    let mut started = 0;
    let refused = (0..STARTS_MAX).find_map(|_| {
        let answer = start(to);
        started += usize::from(answer.status == 200);
        (answer.status != 200).then_some(answer)
    });
    let refused = refused.expect("the disk is never full");
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.header("retry-after").is_some());
    assert!(refused.body.contains("disk"), "{}", refused.body);
    // Who only looks is not disturbed, and nothing of what was refused is there.
    assert_eq!(count(to), started);
    assert_eq!(start(to).status, 503);
    make_room(program.id());
    for _ in 0..3 {
        let answer = start(to);
        assert_eq!(answer.status, 200, "{}", answer.body);
        started += 1;
    }
    assert_eq!(count(to), started);
    program.stop().unwrap();
    started
}

#[test]
fn at_the_limit_of_file_sizes_the_program_says_so_and_goes_on_when_it_is_lifted() {
    let folder = Scratch::new().unwrap();
    let database = folder.path().join("caseway.db");
    let address = free_address().unwrap();
    let plain = serve(&database, address).unwrap();
    // Without the trap the system ends a program that writes past the limit.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -S -f 4000; exec \"$@\"", "sh"]);
    limited.arg(plain.get_program()).args(plain.get_args());
    limited.stdin(Stdio::null());
    limited.stdout(Stdio::null()).stderr(Stdio::null());
    let program = Program::start_with(limited, address).unwrap();
    let started = full_and_empty_again(program, |process| {
        let lifted = Command::new("prlimit")
            .args(["--pid", &process.to_string(), "--fsize=unlimited"])
            .status();
        assert!(lifted.unwrap().success());
    });
    let program = Program::start(&database).unwrap();
    assert_eq!(count(program.address()), started);
}

/// A small disk in memory, gone with the value.
struct Disk(Scratch);

impl Disk {
    /// `None`, after a word about it, where this user may not mount.
    #[expect(
        clippy::print_stderr,
        reason = "nobody should believe that this was tested"
    )]
    fn new(megabytes: usize) -> Option<Disk> {
        let folder = Scratch::new().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "caseway-test"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Disk(folder));
        }
        eprintln!("not tested: only root may mount a disk of its own");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn make_read_only(&self) {
        let mounted = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(self.path())
            .status();
        assert!(mounted.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
fn on_a_full_disk_the_program_says_so_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::new(DISK_MIB) else {
        return;
    };
    let filler = disk.path().join("filler");
    let database = disk.path().join("caseway.db");
    // On a disk that is nearly full it would not even count as ready.
    let program = Program::start(&database).unwrap();
    fs::write(&filler, vec![0; (DISK_MIB - 4) << 20]).unwrap();
    let started = full_and_empty_again(program, |_| fs::remove_file(&filler).unwrap());
    let program = Program::start(&database).unwrap();
    assert_eq!(count(program.address()), started);
}

/// Runs the program until it gives up; gives what it said.
fn refused(database: &Path) -> String {
    let mut command = serve(database, free_address().unwrap()).unwrap();
    let mut child = command.spawn().unwrap();
    assert!(!child.wait().unwrap().success());
    said(&mut child)
}

#[test]
fn a_read_only_disk_is_named_with_the_way_out() {
    let Some(disk) = Disk::new(DISK_MIB) else {
        return;
    };
    let database = disk.path().join("caseway.db");
    Program::start(&database).unwrap().stop().unwrap();
    disk.make_read_only();
    let said = refused(&database);
    assert!(
        said.contains("caseway.db") && said.contains("right to write"),
        "{said}"
    );
}

/// A database with some cases, not open.
fn with_cases(folder: &Path) -> PathBuf {
    let database = folder.join("caseway.db");
    let program = Program::start(&database).unwrap();
    deploy(program.address());
    for _ in 0..20 {
        assert_eq!(start(program.address()).status, 200);
    }
    program.stop().unwrap();
    assert!(executable().is_ok());
    database
}

#[test]
fn a_file_whose_last_page_is_damaged_is_named_with_the_way_out_and_left_alone() {
    let folder = Scratch::new().unwrap();
    let database = with_cases(folder.path());
    let mut file = fs::File::options().write(true).open(&database).unwrap();
    file.seek(SeekFrom::End(-4096)).unwrap();
    file.write_all(&[0xa5; 4096]).unwrap();
    let damaged = fs::read(&database).unwrap();
    let said = refused(&database);
    assert!(
        said.contains("caseway.db is damaged") && said.contains("restore the last backup"),
        "{said}"
    );
    assert!(fs::read(&database).unwrap() == damaged);
}

#[test]
fn a_file_that_was_cut_short_is_named_with_the_way_out() {
    let folder = Scratch::new().unwrap();
    let database = with_cases(folder.path());
    let file = fs::File::options().write(true).open(&database).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length - 4096).unwrap();
    let said = refused(&database);
    assert!(
        said.contains("caseway.db is damaged") && said.contains("restore the last backup"),
        "{said}"
    );
}
