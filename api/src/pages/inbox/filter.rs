//! What a list of tasks is narrowed to. It is all in the address, so that a view can be kept, shared and come back to.

use crate::pages::view::Priority;
use processes::Urgency;
use serde::{Deserialize, Serialize};

/// The part of the address after the question mark: `?due=overdue&priority=high&stage=Assessment&drafts=yes&page=2`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Filter {
    /// `overdue`, `today`, `soon` or `later`; empty for all.
    #[serde(default)]
    pub(crate) due: String,
    /// `urgent`, `high`, `normal` or `low`; empty for all.
    #[serde(default)]
    pub(crate) priority: String,
    /// The name of a stage; empty for all.
    #[serde(default)]
    pub(crate) stage: String,
    /// `yes`: only what has a draft.
    #[serde(default)]
    pub(crate) drafts: String,
    /// From 1.
    #[serde(default)]
    pub(crate) page: Option<usize>,
}

/// The word in the address for a group of the inbox. What has no date is later.
pub(crate) fn due_word(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Overdue(_) => "overdue",
        Urgency::Today => "today",
        Urgency::Soon(_) => "soon",
        Urgency::Later(_) | Urgency::Undated => "later",
    }
}

/// The groups in their order: word in the address, words on the page, colour of the tile.
pub(crate) const DUE: [(&str, &str, &str); 4] = [
    ("overdue", "Overdue", "red"),
    ("today", "Due today", "amber"),
    ("soon", "Next 5 working days", "blue"),
    ("later", "Later", "green"),
];

/// A drop-down list of the filter bar.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Select {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) options: Vec<Choice>,
}

/// One of its lines.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) text: String,
    pub(crate) selected: bool,
}

/// A filter that is set, and the address without it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Chosen {
    pub(crate) text: String,
    pub(crate) href: String,
}

impl Filter {
    /// Whether a task passes, apart from when it is due: the tiles count these.
    pub(crate) fn passes_but_for_due(
        &self,
        priority: u8,
        stage: Option<&str>,
        has_draft: bool,
    ) -> bool {
        (self.priority.is_empty() || Priority::of(priority).kind == self.priority)
            && (self.stage.is_empty() || stage == Some(self.stage.as_str()))
            && (self.drafts.is_empty() || has_draft)
    }

    /// Whether a task passes by when it is due.
    pub(crate) fn passes_due(&self, urgency: Urgency) -> bool {
        self.due.is_empty() || self.due == due_word(urgency)
    }

    /// The address of `path` with this filter.
    pub(crate) fn address(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let page = self
            .page
            .filter(|page| *page > 1)
            .map(|page| page.to_string())
            .unwrap_or_default();
        for (name, value) in self.fields().into_iter().chain([("page", page.as_str())]) {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            path.into()
        } else {
            format!("{path}?{query}")
        }
    }

    /// The same filter with another choice of due; the list begins anew.
    pub(crate) fn with_due(&self, due: &str) -> Filter {
        Filter {
            due: due.into(),
            page: None,
            ..self.clone()
        }
    }

    /// The same filter on another page.
    pub(crate) fn on_page(&self, page: usize) -> Filter {
        Filter {
            page: Some(page),
            ..self.clone()
        }
    }

    /// What is set, each with the way to take it off.
    pub(crate) fn chosen(&self, path: &str) -> Vec<Chosen> {
        let without = |change: fn(&mut Filter)| {
            let mut filter = Filter {
                page: None,
                ..self.clone()
            };
            change(&mut filter);
            filter.address(path)
        };
        let due = DUE
            .iter()
            .find(|(word, ..)| *word == self.due)
            .map(|(_, text, _)| (*text).to_owned());
        let priority = Priority::ALL
            .iter()
            .find(|(_, priority)| priority.kind == self.priority);
        let priority = priority.map(|(_, priority)| format!("{} priority", priority.text));
        let stage = Some(self.stage.clone()).filter(|stage| !stage.is_empty());
        let drafts = (!self.drafts.is_empty()).then(|| "With a draft".to_owned());
        let all = [
            due.map(|text| Chosen {
                text,
                href: without(|filter| filter.due.clear()),
            }),
            priority.map(|text| Chosen {
                text,
                href: without(|filter| filter.priority.clear()),
            }),
            stage.map(|text| Chosen {
                text,
                href: without(|filter| filter.stage.clear()),
            }),
            drafts.map(|text| Chosen {
                text,
                href: without(|filter| filter.drafts.clear()),
            }),
        ];
        all.into_iter().flatten().collect()
    }

    /// The drop-down lists of the filter bar.
    pub(crate) fn selects(&self, stages: &[String]) -> Vec<Select> {
        let choice = |value: &str, text: &str, now: &str| Choice {
            value: value.into(),
            text: text.into(),
            selected: value == now,
        };
        let due = std::iter::once(choice("", "Any due date", &self.due));
        let due = due.chain(
            DUE.iter()
                .map(|(word, text, _)| choice(word, text, &self.due)),
        );
        let priority = std::iter::once(choice("", "Any priority", &self.priority));
        let priority = priority.chain(
            Priority::ALL
                .iter()
                .map(|(_, each)| choice(each.kind, each.text, &self.priority)),
        );
        let stage = std::iter::once(choice("", "All stages", &self.stage));
        let stage = stage.chain(stages.iter().map(|name| choice(name, name, &self.stage)));
        vec![
            Select {
                name: "due",
                label: "Due",
                options: due.collect(),
            },
            Select {
                name: "priority",
                label: "Priority",
                options: priority.collect(),
            },
            Select {
                name: "stage",
                label: "Stage",
                options: stage.collect(),
            },
        ]
    }

    fn fields(&self) -> [(&'static str, &str); 4] {
        [
            ("due", &self.due),
            ("priority", &self.priority),
            ("stage", &self.stage),
            ("drafts", &self.drafts),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(query: &str) -> Filter {
        let pairs: serde_json::Map<String, serde_json::Value> =
            form_urlencoded::parse(query.as_bytes())
                .map(|(name, value)| {
                    (
                        name.into_owned(),
                        value
                            .parse::<u64>()
                            .map_or_else(|_| value.as_ref().into(), |n| n.into()),
                    )
                })
                .collect();
        serde_json::from_value(pairs.into()).unwrap()
    }

    #[test]
    fn a_filter_survives_the_address() {
        for query in [
            "",
            "due=overdue",
            "due=soon&priority=high&stage=Case+plan&drafts=yes&page=2",
        ] {
            let address = filter(query).address("/inbox");
            assert_eq!(
                address,
                if query.is_empty() {
                    "/inbox".into()
                } else {
                    format!("/inbox?{query}")
                }
            );
        }
        assert_eq!(filter("page=1").address("/inbox"), "/inbox");
    }

    #[test]
    fn each_chosen_filter_can_be_taken_off_alone() {
        let chosen = filter("due=today&stage=Closure&page=3").chosen("/inbox");
        let expected = [
            ("Due today", "/inbox?stage=Closure"),
            ("Closure", "/inbox?due=today"),
        ];
        assert_eq!(
            chosen,
            expected.map(|(text, href)| Chosen {
                text: text.into(),
                href: href.into()
            })
        );
    }

    #[test]
    fn what_is_not_chosen_does_not_pass() {
        let all = filter("");
        assert!(all.passes_but_for_due(50, None, false) && all.passes_due(Urgency::Undated));
        assert!(!filter("priority=urgent").passes_but_for_due(89, None, false));
        assert!(!filter("stage=Closure").passes_but_for_due(50, Some("Assessment"), false));
        assert!(!filter("drafts=yes").passes_but_for_due(50, None, false));
        assert!(filter("due=later").passes_due(Urgency::Undated));
        assert!(!filter("due=today").passes_due(Urgency::Overdue(0)));
    }
}
