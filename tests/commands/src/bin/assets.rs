//! `cargo assets [--force]`: builds the style sheets and scripts of the pages.

use std::process::ExitCode;

use commands::assets::{self, Built};
use commands::workspace;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let force = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => false,
        ["--force"] => true,
        _ => {
            eprintln!(
                "usage: cargo assets [--force]\n  builds api/assets/dist from its pinned npm packages; skips when nothing changed"
            );
            return ExitCode::from(2);
        }
    };
    match assets::build(&workspace::root(), force) {
        Ok(Built::Now) => eprintln!("built api/assets/dist"),
        Ok(Built::UpToDate) => {
            eprintln!("api/assets/dist is up to date (--force builds it anyway)")
        }
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
