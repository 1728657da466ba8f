//! What a decision consists of: a table or a literal expression.

use super::{Reader, about, is_feel};
use crate::decision::Logic;
use crate::table::{HitPolicy, Input, Output, Rule, Table};
use feel::{Expression, UnaryTests};
use xml::{Element, Problem};

/// The forms of logic that are not executed yet.
const REFUSED: [(&str, &str); 11] = [
    ("context", "a boxed context"),
    ("invocation", "a boxed invocation"),
    ("relation", "a relation"),
    ("list", "a boxed list"),
    ("functionDefinition", "a boxed function"),
    ("conditional", "a boxed conditional"),
    ("filter", "a boxed filter"),
    ("for", "a boxed iteration"),
    ("every", "a boxed `every`"),
    ("some", "a boxed `some`"),
    ("expression", "this kind of logic"),
];

impl<'d> Reader<'d> {
    /// The logic and the variables that it reads; `None` where it is missing or refused.
    pub(super) fn logic(
        &mut self,
        element: &'d Element,
        name: &str,
    ) -> Option<(Logic, Vec<String>)> {
        for child in element
            .children
            .iter()
            .filter(|child| *child.namespace == *self.namespace)
        {
            match &*child.name {
                "decisionTable" => return self.table(child, element, name),
                "literalExpression" => return self.literal(child, element, name),
                other => {
                    if let Some((_, what)) = REFUSED.iter().find(|(refused, _)| *refused == other) {
                        let message =
                            format!("{what} as the logic of \"{name}\" is not executed yet");
                        let way_out = "use a decision table or a literal expression";
                        self.problems.push(about(
                            element,
                            Problem::error(child.position, message, way_out),
                        ));
                        return None;
                    }
                }
            }
        }
        self.error(
            element,
            format!("the decision \"{name}\" has no logic"),
            "give it a decision table or a literal expression",
        );
        None
    }

    fn literal(
        &mut self,
        element: &'d Element,
        decision: &'d Element,
        name: &str,
    ) -> Option<(Logic, Vec<String>)> {
        if !self.check_language(element, decision) {
            return None;
        }
        let Some(text) = self.text(element) else {
            self.error(
                decision,
                format!("the expression of \"{name}\" is empty"),
                "write a FEEL expression",
            );
            return None;
        };
        let expression =
            self.expression(text, decision, &format!("the expression of \"{name}\""))?;
        let reads = expression.reads().to_vec();
        Some((Logic::Literal(expression), reads))
    }

    fn check_language(&mut self, element: &Element, owner: &Element) -> bool {
        if is_feel(element) {
            return true;
        }
        let language = element.attribute("expressionLanguage").unwrap_or_default();
        let problem = Problem::error(
            element.position,
            format!("expressions in the language \"{language}\" are not executed"),
            "write the expression in FEEL",
        );
        self.problems.push(about(owner, problem));
        false
    }

    fn table(
        &mut self,
        element: &'d Element,
        decision: &'d Element,
        name: &str,
    ) -> Option<(Logic, Vec<String>)> {
        let before = self.problems.len();
        let mut reads = Vec::new();
        let inputs = self.inputs(element, &mut reads);
        let outputs = self.outputs(element, decision, name, &mut reads);
        let hit_policy = self.hit_policy(element, decision, name, outputs.len());
        let rules = self.rules(element, name, &inputs, &outputs, &mut reads);
        if self.problems.len() > before {
            return None;
        }
        Some((
            Logic::Table(Table {
                hit_policy: hit_policy?,
                inputs,
                outputs,
                rules,
            }),
            reads,
        ))
    }

    fn hit_policy(
        &mut self,
        element: &'d Element,
        decision: &Element,
        name: &str,
        outputs: usize,
    ) -> Option<HitPolicy> {
        let policy = element.attribute("hitPolicy").unwrap_or("UNIQUE");
        let aggregation = element
            .attribute("aggregation")
            .filter(|aggregation| !aggregation.is_empty());
        let refused = |what: String, way_out: &str| {
            about(decision, Problem::error(element.position, what, way_out))
        };
        let problem = match (policy, aggregation) {
            ("UNIQUE", _) => return Some(HitPolicy::Unique),
            ("FIRST", _) => return Some(HitPolicy::First),
            ("ANY", _) => return Some(HitPolicy::Any),
            ("RULE ORDER", _) | ("COLLECT", None) => return Some(HitPolicy::Collect),
            ("COLLECT", Some(_)) if outputs > 1 => refused(
                format!("the table of \"{name}\" aggregates several outputs"),
                "keep one output, or collect without aggregation",
            ),
            ("COLLECT", Some(function @ ("SUM" | "MIN" | "MAX" | "COUNT"))) => {
                let text = format!("{}(outputs)", function.to_lowercase());
                return Some(HitPolicy::Aggregate(
                    Expression::compile(&text).expect("a call of a built-in function"),
                ));
            }
            ("COLLECT", Some(other)) => refused(
                format!("there is no aggregation \"{other}\""),
                "use SUM, MIN, MAX or COUNT",
            ),
            ("PRIORITY" | "OUTPUT ORDER", _) => refused(
                format!("the hit policy {policy} of \"{name}\" is not executed yet"),
                "put the rules into the order of priority and use FIRST or RULE ORDER",
            ),
            (other, _) => refused(
                format!("there is no hit policy \"{other}\""),
                "use UNIQUE, FIRST, ANY, COLLECT or RULE ORDER",
            ),
        };
        self.problems.push(problem);
        None
    }

    fn inputs(&mut self, table: &'d Element, reads: &mut Vec<String>) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (index, element) in table.children_named(self.namespace, "input").enumerate() {
            let source = element.child(self.namespace, "inputExpression");
            let text = source.and_then(|source| self.text(source));
            let label = element.attribute("label").filter(|label| !label.is_empty());
            let label = label
                .or(text.map(|text| text.text().trim()))
                .map_or_else(|| format!("{}", index + 1), str::to_string);
            let (Some(source), Some(text)) = (source, text) else {
                self.error(
                    element,
                    format!("the input \"{label}\" has no expression"),
                    "say what is tested, for instance a variable",
                );
                continue;
            };
            if !self.check_language(source, element) {
                continue;
            }
            let Some(expression) =
                self.expression(text, element, &format!("the input \"{label}\""))
            else {
                continue;
            };
            reads.extend_from_slice(expression.reads());
            let allowed = self.allowed(
                element,
                "inputValues",
                &format!("the values of the input \"{label}\""),
            );
            inputs.push(Input {
                label,
                expression,
                allowed,
            });
        }
        inputs
    }

    fn outputs(
        &mut self,
        table: &'d Element,
        decision: &'d Element,
        name: &str,
        reads: &mut Vec<String>,
    ) -> Vec<Output> {
        let elements: Vec<&Element> = table.children_named(self.namespace, "output").collect();
        let mut outputs: Vec<Output> = Vec::new();
        for element in &elements {
            let own = element
                .attribute("name")
                .or(element.attribute("label"))
                .filter(|name| !name.is_empty());
            let label = own.unwrap_or(name).to_string();
            if elements.len() > 1
                && (own.is_none() || outputs.iter().any(|output| output.name == label))
            {
                let message =
                    format!("the outputs of \"{name}\" do not all have a name of their own");
                self.error(
                    element,
                    message,
                    "give every output another name; it is the key in the result",
                );
            }
            let allowed = self.allowed(
                element,
                "outputValues",
                &format!("the values of the output \"{label}\""),
            );
            let default = element
                .child(self.namespace, "defaultOutputEntry")
                .and_then(|entry| self.text(entry));
            let default = default.and_then(|text| {
                self.expression(
                    text,
                    element,
                    &format!("the default of the output \"{label}\""),
                )
            });
            reads.extend(default.iter().flat_map(|default| default.reads()).cloned());
            outputs.push(Output {
                name: label,
                allowed,
                default,
            });
        }
        if outputs.is_empty() {
            self.error(
                decision,
                format!("the table of \"{name}\" has no output"),
                "add an output column",
            );
        }
        outputs
    }

    fn allowed(&mut self, element: &'d Element, child: &str, place: &str) -> Option<UnaryTests> {
        let values = self.document_child(element, child)?;
        let text = self.text(values)?;
        self.tests(text, element, place)
    }

    fn document_child(&self, element: &'d Element, name: &str) -> Option<&'d Element> {
        element.child(self.namespace, name)
    }

    fn tests(&mut self, text: &'d Element, owner: &Element, place: &str) -> Option<UnaryTests> {
        match UnaryTests::compile_knowing(text.text(), &self.names) {
            Ok(tests) => Some(tests),
            Err(problem) => {
                self.feel_problem(text, owner, place, &problem);
                None
            }
        }
    }

    fn rules(
        &mut self,
        table: &'d Element,
        name: &str,
        inputs: &[Input],
        outputs: &[Output],
        reads: &mut Vec<String>,
    ) -> Vec<Rule> {
        let columns = table.children_named(self.namespace, "input").count();
        let mut rules = Vec::new();
        for (index, element) in table.children_named(self.namespace, "rule").enumerate() {
            let number = index + 1;
            let tests: Vec<&Element> = element
                .children_named(self.namespace, "inputEntry")
                .collect();
            let entries: Vec<&Element> = element
                .children_named(self.namespace, "outputEntry")
                .collect();
            if tests.len() != columns || entries.len() != outputs.len() {
                let message = format!(
                    "rule {number} of \"{name}\" has {} inputs and {} outputs, the table has {columns} and {}",
                    tests.len(),
                    entries.len(),
                    outputs.len()
                );
                self.error(element, message, "give the rule one cell a column");
                continue;
            }
            let mut rule = Rule {
                inputs: Vec::new(),
                outputs: Vec::new(),
            };
            for (column, cell) in tests.into_iter().enumerate() {
                let label = inputs.get(column).map_or("", |input| &input.label);
                let compiled = self.cell(cell, element).and_then(|text| {
                    self.tests(text, element, &format!("rule {number}, input \"{label}\""))
                });
                reads.extend(compiled.iter().flat_map(|tests| tests.reads()).cloned());
                rule.inputs.push(compiled);
            }
            for (cell, output) in entries.into_iter().zip(outputs) {
                let compiled = self.cell(cell, element).and_then(|text| {
                    self.expression(
                        text,
                        element,
                        &format!("rule {number}, output \"{}\"", output.name),
                    )
                });
                reads.extend(
                    compiled
                        .iter()
                        .flat_map(|expression| expression.reads())
                        .cloned(),
                );
                rule.outputs.push(compiled);
            }
            rules.push(rule);
        }
        rules
    }

    /// The text of a cell; `None` for an empty one and for a dash.
    fn cell(&mut self, cell: &'d Element, rule: &Element) -> Option<&'d Element> {
        let text = self.text(cell)?;
        if text.text().trim() == "-" || !self.check_language(cell, rule) {
            return None;
        }
        Some(text)
    }
}
