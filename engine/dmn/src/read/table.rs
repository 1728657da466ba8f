//! Decision tables.

use super::model::{Model, about};
use crate::check;
use crate::table::{HitPolicy, Input, Output, Rule, Table};
use crate::{Sheet, SheetColumn, SheetFinding, SheetRule};
use feel::{Environment, Expression, Type, UnaryTests, Value};
use xml::{Element, Problem, Severity};

impl<'d> Model<'d> {
    pub(super) fn table(&mut self, element: &'d Element, decision: &'d Element) -> Option<Table> {
        let errors = |model: &Model<'_>| {
            let problems = model.problems.iter();
            problems
                .filter(|problem| problem.severity == Severity::Error)
                .count()
        };
        let before = errors(self);
        let name = decision.attribute("name").unwrap_or_default();
        let inputs = self.inputs(element);
        let outputs = self.outputs(element, decision, name);
        let hit_policy = self.hit_policy(element, decision, name, &outputs);
        let rules = self.rules(element, name, &inputs, &outputs);
        if errors(self) > before {
            return None;
        }
        let mut table = Table {
            hit_policy: hit_policy?,
            inputs,
            outputs,
            rules,
            sheet: self.sheet(element),
        };
        let rows = self.children_of(element, "rule");
        for finding in check::table(&table, name) {
            let rule = finding.rule.and_then(|rule| rows.get(rule - 1).copied());
            let position = rule.unwrap_or(element).position;
            table.sheet.findings.push(SheetFinding {
                rules: finding.rule.into_iter().chain(finding.others).collect(),
                message: finding.message.clone(),
                way_out: finding.way_out.to_owned(),
            });
            let problem = Problem::warning(position, finding.message, finding.way_out);
            self.problems.push(about(decision, problem));
        }
        Some(table)
    }

    /// The table in words.
    fn sheet(&self, table: &Element) -> Sheet {
        let own =
            |element: &Element, name: &str| element.attribute(name).unwrap_or_default().to_owned();
        let text = |element: &Element| self.text(element).map(|text| text.text().trim().to_owned());
        let values = |element: &Element, child| self.child(element, child).and_then(text);
        let labelled = |label: String, or: &str| {
            if label.is_empty() {
                or.to_owned()
            } else {
                label
            }
        };
        let input = |element: &Element| {
            let expression = self.child(element, "inputExpression");
            let said = expression.and_then(text).unwrap_or_default();
            SheetColumn {
                id: own(element, "id"),
                label: labelled(own(element, "label"), &said),
                kind: expression
                    .and_then(|expression| expression.attribute("typeRef"))
                    .map(str::to_owned),
                values: values(element, "inputValues"),
                text: said,
            }
        };
        let output = |element: &Element| SheetColumn {
            id: own(element, "id"),
            label: labelled(own(element, "label"), &own(element, "name")),
            text: own(element, "name"),
            kind: element.attribute("typeRef").map(str::to_owned),
            values: values(element, "outputValues"),
        };
        let cell = |element: &&Element| match text(element).unwrap_or_default() {
            dash if dash == "-" => String::new(),
            other => other,
        };
        let rule = |element: &Element| SheetRule {
            id: own(element, "id"),
            note: self
                .child(element, "description")
                .map(|note| note.text().trim().to_owned())
                .unwrap_or_default(),
            inputs: self
                .children_of(element, "inputEntry")
                .iter()
                .map(cell)
                .collect(),
            outputs: self
                .children_of(element, "outputEntry")
                .iter()
                .map(cell)
                .collect(),
        };
        let policy = table.attribute("hitPolicy").unwrap_or("UNIQUE");
        let aggregation = own(table, "aggregation");
        Sheet {
            hit_policy: format!("{policy} {aggregation}").trim().to_owned(),
            inputs: self
                .children_of(table, "input")
                .into_iter()
                .map(input)
                .collect(),
            outputs: self
                .children_of(table, "output")
                .into_iter()
                .map(output)
                .collect(),
            rules: self
                .children_of(table, "rule")
                .into_iter()
                .map(rule)
                .collect(),
            findings: Vec::new(),
        }
    }

    fn hit_policy(
        &mut self,
        element: &'d Element,
        decision: &Element,
        name: &str,
        outputs: &[Output],
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
            ("COLLECT", Some(_)) if outputs.len() > 1 => refused(
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
            ("PRIORITY" | "OUTPUT ORDER", _)
                if outputs.iter().all(|output| output.order.is_empty()) =>
            {
                refused(
                    format!("the hit policy {policy} of \"{name}\" needs a list of output values"),
                    "list the values of the outputs, the most important first",
                )
            }
            ("PRIORITY", _) => return Some(HitPolicy::Priority),
            ("OUTPUT ORDER", _) => return Some(HitPolicy::OutputOrder),
            (other, _) => refused(
                format!("there is no hit policy \"{other}\""),
                "use UNIQUE, FIRST, ANY, PRIORITY, COLLECT, RULE ORDER or OUTPUT ORDER",
            ),
        };
        self.problems.push(problem);
        None
    }

    fn inputs(&mut self, table: &'d Element) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (index, element) in self.children_of(table, "input").into_iter().enumerate() {
            let source = self.child(element, "inputExpression");
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
            if !self.is_feel(source, element) {
                continue;
            }
            let Some(expression) =
                self.expression(text, element, &format!("the input \"{label}\""))
            else {
                continue;
            };
            let kind = self.type_of(source, "typeRef");
            let allowed = self.allowed(
                element,
                "inputValues",
                &format!("the values of the input \"{label}\""),
            );
            inputs.push(Input {
                label,
                expression,
                kind,
                allowed,
            });
        }
        inputs
    }

    fn outputs(&mut self, table: &'d Element, decision: &'d Element, name: &str) -> Vec<Output> {
        let elements = self.children_of(table, "output");
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
            let default = self
                .child(element, "defaultOutputEntry")
                .and_then(|entry| self.text(entry));
            let default = default.and_then(|text| {
                self.expression(
                    text,
                    element,
                    &format!("the default of the output \"{label}\""),
                )
            });
            let kind = self.type_of(element, "typeRef");
            let order = self.order(element, &kind);
            outputs.push(Output {
                name: label,
                kind,
                allowed,
                order,
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
        let values = self.child(element, child)?;
        let text = self.text(values)?;
        self.tests(text, element, place)
    }

    /// The foreseen values of an output in their order, from its own list or from its type.
    fn order(&mut self, element: &'d Element, kind: &Type) -> Vec<Value> {
        let own = self.child(element, "outputValues");
        let own = own.and_then(|values| self.text(values)).map(Element::text);
        let text = match (own, kind) {
            (Some(text), _) => text,
            (None, Type::Restricted(restricted)) => restricted.1.text(),
            (None, _) => return Vec::new(),
        };
        // A list of values is one of tests, too; what is no value has no place in an order.
        let Ok(list) = Expression::compile_knowing(&format!("[{text}]"), &self.vocabulary) else {
            return Vec::new();
        };
        let environment = Environment::at(jiff::Timestamp::UNIX_EPOCH);
        let values = list.evaluate(&(), &environment).value;
        values.as_list().unwrap_or_default().to_vec()
    }

    fn rules(
        &mut self,
        table: &'d Element,
        name: &str,
        inputs: &[Input],
        outputs: &[Output],
    ) -> Vec<Rule> {
        let columns = self.children_of(table, "input").len();
        let mut rules = Vec::new();
        for (index, element) in self.children_of(table, "rule").into_iter().enumerate() {
            let number = index + 1;
            let tests = self.children_of(element, "inputEntry");
            let entries = self.children_of(element, "outputEntry");
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
                rule.outputs.push(compiled);
            }
            rules.push(rule);
        }
        rules
    }

    /// The text of a cell; `None` for an empty one and for a dash.
    fn cell(&mut self, cell: &'d Element, rule: &Element) -> Option<&'d Element> {
        let text = self.text(cell)?;
        if text.text().trim() == "-" || !self.is_feel(cell, rule) {
            return None;
        }
        Some(text)
    }
}
