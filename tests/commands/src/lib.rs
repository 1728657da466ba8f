//! What the project's commands share: finding tools, running them, saying plainly what is missing.
