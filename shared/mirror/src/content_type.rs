//! The content type of an object, by the name of its file and, where the name leaves it open, by its first character.

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

/// The type of a file by its path and content. Text that is UTF-8 says so, since browsers guess otherwise.
#[must_use]
pub fn content_type(path: &str, content: &[u8]) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    let known = TYPES.iter().find(|(of, _)| *of == end).map(|(_, of)| *of);
    let found = match (known, end.as_str()) {
        (Some(known), _) => known,
        // What CloudFormation's own tools name so is JSON or YAML.
        (None, "template" | "cfn") => match content.iter().find(|it| !it.is_ascii_whitespace()) {
            Some(b'{') => "application/json",
            _ => "text/yaml",
        },
        _ => "application/octet-stream",
    };
    let is_said = found.starts_with("text/") && std::str::from_utf8(content).is_ok();
    if is_said { format!("{found}; charset=utf-8") } else { found.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::content_type;

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
            assert_eq!(content_type(path, content.as_bytes()), expected, "{path}");
        }
        assert_eq!(content_type("a.txt", b"\xff"), "text/plain", "what is not UTF-8 is not said to be");
    }
}
