//! Builds the few statements of a commit: many rows in one `values` list, and all statements of a usual commit in one text.
//!
//! With this driver a statement costs as much as several rows, because each is sent to the connection's thread and
//! its result sent back, and both threads fall asleep in between. So rows travel together; and since SQLite accepts
//! several statements in one text, a commit of up to [`ROWS_IN_ONE_TEXT`] rows a table is one journey. Texts stay
//! prepared only if they repeat: all lists of a commit have one size of a few, and are filled up with rows of nulls, which match
//! nothing and are not inserted. With a size each there would be more texts than can stay prepared, and to prepare one takes
//! longer than to write a commit.
//!
//! Statements say `or rollback`: whatever fails takes back the whole commit. For a statement that might be taken back alone SQLite
//! would copy every page before it changes it.

use crate::sql::{Value, json};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type};

/// The values of a query; lists as JSON texts.
pub(super) fn arguments(list: Vec<Value>) -> SqliteArguments {
    let mut values = Values::default();
    for value in list {
        match value {
            Value::Integer(number) => values.add(number),
            Value::Text(text) => values.add(text),
            Value::Bool(yes) => values.add(yes),
            Value::Integers(list) => values.add(json(&list)),
            Value::MaybeIntegers(list) => values.add(json(&list)),
            Value::Texts(list) => values.add(json(&list)),
            Value::MaybeTexts(list) => values.add(json(&list)),
            Value::Bytes(list) => values.add(json(&list)),
            Value::Bools(list) => values.add(json(&list)),
        };
    }
    values.into_arguments()
}

/// The numbers of rows that a statement may have.
const SIZES: &[usize] = &[1, 2, 4, 8, 16, 32, 64];

/// Up to so many rows in each table, everything goes in one text. Above, texts would be long and differ from commit to commit.
pub(super) const ROWS_IN_ONE_TEXT: usize = 32;

/// The statements of one commit.
pub(super) struct Script {
    together: bool,
    /// The size of all lists that are together and not longer.
    size: usize,
    statements: Vec<(String, Values)>,
}

/// The values of a statement, in the order of its question marks.
#[derive(Default)]
pub(super) struct Values(SqliteArguments);

impl Values {
    pub(super) fn add<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(
        &mut self,
        value: T,
    ) -> &mut Values {
        self.0
            .add(value)
            .expect("numbers, texts and bytes always encode");
        self
    }

    fn into_arguments(self) -> SqliteArguments {
        self.0
    }
}

impl Script {
    /// A script of which no table gets more than so many rows.
    pub(super) fn for_rows(rows: usize) -> Script {
        Script {
            together: rows <= ROWS_IN_ONE_TEXT,
            size: size_for(rows),
            statements: Vec::new(),
        }
    }

    /// Adds a statement without values.
    pub(super) fn statement(&mut self, text: &str) {
        self.next().0.push_str(text);
    }

    /// Adds `head values (?, ?), (?, ?) tail` for all rows, in as many statements as it takes. Rows of nulls may follow, which
    /// the statement must not mind.
    pub(super) fn rows<R>(
        &mut self,
        head: &str,
        width: usize,
        tail: &str,
        rows: impl ExactSizeIterator<Item = R>,
        bind: impl Fn(&mut Values, R),
    ) {
        self.lists([head, " "], [" ", tail], width, rows, bind);
    }

    /// The same for `insert into ..` without a `values` list. The first column is never null.
    pub(super) fn insert<R>(
        &mut self,
        head: &str,
        width: usize,
        tail: &str,
        rows: impl ExactSizeIterator<Item = R>,
        bind: impl Fn(&mut Values, R),
    ) {
        let head = [head, " select * from ("];
        let tail = [") where column1 is not null ", tail];
        self.lists(head, tail, width, rows, bind);
    }

    fn lists<R>(
        &mut self,
        head: [&str; 2],
        tail: [&str; 2],
        width: usize,
        mut rows: impl ExactSizeIterator<Item = R>,
        bind: impl Fn(&mut Values, R),
    ) {
        while rows.len() > 0 {
            let needed = size_for(rows.len());
            let size = if self.together {
                needed.max(self.size)
            } else {
                needed
            };
            let (text, values) = self.next();
            head.iter().for_each(|part| text.push_str(part));
            text.push_str("values ");
            for index in 0..size {
                text.push_str(if index == 0 { "(" } else { ",(" });
                for column in 0..width {
                    text.push_str(if column == 0 { "?" } else { ",?" });
                }
                text.push(')');
            }
            tail.iter().for_each(|part| text.push_str(part));
            let mut filled = 0;
            for row in rows.by_ref().take(size) {
                bind(values, row);
                filled += 1;
            }
            for _ in 0..(size - filled) * width {
                values.add(None::<i64>);
            }
        }
    }

    /// Runs everything in order; stops at the first error.
    pub(super) async fn run(self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        for (text, values) in self.statements {
            // The text is made of our own constants and question marks.
            sqlx::query_with(AssertSqlSafe(text), values.into_arguments())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    fn next(&mut self) -> (&mut String, &mut Values) {
        if self.together && !self.statements.is_empty() {
            self.statements[0].0.push(';');
        } else {
            self.statements.push((String::new(), Values::default()));
        }
        let last = self
            .statements
            .last_mut()
            .expect("a statement was just added");
        (&mut last.0, &mut last.1)
    }
}

/// The smallest list that has room for all rows, or the largest.
fn size_for(rows: usize) -> usize {
    let fitting = SIZES.iter().copied().find(|size| *size >= rows);
    fitting.unwrap_or(SIZES[SIZES.len() - 1])
}
