//! Builds again when a template or a browser asset comes or goes: they are carried inside the program.

fn main() {
    let built = std::path::Path::new("assets/dist").exists();
    // A folder that is not there would make every build a new one.
    for folder in ["templates", if built { "assets/dist" } else { "assets" }] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
