//! People at work while everything fails: each has a few cases, asks one thing at a time, and writes down what was answered.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::ledger::{Deed, Fate, Kind, Ledger};
use crate::program::http::{Answer, Connection};
use crate::simulation::random::Random;

/// Cases that one client has at a time.
const CASES: usize = 3;

/// How long a client waits before it calls again where nobody answers.
const PAUSE: Duration = Duration::from_millis(10);

/// One of the clients.
#[derive(Debug)]
pub(super) struct Client {
    random: Random,
    cases: Vec<Case>,
    connections: BTreeMap<SocketAddr, Connection>,
    /// How long an answer may take.
    patience: Duration,
    /// Answers that nobody should ever get, with what was asked.
    pub(super) wrong: Vec<String>,
    /// Answers by status.
    pub(super) statuses: BTreeMap<u16, u64>,
}

/// A case of a client, as far as it knows.
#[derive(Debug)]
struct Case {
    id: String,
    started: bool,
    sent_letter: bool,
    closed: bool,
}

impl Client {
    pub(super) fn new(seed: u64, patience: Duration) -> Client {
        Client {
            random: Random::new(seed),
            cases: Vec::new(),
            connections: BTreeMap::new(),
            patience,
            wrong: Vec::new(),
            statuses: BTreeMap::new(),
        }
    }

    /// Works until it is told to stop.
    pub(super) fn work(&mut self, to: &[SocketAddr], ledger: &Ledger, stop: &AtomicBool) {
        self.connections.retain(|address, _| to.contains(address));
        while !stop.load(Ordering::SeqCst) {
            let Some(address) = self.random.pick(to).copied() else {
                return;
            };
            if self.step(address, ledger).is_err() {
                self.connections.remove(&address);
                thread::sleep(PAUSE);
            }
        }
    }

    fn step(&mut self, to: SocketAddr, ledger: &Ledger) -> io::Result<()> {
        self.cases.retain(|case| !case.closed);
        if self.cases.len() < CASES {
            return self.begin(to, ledger);
        }
        if self.random.chance(3) {
            let deed = self.deed(ledger, Kind::Notice, "");
            let body = json!({ "signalName": "notice", "variables": { "notice": deed.mark } });
            return self
                .ask(to, ledger, deed, "/v2/signals/broadcast", &body)
                .map(drop);
        }
        if self.random.chance(20) {
            return self.print(to, ledger);
        }
        let chosen = self.random.below(self.cases.len());
        if !self.cases[chosen].sent_letter && self.random.chance(30) {
            return self.letter(to, ledger, chosen);
        }
        self.task(to, ledger, chosen)
    }

    fn begin(&mut self, to: SocketAddr, ledger: &Ledger) -> io::Result<()> {
        let mut deed = self.deed(ledger, Kind::Start, "");
        let id = format!("case-{}", deed.mark);
        deed.case.clone_from(&id);
        self.cases.push(Case {
            id: id.clone(),
            started: false,
            sent_letter: false,
            closed: false,
        });
        let body = json!({
            "processDefinitionId": "care", "businessId": id,
            "variables": { "id": id, "begun": deed.mark },
        });
        let fate = self.ask(to, ledger, deed, "/v2/process-instances", &body)?;
        if let Some(case) = self.cases.last_mut() {
            case.started = fate == Fate::Acknowledged;
            case.closed = fate == Fate::Refused;
        }
        Ok(())
    }

    /// A letter for a case; it may come before the case waits for it.
    fn letter(&mut self, to: SocketAddr, ledger: &Ledger, chosen: usize) -> io::Result<()> {
        let case = self.cases[chosen].id.clone();
        let deed = self.deed(ledger, Kind::Letter, &case);
        let body = json!({
            "name": "letter", "correlationKey": case, "timeToLive": 3_600_000, "messageId": deed.mark,
            "variables": { "letter": deed.mark },
        });
        let fate = self.ask(to, ledger, deed, "/v2/messages/publication", &body)?;
        self.cases[chosen].sent_letter |= fate == Fate::Acknowledged;
        Ok(())
    }

    /// Takes a job of whatever case and does it, unless the printer jams. A lease may be over before, so that another has it.
    fn print(&mut self, to: SocketAddr, ledger: &Ledger) -> io::Result<()> {
        let lease = 1 + self.random.below(300);
        let asked = json!({
            "type": "print", "worker": "printer", "timeout": lease, "maxJobsToActivate": 1, "requestTimeout": -1,
            "withLease": true,
        });
        let found = self.post(to, "/v2/jobs/activation", &asked)?.json();
        let job = &found["jobs"][0];
        let Some(key) = job["jobKey"].as_str() else {
            return Ok(());
        };
        if self.random.chance(10) {
            let path = format!("/v2/jobs/{key}/failure");
            let body = json!({ "retries": 3, "errorMessage": "paper jam", "leaseToken": job["leaseToken"] });
            return self.post(to, &path, &body).map(drop);
        }
        let case = job["businessId"].as_str().unwrap_or_default();
        let deed = self.deed(ledger, Kind::Print, case);
        let path = format!("/v2/jobs/{key}/completion");
        let body =
            json!({ "variables": { "printed": deed.mark }, "leaseToken": job["leaseToken"] });
        self.ask(to, ledger, deed, &path, &body).map(drop)
    }

    /// Looks which task of a case is open, and claims or completes it.
    fn task(&mut self, to: SocketAddr, ledger: &Ledger, chosen: usize) -> io::Result<()> {
        let case = self.cases[chosen].id.clone();
        let body = json!({ "filter": { "state": "CREATED", "businessId": case } });
        let found = self.post(to, "/v2/user-tasks/search", &body)?;
        if found.status >= 300 {
            thread::sleep(PAUSE);
            return Ok(());
        }
        let found = found.json();
        let Some(task) = found["items"].get(0) else {
            // A start of which nobody knows, and that is not there: nothing more comes of it.
            self.cases[chosen].closed = !self.cases[chosen].started;
            thread::sleep(PAUSE / 2);
            return Ok(());
        };
        self.cases[chosen].started = true;
        let key = task["userTaskKey"].as_str().unwrap_or_default();
        let is_last = task["elementId"] == "close";
        if self.random.chance(25) {
            let who = format!("worker-{}", self.random.below(5));
            let path = format!("/v2/user-tasks/{key}/assignment");
            return self.post(to, &path, &json!({ "assignee": who })).map(drop);
        }
        let deed = self.deed(ledger, Kind::Complete, &case);
        let path = format!("/v2/user-tasks/{key}/completion");
        let body = json!({ "variables": { "did": deed.mark } });
        let fate = self.ask(to, ledger, deed, &path, &body)?;
        if fate == Fate::Acknowledged && self.random.chance(10) {
            // Somebody has pressed the button twice.
            let deed = self.deed(ledger, Kind::Complete, &case);
            let body = json!({ "variables": { "did": deed.mark } });
            let again = self.ask(to, ledger, deed, &path, &body)?;
            if again == Fate::Acknowledged {
                self.wrong.push(format!("{path} was acknowledged twice"));
            }
        }
        self.cases[chosen].closed = is_last && fate != Fate::Unknown;
        Ok(())
    }

    fn deed(&self, ledger: &Ledger, kind: Kind, case: &str) -> Deed {
        Deed {
            kind,
            mark: ledger.mark(),
            case: case.to_owned(),
            fate: Fate::Unknown,
            asked: 0,
            answered: 0,
        }
    }

    /// Asks for a deed and notes it with its fate, also where the connection is lost.
    fn ask(
        &mut self,
        to: SocketAddr,
        ledger: &Ledger,
        mut deed: Deed,
        path: &str,
        body: &Value,
    ) -> io::Result<Fate> {
        deed.asked = ledger.tick();
        let answer = self.post(to, path, body);
        deed.fate = match &answer {
            Ok(answer) if answer.status < 300 => Fate::Acknowledged,
            Ok(answer) if answer.status < 500 => Fate::Refused,
            Ok(_) | Err(_) => Fate::Unknown,
        };
        deed.answered = ledger.tick();
        let fate = deed.fate;
        ledger.note(deed);
        answer.map(|_| fate)
    }

    fn post(&mut self, to: SocketAddr, path: &str, body: &Value) -> io::Result<Answer> {
        let connection = match self.connections.remove(&to) {
            Some(connection) => connection,
            None => Connection::open_for(to, self.patience)?,
        };
        let connection = self.connections.entry(to).or_insert(connection);
        let answer = connection.post(path, body)?;
        *self.statuses.entry(answer.status).or_default() += 1;
        match answer.status {
            503 if answer.header("retry-after").is_none() => self
                .wrong
                .push(format!("{path} was answered 503 without Retry-After")),
            500 => self
                .wrong
                .push(format!("{path} was answered 500: {}", answer.body)),
            _ => {}
        }
        Ok(answer)
    }
}
