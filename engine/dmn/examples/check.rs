//! What is said of DMN files that are deployed together: `cargo run -p dmn --example check -- FILE...`.
#![allow(clippy::print_stdout, reason = "it is a program that prints")]

use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let texts: Vec<String> = files
        .iter()
        .map(fs::read_to_string)
        .collect::<Result<_, _>>()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for (file, reading) in files.iter().zip(dmn::read_all(&texts)) {
        println!("{file}: {} decisions", reading.decisions.len());
        for problem in reading.problems {
            println!("  {problem}");
        }
    }
    Ok(())
}
