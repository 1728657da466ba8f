//! How the stories of the demonstration are told. Days are counted back from today.

mod children;

use super::answers::{self, Child, Level};
use super::{Event, What};
use crate::people::{Born, Details, Sex};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

const HELEN: &str = "helen";
const GRACE: &str = "grace";
const JOSEPH: &str = "joseph";
const RUTH: &str = "ruth";

/// Everything that happened, story by story.
pub(super) fn events(today: Date) -> Vec<Event> {
    let tellers: [fn(&mut Story); 14] = [
        children::sarah,
        children::emmanuel,
        children::stella,
        children::brian,
        children::esther,
        children::peter,
        children::joan,
        children::ivan,
        children::faith,
        children::samuel,
        children::amina,
        children::moses,
        children::rose,
        children::lakot,
    ];
    let told = tellers.iter().enumerate().map(|(number, tell)| {
        let mut story = Story {
            number,
            today,
            worker: GRACE,
            child: NOBODY,
            events: Vec::new(),
        };
        tell(&mut story);
        story.events
    });
    told.flatten().collect()
}

/// One child's story while it is told.
struct Story {
    number: usize,
    today: Date,
    worker: &'static str,
    child: Child,
    events: Vec<Event>,
}

impl Story {
    fn date(&self, days_ago: i64) -> String {
        self.today.saturating_sub(days_ago.days()).to_string()
    }

    fn at(&self, days_ago: i64, hour: i8) -> String {
        format!("{}T{hour:02}:00:00+03:00", self.date(days_ago))
    }

    fn add(&mut self, days_ago: i64, hour: i8, by: &'static str, what: What) {
        self.events.push(Event {
            story: self.number,
            days_ago,
            hour,
            by,
            what,
        });
    }

    fn step(
        &mut self,
        days_ago: i64,
        hour: i8,
        by: &'static str,
        step: &'static str,
        answers: Value,
    ) {
        self.add(days_ago, hour, by, What::Complete(step, answers));
    }

    fn note(&mut self, days_ago: i64, by: &'static str, text: &'static str) {
        self.add(days_ago, 16, by, What::Note(text));
    }

    fn open(&mut self, days_ago: i64, child: Child, worker: Option<&'static str>) {
        self.child = child;
        self.worker = worker.unwrap_or(GRACE);
        let details = Details {
            name: child.name.into(),
            called: Some(child.called.into()),
            sex: match child.sex {
                "female" => Sex::Female,
                "male" => Sex::Male,
                _ => Sex::Other,
            },
            born: Some(Born::About {
                age: child.age,
                on: self.today.saturating_sub(days_ago.days()),
            }),
            languages: vec![child.language.into()],
            alerts: child
                .alert
                .iter()
                .map(|alert| (*alert).to_owned())
                .collect(),
            matters: child.matters.map(str::to_owned),
        };
        self.add(days_ago, 8, HELEN, What::Open(details, worker));
    }

    fn register(&mut self, days_ago: i64) {
        let registration = answers::registration(&self.child, &self.at(days_ago, 8));
        self.step(days_ago, 8, HELEN, "Register the child", registration);
        self.step(
            days_ago,
            8,
            HELEN,
            "Record consent",
            answers::consent(&self.child),
        );
    }

    fn intake(&mut self, days_ago: i64, child: Child, worker: &'static str, level: Level) {
        self.open(days_ago, child, Some(worker));
        self.register(days_ago);
        self.step(
            days_ago,
            9,
            worker,
            "Screen the risk",
            answers::screen(&child, level),
        );
        let decision = answers::decide(level, &self.at(days_ago, 9));
        self.step(days_ago, 9, worker, "Decide the risk level", decision);
    }

    fn referral(&mut self, days_ago: i64, hour: i8, service: &str, urgency: &str, reference: &str) {
        let answers = answers::referral(
            service,
            urgency,
            "As the law asks; please confirm what you do.",
            reference,
        );
        self.step(days_ago, hour, self.worker, "Make a referral", answers);
    }

    fn seen(&mut self, days_ago: i64, words: &str) {
        let contact = answers::first_contact(&self.at(days_ago, 14), words);
        self.step(days_ago, 15, self.worker, "See the child", contact);
    }

    fn assessed(&mut self, days_ago: i64, level: Level, wishes: &str) {
        let assessment = answers::assessment(&self.date(days_ago), level, wishes);
        self.step(days_ago, 11, self.worker, "Assess the child", assessment);
    }

    fn planned(&mut self, days_ago: i64, level: Level, frequency: &str) {
        self.step(
            days_ago + 3,
            10,
            RUTH,
            "Review the assessment",
            answers::approve_assessment(),
        );
        let plan = answers::plan(
            &self.date(days_ago),
            frequency,
            &self.date(days_ago - 60),
            level == Level::High,
        );
        self.step(days_ago, 14, self.worker, "Make the case plan", plan);
    }

    fn plan_approved(&mut self, days_ago: i64) {
        self.step(
            days_ago,
            9,
            RUTH,
            "Approve the case plan",
            answers::approve_plan(),
        );
    }

    fn visit(&mut self, days_ago: i64, note: &str) {
        let visit = answers::follow_up(&self.date(days_ago), note);
        self.step(days_ago, 13, self.worker, "Follow up with the child", visit);
    }

    fn reviewed(&mut self, days_ago: i64, level: Level, decision: &str) {
        let review = answers::review(&self.date(days_ago), level, decision);
        self.step(days_ago, 10, self.worker, "Review the case", review);
    }

    fn closure_proposed(&mut self, days_ago: i64, level: Level, check_days_ago: i64) {
        let closure = answers::closure(level, &self.date(check_days_ago));
        self.step(days_ago, 11, self.worker, "Propose the closure", closure);
    }
}

const NOBODY: Child = Child {
    name: "unknown",
    called: "unknown",
    sex: "other or not known",
    age: 8,
    language: "Luganda",
    village: "Go-down zone",
    lives_with: "one parent",
    caregiver: ("Grandmother", "grandmother"),
    concern: "neglect",
    story: "",
    channel: "helpline 116",
    alert: None,
    matters: None,
    birth_registered: "yes",
    status: "citizen",
};
