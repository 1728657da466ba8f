//! Prints a JUEL expression as FEEL.

use super::parser::Piece;
use super::syntax::{Form, Node, Operator};
use super::{Setting, Untranslatable, name, quoted};

/// Prints expressions for one place of a model.
pub(super) struct Printer<'a> {
    pub(super) setting: Setting<'a>,
}

/// FEEL, and how strongly its outermost operator binds.
struct Printed {
    text: String,
    power: Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Power {
    Choice,
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Sign,
    Value,
}

type Print = Result<Printed, Untranslatable>;

/// What the engine calls its variables in the instances of a loop, here and there.
const LOOP_NAMES: [(&str, &str); 3] = [
    ("nrOfInstances", "numberOfInstances"),
    ("nrOfActiveInstances", "numberOfActiveInstances"),
    ("nrOfCompletedInstances", "numberOfCompletedInstances"),
];

/// Everything that JUEL calls empty. `list contains` answers true or false whatever the type.
const EMPTIES: &str = "[null, \"\", [], {}]";

const WORKER: &str =
    "compute the value in a service task whose worker sets a variable, and read that variable";

impl Printer<'_> {
    pub(super) fn print(&self, node: &Node) -> Result<String, Untranslatable> {
        Ok(self.node(node)?.text)
    }

    /// Literals and expressions as one text; null gives nothing, as in JUEL.
    pub(super) fn joined(&self, pieces: &[Piece]) -> Result<String, Untranslatable> {
        let mut parts = Vec::new();
        for piece in pieces {
            parts.push(match piece {
                Piece::Literal(text) => quoted(text),
                Piece::Expression(node) => match &node.form {
                    Form::Text(text) => quoted(text),
                    _ => format!("string({})", self.print(node)?),
                },
            });
        }
        Ok(format!("string join([{}])", parts.join(", ")))
    }

    fn node(&self, node: &Node) -> Print {
        Ok(match &node.form {
            Form::Null => value("null"),
            Form::Boolean(boolean) => value(boolean.to_string()),
            Form::Number(number) => value(plain_number(number)),
            Form::Text(text) => value(quoted(text)),
            Form::Name(name) => return self.variable(node, name),
            Form::Entry(of, entry) => return self.entry(node, of, entry),
            Form::Item(of, item) => return self.item(of, item),
            Form::Call(what, arguments) => return self.call(node, what, arguments),
            Form::Not(inner) => return self.negated(inner),
            Form::Negative(inner) => printed(
                format!("-{}", self.at_least(inner, Power::Value)?),
                Power::Sign,
            ),
            Form::Empty(inner) => value(self.empty(inner)?),
            Form::Both(operator, sides) => return self.both(*operator, &sides[0], &sides[1]),
            Form::Choice(parts) => {
                let [condition, yes, no] = &**parts;
                printed(
                    format!(
                        "if {} then {} else {}",
                        self.print(condition)?,
                        self.print(yes)?,
                        self.print(no)?
                    ),
                    Power::Choice,
                )
            }
        })
    }

    /// In parentheses where it binds more weakly.
    fn at_least(&self, node: &Node, power: Power) -> Result<String, Untranslatable> {
        let printed = self.node(node)?;
        Ok(if printed.power < power {
            format!("({})", printed.text)
        } else {
            printed.text
        })
    }

    fn variable(&self, node: &Node, written: &str) -> Print {
        if self.setting.in_loop && written == "loopCounter" {
            // JUEL engines count from 0, this one from 1.
            return Ok(printed("loopCounter - 1", Power::Sum));
        }
        if let Some((_, here)) = LOOP_NAMES.iter().find(|(there, _)| *there == written) {
            return Ok(value(*here));
        }
        if ["execution", "task", "delegateTask", "externalTask"].contains(&written) {
            return Err(refused(
                node,
                format!(
                    "uses `{written}` as a value, which only a program inside its own engine can"
                ),
            ));
        }
        Ok(value(name(written)))
    }

    fn entry(&self, node: &Node, of: &Node, entry: &str) -> Print {
        if let Form::Name(root) = &of.form {
            let quoted_name = || self.setting.element_name.map_or("null".to_owned(), quoted);
            let known = match (root.as_str(), entry) {
                ("execution", "processBusinessKey" | "businessKey") => {
                    "caseway.businessId".to_owned()
                }
                ("execution", "processInstanceId" | "rootProcessInstanceId") => {
                    "caseway.instanceKey".to_owned()
                }
                ("execution", "currentActivityId" | "activityId")
                | ("task", "taskDefinitionKey") => quoted(self.setting.element_id),
                ("execution", "currentActivityName") | ("task", "name") => quoted_name(),
                ("execution" | "task" | "externalTask", _) => {
                    return Err(refused(
                        node,
                        format!("reads `{root}.{entry}`, which has no counterpart here"),
                    ));
                }
                _ => format!("{}.{}", self.at_least(of, Power::Value)?, name(entry)),
            };
            return Ok(value(known));
        }
        Ok(value(format!(
            "{}.{}",
            self.at_least(of, Power::Value)?,
            name(entry)
        )))
    }

    /// Lists count from 0 in JUEL and from 1 in FEEL; maps are asked by key.
    fn item(&self, of: &Node, item: &Node) -> Print {
        let of = self.at_least(of, Power::Value)?;
        Ok(value(match &item.form {
            Form::Number(number) if number.parse::<u32>().is_ok_and(|n| n < u32::MAX) => {
                let index: u32 = number.parse().unwrap_or(0);
                format!("{of}[{}]", index + 1)
            }
            Form::Text(key) => format!("get value({of}, {})", quoted(key)),
            _ => {
                let item = self.print(item)?;
                format!(
                    "(if {of} instance of list<Any> then {of}[({item}) + 1] else get value({of}, string({item})))"
                )
            }
        }))
    }

    fn call(&self, node: &Node, what: &Node, arguments: &[Node]) -> Print {
        match &what.form {
            Form::Entry(of, method) => {
                let is_scope =
                    matches!(&of.form, Form::Name(name) if name == "execution" || name == "task");
                match (is_scope, method.as_str(), arguments) {
                    (true, "getVariable" | "getVariableLocal", [argument]) => {
                        let Form::Text(variable) = &argument.form else {
                            return Err(refused(
                                argument,
                                "reads a variable whose name is computed".into(),
                            ));
                        };
                        self.variable(node, variable)
                    }
                    (true, "hasVariable", [argument]) => {
                        let Form::Text(variable) = &argument.form else {
                            return Err(refused(
                                argument,
                                "asks for a variable whose name is computed".into(),
                            ));
                        };
                        let variable = self.variable(node, variable)?.text;
                        Ok(value(format!("is defined({variable})")))
                    }
                    (true, "getProcessBusinessKey" | "getBusinessKey", []) => {
                        Ok(value("caseway.businessId"))
                    }
                    (true, "getProcessInstanceId", []) => Ok(value("caseway.instanceKey")),
                    (true, "getCurrentActivityId", []) => {
                        Ok(value(quoted(self.setting.element_id)))
                    }
                    _ => Err(refused(
                        node,
                        format!("calls the method `{method}`, which is not executed"),
                    )),
                }
            }
            Form::Name(function) => self.function(node, function, arguments),
            _ => Err(refused(
                node,
                "calls what it has computed, which is not executed".into(),
            )),
        }
    }

    /// Functions that camunda and flowable add.
    fn function(&self, node: &Node, function: &str, arguments: &[Node]) -> Print {
        let unprefixed = function.rsplit(':').next().unwrap_or(function);
        if unprefixed == function {
            return match (function, arguments) {
                ("now" | "dateTime", []) => Ok(value("now()")),
                _ => Err(refused(
                    node,
                    format!("calls the function `{function}`, which is not executed"),
                )),
            };
        }
        let operator = match unprefixed {
            "equals" | "eq" => Operator::Equal,
            "notEquals" | "ne" => Operator::NotEqual,
            "lowerThan" | "lessThan" | "lt" => Operator::Less,
            "lowerThanOrEquals" | "lessThanOrEquals" | "lte" => Operator::LessOrEqual,
            "greaterThan" | "gt" => Operator::Greater,
            "greaterThanOrEquals" | "gte" => Operator::GreaterOrEqual,
            _ => {
                return match (unprefixed, arguments) {
                    ("get", [variable]) => self.node(&named(variable)),
                    ("getOrDefault", [variable, other]) => {
                        let variable = self.print(&named(variable))?;
                        let other = self.print(other)?;
                        Ok(printed(
                            format!("if {variable} = null then {other} else {variable}"),
                            Power::Choice,
                        ))
                    }
                    ("isEmpty" | "empty", [variable]) => Ok(value(self.empty(&named(variable))?)),
                    ("isNotEmpty" | "notEmpty", [variable]) => {
                        Ok(value(format!("not({})", self.empty(&named(variable))?)))
                    }
                    ("exists" | "exist", [variable]) => {
                        let variable = self.print(&named(variable))?;
                        Ok(value(format!("is defined({variable})")))
                    }
                    _ => Err(refused(
                        node,
                        format!("calls the function `{function}`, which is not executed"),
                    )),
                };
            }
        };
        match arguments {
            [variable, other] => self.both(operator, &named(variable), other),
            _ => Err(refused(
                node,
                format!("calls `{function}` not with two arguments"),
            )),
        }
    }

    fn empty(&self, inner: &Node) -> Result<String, Untranslatable> {
        Ok(format!("list contains({EMPTIES}, {})", self.print(inner)?))
    }

    /// Null counts as false in JUEL, so that its opposite is true; FEEL's `not(null)` would be null.
    fn negated(&self, inner: &Node) -> Print {
        match &inner.form {
            Form::Empty(of) => Ok(value(format!("not({})", self.empty(of)?))),
            Form::Both(Operator::Equal, sides) => {
                self.both(Operator::NotEqual, &sides[0], &sides[1])
            }
            Form::Both(Operator::NotEqual, sides) => {
                self.both(Operator::Equal, &sides[0], &sides[1])
            }
            Form::Boolean(boolean) => Ok(value((!boolean).to_string())),
            _ => Ok(printed(
                format!("{} != true", self.at_least(inner, Power::Sum)?),
                Power::Comparison,
            )),
        }
    }

    fn both(&self, operator: Operator, left: &Node, right: &Node) -> Print {
        let (sign, power) = match operator {
            Operator::Modulo => {
                let text = format!("modulo({}, {})", self.print(left)?, self.print(right)?);
                return Ok(value(text));
            }
            Operator::Or => ("or", Power::Or),
            Operator::And => ("and", Power::And),
            Operator::Equal => ("=", Power::Comparison),
            Operator::NotEqual => ("!=", Power::Comparison),
            Operator::Less => ("<", Power::Comparison),
            Operator::LessOrEqual => ("<=", Power::Comparison),
            Operator::Greater => (">", Power::Comparison),
            Operator::GreaterOrEqual => (">=", Power::Comparison),
            Operator::Plus => ("+", Power::Sum),
            Operator::Minus => ("-", Power::Sum),
            Operator::Times => ("*", Power::Product),
            Operator::Divided => ("/", Power::Product),
        };
        // Comparisons do not follow one another in FEEL; of the others the right side must bind more.
        let (of_left, of_right) = match power {
            Power::Or | Power::And => (power, power),
            Power::Comparison => (Power::Sum, Power::Sum),
            Power::Sum => (Power::Sum, Power::Product),
            Power::Choice | Power::Product | Power::Sign | Power::Value => {
                (Power::Product, Power::Sign)
            }
        };
        let text = format!(
            "{} {sign} {}",
            self.at_least(left, of_left)?,
            self.at_least(right, of_right)?
        );
        Ok(printed(text, power))
    }
}

fn printed(text: impl Into<String>, power: Power) -> Printed {
    Printed {
        text: text.into(),
        power,
    }
}

fn value(text: impl Into<String>) -> Printed {
    printed(text, Power::Value)
}

/// The variable that a text names: functions of flowable take names with or without quotes.
fn named(node: &Node) -> Node {
    match &node.form {
        Form::Text(name) => Node {
            at: node.at,
            form: Form::Name(name.clone()),
        },
        _ => node.clone(),
    }
}

/// `1e3` as `1000`; what does not fit is left to FEEL to refuse.
fn plain_number(written: &str) -> String {
    match written.parse::<f64>() {
        Ok(number) if written.contains(['e', 'E']) && number.is_finite() => number.to_string(),
        _ => written.to_owned(),
    }
}

fn refused(node: &Node, message: String) -> Untranslatable {
    Untranslatable {
        at: node.at,
        message,
        way_out: WORKER,
    }
}
