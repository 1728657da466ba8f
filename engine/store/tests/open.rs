//! Files that cannot be opened: each is named, with the way out, and nothing is changed.
#![allow(clippy::unwrap_used, reason = "functions of tests")]

use std::path::PathBuf;

use store::{Error, Store};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("caseway-store-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The message for an address, which must be refused.
async fn refusal(address: &str) -> (Error, String) {
    let error = Store::open(address).await.unwrap_err();
    let text = error.to_string();
    (error, text)
}

fn address(path: &std::path::Path) -> String {
    format!("sqlite:{}", path.display())
}

/// Checks that the message has all parts.
fn check(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "\"{part}\" is missing in: {text}");
    }
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = Folder::new("missing");
    let (error, text) = refusal(&address(&folder.0.join("none/caseway.db"))).await;
    assert!(matches!(error, Error::NoFolder { .. }));
    check(&text, &["none", "does not exist", "mkdir -p", "--database"]);
}

#[tokio::test]
async fn a_folder_is_no_file() {
    let folder = Folder::new("folder");
    let (error, text) = refusal(&address(&folder.0)).await;
    assert!(matches!(error, Error::IsFolder { .. }));
    check(&text, &["is a folder", "caseway.db"]);
}

#[tokio::test]
async fn a_file_of_another_kind_stays_as_it_is() {
    let folder = Folder::new("kind");
    let path = folder.0.join("letter.txt");
    std::fs::write(&path, "Dear Ms Auma, this is not a database").unwrap();
    let (error, text) = refusal(&address(&path)).await;
    assert!(matches!(error, Error::NotADatabase { .. }));
    check(
        &text,
        &[
            "letter.txt",
            "is not a SQLite database",
            "move this one away",
        ],
    );
    assert_eq!(
        std::fs::read(&path).unwrap(),
        b"Dear Ms Auma, this is not a database"
    );
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let folder = Folder::new("damaged");
    let path = folder.0.join("caseway.db");
    Store::open(&address(&path)).await.unwrap().close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..4096].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let (error, text) = refusal(&address(&path)).await;
    assert!(
        matches!(error, Error::Corrupt { .. } | Error::NotADatabase { .. }),
        "{text}"
    );
    check(&text, &["caseway.db"]);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    use sqlx::{Connection, Executor};
    let folder = Folder::new("foreign");
    let path = folder.0.join("photos.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let mut other = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    other
        .execute("create table photos (id integer)")
        .await
        .unwrap();
    other.close().await.unwrap();
    let (error, text) = refusal(&address(&path)).await;
    assert!(matches!(error, Error::Foreign { .. }));
    check(&text, &["photos.db", "not one of Caseway"]);
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused() {
    use sqlx::{Connection, Executor};
    let folder = Folder::new("newer");
    let path = folder.0.join("caseway.db");
    Store::open(&address(&path)).await.unwrap().close().await;
    let mut later = sqlx::SqliteConnection::connect(&address(&path))
        .await
        .unwrap();
    later
        .execute("insert into migrations (number, name, sha256) values (9000, 'later', x'00')")
        .await
        .unwrap();
    later.close().await.unwrap();
    let (error, text) = refusal(&address(&path)).await;
    assert!(matches!(error, Error::Newer { found: 9000, .. }));
    check(&text, &["written by a newer Caseway", "9000"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_created_is_named() {
    // The folder exists, and no user can create files in it.
    let (error, text) = refusal("sqlite:/proc/caseway.db").await;
    assert!(
        matches!(error, Error::ReadOnly { .. } | Error::Unreadable { .. }),
        "{text}"
    );
    check(&text, &["/proc/caseway.db", "write"]);
}

#[tokio::test]
async fn a_file_that_another_server_serves_is_refused_with_its_process() {
    let folder = Folder::new("served");
    let path = folder.0.join("caseway.db");
    let first = Store::open(&address(&path)).await.unwrap();
    let (error, text) = refusal(&address(&path)).await;
    assert!(matches!(error, Error::InUse { .. }));
    let process = format!("process {}", std::process::id());
    check(
        &text,
        &[
            "caseway.db",
            "another Caseway server",
            &process,
            "--database",
        ],
    );
    // A link to the file is the same file.
    let link = folder.0.join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(
        refusal(&address(&link)).await.0,
        Error::InUse { .. }
    ));
    first.close().await;
    Store::open(&address(&path)).await.unwrap().close().await;
}

#[tokio::test]
async fn a_file_that_another_program_has_locked_is_refused() {
    use sqlx::{Connection, Executor};
    let folder = Folder::new("locked");
    let path = folder.0.join("caseway.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let mut other = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    other.execute("begin exclusive").await.unwrap();
    let options = store::Options {
        busy_timeout_ms: 20,
        ..store::Options::default()
    };
    let error = Store::open_with(&address(&path), options)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Locked { .. }), "{error}");
    check(
        &error.to_string(),
        &[
            "caseway.db",
            "locked by another program",
            "close that program",
        ],
    );
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named_without_its_password() {
    let (error, text) = refusal("postgres://caseway:s3cret@localhost:1/caseway").await;
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    check(
        &text,
        &[
            "postgres://caseway@localhost:1/caseway",
            "cannot be reached",
        ],
    );
    assert!(!text.contains("s3cret"), "{text}");
    assert!(error.is_temporary());
}

#[tokio::test]
async fn an_address_without_a_database_is_refused() {
    for address in [
        "caseway.db",
        "sqlite:",
        "sqlite::memory:",
        "mysql://localhost/x",
        "",
    ] {
        let (error, text) = refusal(address).await;
        assert!(matches!(error, Error::Address { .. }));
        check(&text, &["sqlite:PATH"]);
    }
}
