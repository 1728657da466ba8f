//! Random processes, built block by block: each block has one way in and one way out, so every process can end.

use std::fmt::Write as _;

use super::random::Random;

/// How deep blocks nest.
const DEPTH_MAX: usize = 3;

/// A piece of a process.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// A user task, for a group or for nobody in particular.
    User { group: Option<&'static str> },
    /// A job for a program; with a path for its error.
    Service { caught: bool },
    /// A script that counts.
    Script,
    /// A task that nobody reports.
    Plain,
    /// A timer to wait for.
    Timer { hours: usize },
    /// Blocks one after the other.
    Row(Vec<Block>),
    /// One of several, by the last answer.
    Exclusive(Vec<Block>),
    /// All of several.
    Parallel(Vec<Block>),
    /// Again and again, while the last answer says so.
    Loop(Box<Block>),
    /// A scope of its own.
    Subprocess {
        body: Box<Block>,
        boundary: Boundary,
        end: InnerEnd,
    },
    /// Another process.
    Call,
}

/// What stands at the edge of a subprocess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boundary {
    /// Nothing.
    None,
    /// A deadline.
    Timer { hours: usize, interrupting: bool },
    /// Whatever error.
    Error,
}

/// How a subprocess may end beside reaching its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InnerEnd {
    /// Not.
    Plain,
    /// By a terminate end, on one answer.
    Terminate,
    /// By an error end, on one answer.
    Error,
}

/// A random block.
pub(super) fn block(random: &mut Random, depth: usize) -> Block {
    let leaf = depth >= DEPTH_MAX || random.chance(30);
    if leaf {
        return match random.below(10) {
            0..=3 => Block::User {
                group: random
                    .pick(&[None, Some("caseworkers"), Some("supervisors")])
                    .copied()
                    .flatten(),
            },
            4 => Block::Service {
                caught: random.chance(50),
            },
            5 => Block::Script,
            6 => Block::Plain,
            7 => Block::Timer {
                hours: 1 + random.below(72),
            },
            8 => Block::Call,
            _ => Block::User { group: None },
        };
    }
    let some = |random: &mut Random| {
        (0..2 + random.below(2))
            .map(|_| block(random, depth + 1))
            .collect::<Vec<_>>()
    };
    match random.below(6) {
        0 => Block::Row(some(random)),
        1 => Block::Exclusive(some(random)),
        2 => Block::Parallel(some(random)),
        3 => Block::Loop(Box::new(block(random, depth + 1))),
        4 | 5 => Block::Subprocess {
            body: Box::new(block(random, depth + 1)),
            boundary: match random.below(4) {
                0 => Boundary::None,
                1 => Boundary::Error,
                _ => Boundary::Timer {
                    hours: 1 + random.below(48),
                    interrupting: random.chance(50),
                },
            },
            end: match random.below(3) {
                0 => InnerEnd::Plain,
                1 => InnerEnd::Terminate,
                _ => InnerEnd::Error,
            },
        },
        _ => Block::Plain,
    }
}

/// A random process and the process that its call activities call, as a BPMN document.
pub(super) fn document(random: &mut Random) -> String {
    let main = Block::Row(vec![block(random, 0), block(random, 0)]);
    let called = loop {
        // A called process that calls would call itself without end.
        let block = block(random, 1);
        if !calls(&block) {
            break block;
        }
    };
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
         xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         id=\"random\" targetNamespace=\"https://caseway.dev/random\">\n",
    );
    for (id, block) in [("main", &main), ("called", &called)] {
        let mut writer = Writer {
            prefix: id,
            next: 0,
            xml: String::new(),
        };
        writer.scope(block, InnerEnd::Plain);
        let _ = writeln!(
            xml,
            "<process id=\"{id}\" isExecutable=\"true\">\n{}</process>",
            writer.xml
        );
    }
    xml + "<error id=\"failure\" errorCode=\"FAILURE\" />\n</definitions>\n"
}

fn calls(block: &Block) -> bool {
    match block {
        Block::Call => true,
        Block::Row(inner) | Block::Exclusive(inner) | Block::Parallel(inner) => {
            inner.iter().any(calls)
        }
        Block::Loop(body) | Block::Subprocess { body, .. } => calls(body),
        Block::User { .. }
        | Block::Service { .. }
        | Block::Script
        | Block::Plain
        | Block::Timer { .. } => false,
    }
}

/// Writes blocks as XML; each gives the ids of its first and last node.
struct Writer<'a> {
    prefix: &'a str,
    next: usize,
    xml: String,
}

impl Writer<'_> {
    fn id(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{}-{kind}-{}", self.prefix, self.next)
    }

    fn node(&mut self, tag: &str, kind: &str, attributes: &str, body: &str) -> String {
        let id = self.id(kind);
        let _ = writeln!(self.xml, "<{tag} id=\"{id}\"{attributes}>{body}</{tag}>");
        id
    }

    fn flow(&mut self, from: &str, to: &str, condition: Option<&str>) -> String {
        let id = self.id("flow");
        let body = condition.map_or_else(String::new, |text| {
            format!(
                "<conditionExpression xsi:type=\"tFormalExpression\">={text}</conditionExpression>"
            )
        });
        let _ = writeln!(
            self.xml,
            "<sequenceFlow id=\"{id}\" sourceRef=\"{from}\" targetRef=\"{to}\">{body}</sequenceFlow>"
        );
        id
    }

    /// A start, the block, and an end or two.
    fn scope(&mut self, block: &Block, end: InnerEnd) {
        let start = self.node("startEvent", "start", "", "");
        let (first, last) = self.block(block);
        self.flow(&start, &first, None);
        let body = match end {
            InnerEnd::Plain => None,
            InnerEnd::Terminate => Some("<terminateEventDefinition />"),
            InnerEnd::Error => Some("<errorEventDefinition errorRef=\"failure\" />"),
        };
        let plain = self.node("endEvent", "end", "", "");
        let Some(body) = body else {
            self.flow(&last, &plain, None);
            return;
        };
        let special = self.node("endEvent", "special-end", "", body);
        self.choice(&last, &[special.as_str(), plain.as_str()]);
    }

    /// An exclusive gateway after `from`, with a condition for each target but the last.
    fn choice(&mut self, from: &str, targets: &[&str]) {
        let gateway = self.id("choice");
        self.flow(from, &gateway, None);
        let mut default = String::new();
        for (number, target) in targets.iter().enumerate() {
            let condition = format!("answer = {number}");
            default = self.flow(
                &gateway,
                target,
                (number + 1 < targets.len()).then_some(condition.as_str()),
            );
        }
        let _ = writeln!(
            self.xml,
            "<exclusiveGateway id=\"{gateway}\" default=\"{default}\" />"
        );
    }

    fn block(&mut self, block: &Block) -> (String, String) {
        let alone = |id: String| (id.clone(), id);
        match block {
            Block::User { group } => {
                let group = group.map_or_else(String::new, |group| {
                    let assignment =
                        format!("<zeebe:assignmentDefinition candidateGroups=\"{group}\" />");
                    format!("<extensionElements><zeebe:userTask />{assignment}</extensionElements>")
                });
                alone(self.node("userTask", "user", "", &group))
            }
            Block::Service { caught } => self.service(*caught),
            Block::Script => {
                let script = "<zeebe:script expression=\"=if count = null then 1 else count + 1\" resultVariable=\"count\" />";
                alone(self.node(
                    "scriptTask",
                    "script",
                    "",
                    &format!("<extensionElements>{script}</extensionElements>"),
                ))
            }
            Block::Plain => alone(self.node("task", "plain", "", "")),
            Block::Timer { hours } => {
                alone(self.node("intermediateCatchEvent", "timer", "", &duration(*hours)))
            }
            Block::Call => {
                let called = "<extensionElements><zeebe:calledElement processId=\"called\" /></extensionElements>";
                alone(self.node("callActivity", "call", "", called))
            }
            Block::Row(inner) => {
                let parts: Vec<_> = inner.iter().map(|block| self.block(block)).collect();
                for pair in parts.windows(2) {
                    self.flow(&pair[0].1, &pair[1].0, None);
                }
                let first = parts.first().map(|part| part.0.clone()).unwrap_or_default();
                (
                    first,
                    parts.last().map(|part| part.1.clone()).unwrap_or_default(),
                )
            }
            Block::Exclusive(inner) => {
                let before = self.node("task", "before-choice", "", "");
                let join = self.node("exclusiveGateway", "merge", "", "");
                let parts: Vec<_> = inner.iter().map(|block| self.block(block)).collect();
                self.choice(
                    &before,
                    &parts.iter().map(|part| part.0.as_str()).collect::<Vec<_>>(),
                );
                for part in &parts {
                    self.flow(&part.1, &join, None);
                }
                (before, join)
            }
            Block::Parallel(inner) => {
                let fork = self.node("parallelGateway", "fork", "", "");
                let join = self.node("parallelGateway", "join", "", "");
                for block in inner {
                    let (first, last) = self.block(block);
                    self.flow(&fork, &first, None);
                    self.flow(&last, &join, None);
                }
                (fork, join)
            }
            Block::Loop(body) => {
                let again = self.node("exclusiveGateway", "again", "", "");
                let (first, last) = self.block(body);
                // Somebody answers before each round, so that a loop of automatic steps cannot run for ever.
                let ask = self.node("userTask", "ask", "", "");
                let after = self.node("task", "after-loop", "", "");
                self.flow(&again, &first, None);
                self.flow(&last, &ask, None);
                self.choice(&ask, &[again.as_str(), after.as_str()]);
                (again, after)
            }
            Block::Subprocess {
                body,
                boundary,
                end,
            } => self.subprocess(body, *boundary, *end),
        }
    }

    fn service(&mut self, caught: bool) -> (String, String) {
        let job = "<extensionElements><zeebe:taskDefinition type=\"work\" retries=\"2\" /></extensionElements>";
        let service = self.node("serviceTask", "service", "", job);
        if !caught {
            return (service.clone(), service);
        }
        let attached = format!(" attachedToRef=\"{service}\"");
        let event = self.node(
            "boundaryEvent",
            "caught",
            &attached,
            "<errorEventDefinition />",
        );
        self.merged(service, &event)
    }

    fn subprocess(&mut self, body: &Block, boundary: Boundary, end: InnerEnd) -> (String, String) {
        let outside = std::mem::take(&mut self.xml);
        self.scope(body, end);
        let inside = std::mem::replace(&mut self.xml, outside);
        let id = self.node("subProcess", "sub", "", &format!("\n{inside}"));
        let attached = format!(" attachedToRef=\"{id}\"");
        match boundary {
            Boundary::None => (id.clone(), id),
            Boundary::Timer {
                hours,
                interrupting: true,
            } => {
                let event = self.node("boundaryEvent", "deadline", &attached, &duration(hours));
                self.merged(id, &event)
            }
            Boundary::Timer {
                hours,
                interrupting: false,
            } => {
                let event = self.node(
                    "boundaryEvent",
                    "reminder",
                    &format!("{attached} cancelActivity=\"false\""),
                    &duration(hours),
                );
                let note = self.node("userTask", "note", "", "");
                let end = self.node("endEvent", "noted", "", "");
                self.flow(&event, &note, None);
                self.flow(&note, &end, None);
                (id.clone(), id)
            }
            Boundary::Error => {
                let event = self.node(
                    "boundaryEvent",
                    "caught",
                    &attached,
                    "<errorEventDefinition />",
                );
                self.merged(id, &event)
            }
        }
    }

    /// The path of an interrupting boundary event comes back to the path of its activity.
    fn merged(&mut self, activity: String, event: &str) -> (String, String) {
        let merge = self.node("exclusiveGateway", "merge", "", "");
        let repair = self.node("userTask", "repair", "", "");
        self.flow(&activity, &merge, None);
        self.flow(event, &repair, None);
        self.flow(&repair, &merge, None);
        (activity, merge)
    }
}

fn duration(hours: usize) -> String {
    format!(
        "<timerEventDefinition><timeDuration xsi:type=\"tFormalExpression\">PT{hours}H</timeDuration></timerEventDefinition>"
    )
}
