//! The JSON API, the pages, sign-in, and the caseway program.
