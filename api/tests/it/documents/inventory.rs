//! `caseway documents`: what is missing, and what lies there that no document names.

use super::object_server::{BUCKET, KEY};
use super::{Place, letter, places};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the program says of the documents of a server that runs.
async fn documents(place: &Place, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caseway"));
    let database = format!("sqlite:{}", place.site.folder.join("test.db").display());
    command.arg("documents").args(["--database", &database]);
    match &place.server {
        // The key comes by the names of Amazon's own tools.
        Some(server) => command
            .args(["--documents", &format!("s3://{BUCKET}/of/caseway")])
            .args(["--documents-endpoint", &server.endpoint])
            .env("AWS_ACCESS_KEY_ID", KEY.0)
            .env("AWS_SECRET_ACCESS_KEY", KEY.1),
        None => command.arg("--documents").arg(&place.folder),
    };
    command.args(arguments);
    // The servers of the test go on meanwhile.
    let told = tokio::task::spawn_blocking(move || command.output());
    told.await.unwrap().unwrap()
}

/// The folder that the names of files begin in.
fn top(place: &Place) -> PathBuf {
    match place.server {
        Some(_) => place.folder.join(BUCKET).join("of/caseway"),
        None => place.folder.clone(),
    }
}

/// Lays a file there that is so old.
fn lay(place: &Place, name: &str, age: Duration) {
    let folder = top(place).join(&name[..2]);
    fs::create_dir_all(&folder).unwrap();
    let file = File::create(folder.join(name)).unwrap();
    let now = file.metadata().unwrap().modified().unwrap();
    file.set_modified(now - age).unwrap();
}

#[track_caller]
fn says(output: &Output, code: i32, expected: &str) {
    let told = [&output.stdout[..], &output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(expected), "{expected}: {told}");
}

#[tokio::test]
async fn files_that_no_document_names_are_told_and_deleted_where_that_is_wanted() {
    for place in places().await {
        letter(&place.site, "letter").await;
        let old = "0123456789abcdef0123456789abcdef";
        lay(&place, old, 2 * DAY);
        // Perhaps an upload that goes on.
        lay(&place, "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb", DAY / 2);
        // None of ours.
        lay(&place, "notes-of-the-operator.txt", 2 * DAY);
        let told = "1 documents, 0 of them incomplete, 1 files that no document names";
        says(&documents(&place, &[]).await, 0, told);
        place.has(4).await;
        says(
            &documents(&place, &["--delete-unnamed"]).await,
            0,
            "1 deleted",
        );
        place.has(3).await;
        assert!(!top(&place).join("01").join(old).exists());
        let again = documents(&place, &["--delete-unnamed"]).await;
        says(&again, 0, "1 documents, 0 of them incomplete, 0 files");
        let kept = place.site.get("/v2/documents/letter").await;
        assert_eq!(kept.body, "Dear Amina");
    }
}

#[tokio::test]
async fn documents_whose_bytes_are_missing_are_named() {
    for place in places().await {
        letter(&place.site, "whole").await;
        letter(&place.site, "short").await;
        let folders = fs::read_dir(top(&place)).unwrap();
        let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|path| path.file_name().unwrap().len() == 32);
        files.sort_by_key(|path| fs::metadata(path).unwrap().modified().unwrap());
        let last = files.pop().unwrap();
        fs::write(&last, "Dear").unwrap();
        let found = documents(&place, &[]).await;
        says(&found, 1, "document short: its bytes are missing");
        fs::remove_file(last).unwrap();
        let found = documents(&place, &["--delete-unnamed"]).await;
        says(&found, 1, "2 documents, 1 of them incomplete, 0 files");
    }
}
