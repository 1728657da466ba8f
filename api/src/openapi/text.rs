//! Reads the texts that say the API: `# Title`, a line an operation, and shapes with a line a field.
//!
//! ```text
//! PATCH /user-tasks/{userTaskKey} updateUserTask UserTaskUpdateRequest -> 204 : Changes a task.
//!
//! UserTaskUpdateRequest
//!   action?: text?
//! ```
//!
//! `name?` may be left out, a type with `?` may be null. The types are `text`, `key`, `time`, `whole`, `number`, `flag`, `object`, `any`, `[type]`,
//! `<type>` for an object of such values, `"A|B"` for words, and the names of shapes.

/// A subject.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) operations: Vec<Operation>,
    pub(crate) shapes: Vec<Shape>,
}

/// What can be asked at an address.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    /// Without `/v2`; parameters in braces.
    pub(crate) path: String,
    pub(crate) id: String,
    /// The shape of the body.
    pub(crate) body: Option<String>,
    /// The statuses of what was done.
    pub(crate) statuses: Vec<u16>,
    /// The shape of the answer.
    pub(crate) answer: Option<String>,
    pub(crate) summary: String,
}

impl Operation {
    /// The names in braces.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &str> {
        let parts = self.path.split('/');
        parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// An object with these fields.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
}

/// A field of a shape.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) is_required: bool,
    pub(crate) kind: String,
}

/// Reads a text. The texts are ours: one that cannot be read stops the program in its first test.
pub(super) fn read(text: &str) -> Group {
    let mut group = Group {
        title: String::new(),
        operations: Vec::new(),
        shapes: Vec::new(),
    };
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix("# ") {
            group.title = title.to_owned();
        } else if let Some(field) = line.strip_prefix("  ") {
            let shape = group
                .shapes
                .last_mut()
                .expect("fields follow the name of their shape");
            shape.fields.push(read_field(field));
        } else if let Some((asked, summary)) = line.split_once(" : ") {
            group.operations.push(read_operation(asked, summary));
        } else {
            group.shapes.push(Shape {
                name: line.to_owned(),
                fields: Vec::new(),
            });
        }
    }
    group
}

fn read_field(line: &str) -> Field {
    let (name, kind) = line.split_once(": ").expect("a field has a type");
    Field {
        name: name.trim_end_matches('?').to_owned(),
        is_required: !name.ends_with('?'),
        kind: kind.to_owned(),
    }
}

fn read_operation(asked: &str, summary: &str) -> Operation {
    let (asked, answered) = asked.split_once(" -> ").expect("an operation answers");
    let mut asked = asked.split(' ').map(str::to_owned);
    let mut next = || {
        asked
            .next()
            .expect("an operation has a method, a path and a name")
    };
    let (method, path, id) = (next(), next(), next());
    let (statuses, answer) = answered
        .split_once(' ')
        .map_or((answered, None), |(statuses, shape)| {
            (statuses, Some(shape))
        });
    let number = |status: &str| status.parse().expect("a status is a number");
    Operation {
        method,
        path,
        id,
        body: asked.next(),
        statuses: statuses.split('|').map(number).collect(),
        answer: answer.map(str::to_owned),
        summary: summary.to_owned(),
    }
}
