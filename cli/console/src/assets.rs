//! The files that pages refer to. They are compiled in, and no other host is asked for anything.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// htmx 2.0.11, as npm has it (`htmx.org`, `dist/htmx.min.js`, Zero-Clause BSD).
const HTMX: &str = include_str!("../assets/htmx.min.js");
const SCRIPT: &str = include_str!("../assets/console.js");
const STYLE: &str = include_str!("../assets/console.css");
const ICON: &str = include_str!("../assets/icon.svg");

/// The file of this name, if there is one.
pub(crate) fn asset(name: &str) -> Option<Response> {
    let (kind, content) = match name {
        "console.css" => ("text/css; charset=utf-8", STYLE),
        "console.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "htmx.min.js" => ("text/javascript; charset=utf-8", HTMX),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return None,
    };
    Some(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300")], content).into_response())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use sha2::{Digest, Sha256};

    use super::HTMX;

    /// Who takes a later one looks at what has changed in it, and at its settings in `layout.html`.
    #[test]
    fn htmx_is_the_file_that_was_looked_at() {
        let digest = Sha256::digest(HTMX).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        });
        assert_eq!(digest, "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717");
    }
}
