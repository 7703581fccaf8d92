//! The content type of an object, by the name of its file and, where the name leaves it open, by its first character.

use std::borrow::Cow;

/// Types by the end of a file's name. CloudFormation's console shows templates of the types for JSON and YAML only; browsers render or run
/// what has the type that it is. <https://www.iana.org/assignments/media-types/media-types.xhtml>
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("md", "text/markdown"),
    ("mjs", "text/javascript"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("txt", "text/plain"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xml", "application/xml"),
    ("yaml", "text/yaml"),
    ("yml", "text/yaml"),
    ("zip", "application/zip"),
];

/// What of a content decides its type, looked at piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Look {
    first: Option<u8>,
    /// The begin of a character whose end is in the next piece.
    begun: Vec<u8>,
    is_broken: bool,
}

impl Look {
    /// Looks at the next piece.
    pub fn at(&mut self, piece: &[u8]) {
        self.first = self.first.or_else(|| piece.iter().find(|it| !it.is_ascii_whitespace()).copied());
        if self.is_broken {
            return;
        }
        let piece =
            if self.begun.is_empty() { Cow::Borrowed(piece) } else { Cow::Owned([&self.begun[..], piece].concat()) };
        match std::str::from_utf8(&piece) {
            Ok(_) => self.begun.clear(),
            Err(error) if error.error_len().is_none() => piece[error.valid_up_to()..].clone_into(&mut self.begun),
            Err(_) => self.is_broken = true,
        }
    }

    /// Whether all that was looked at is UTF-8.
    fn is_text(&self) -> bool {
        !self.is_broken && self.begun.is_empty()
    }
}

/// The type of a file by its path and content. Text that is UTF-8 says so, since browsers guess otherwise.
#[must_use]
pub fn content_type(path: &str, content: &Look) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    let known = TYPES.iter().find(|(of, _)| *of == end).map(|(_, of)| *of);
    let found = match (known, end.as_str()) {
        (Some(known), _) => known,
        // What CloudFormation's own tools name so is JSON or YAML.
        (None, "template" | "cfn") => match content.first {
            Some(b'{') => "application/json",
            _ => "text/yaml",
        },
        _ => "application/octet-stream",
    };
    let is_said = found.starts_with("text/") && content.is_text();
    if is_said { format!("{found}; charset=utf-8") } else { found.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Look, content_type};

    /// Looked at in pieces of so many bytes.
    fn looked(content: &[u8], length: usize) -> Look {
        let mut look = Look::default();
        content.chunks(length).for_each(|piece| look.at(piece));
        look
    }

    #[test]
    fn the_name_decides_and_of_templates_the_first_character() {
        for (path, content, expected) in [
            ("vpc.yaml", "AWSTemplateFormatVersion: 2010-09-09", "text/yaml; charset=utf-8"),
            ("a.b/VPC.JSON", "{}", "application/json"),
            ("vpc.template", " \n{\"Resources\": {}}", "application/json"),
            ("vpc.template", "Resources: {}", "text/yaml; charset=utf-8"),
            ("web/index.html", "<p>é", "text/html; charset=utf-8"),
            ("Makefile", "all:", "application/octet-stream"),
            ("yaml", "", "application/octet-stream"),
            (".yaml", "", "text/yaml; charset=utf-8"),
        ] {
            for length in 1..5 {
                assert_eq!(content_type(path, &looked(content.as_bytes(), length)), expected, "{path}");
            }
        }
        for broken in [&b"\xff"[..], b"\xe2\x82", b"\xe2\x82x", b"\xe2\x82\xac\xac"] {
            for length in 1..5 {
                let of = content_type("a.txt", &looked(broken, length));
                assert_eq!(of, "text/plain", "what is not UTF-8 is not said to be: {broken:?}");
            }
        }
        assert_eq!(content_type("a.txt", &looked("€é".as_bytes(), 1)), "text/plain; charset=utf-8");
    }
}
