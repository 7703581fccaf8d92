//! From a byte of the text to the JSON pointer, the line and the column that people look for.

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;

/// The pointer to the innermost value or key that the byte belongs to. <https://www.rfc-editor.org/rfc/rfc6901>
pub(crate) fn pointer(root: &Value<'_>, at: usize) -> String {
    let (mut pointer, mut value) = (String::new(), root);
    loop {
        let next = match value {
            Value::Object(object) => object
                .properties
                .iter()
                .find(|it| it.range.start <= at && at < it.range.end)
                .map(|it| (it.name.as_str().replace('~', "~0").replace('/', "~1"), &it.value)),
            Value::Array(array) => {
                let mut elements = array.elements.iter().enumerate();
                elements.find(|(_, it)| it.start() <= at && at < it.end()).map(|(index, it)| (index.to_string(), it))
            }
            _ => None,
        };
        let Some((step, below)) = next else { return pointer };
        pointer.push('/');
        pointer.push_str(&step);
        if at < below.start() {
            return pointer;
        }
        value = below;
    }
}

/// The line and the column of what a path of keys and indices leads to, or of the last of its steps that is there; where one value stands
/// in place of a list, it is the list's first.
#[must_use]
pub fn line_and_column_of(text: &str, path: &[String]) -> Option<(usize, usize)> {
    let root = crate::json::read(text).ok()?;
    let mut value = &root;
    for step in path {
        let next = match value {
            Value::Object(object) => object.properties.iter().find(|it| it.name.as_str() == step).map(|it| &it.value),
            Value::Array(array) => step.parse::<usize>().ok().and_then(|index| array.elements.get(index)),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None if step == "0" => {}
            None => break,
        }
    }
    Some(Lines::of(text).line_and_column(value.start()))
}

/// A text, and where each of its lines begins.
pub(crate) struct Lines<'t> {
    text: &'t str,
    begins: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|it| it.1 == b'\n').map(|it| it.0 + 1);
        Self { text, begins: [0].into_iter().chain(breaks).collect() }
    }

    /// The line and the column of a byte, both from 1; a column is a character.
    pub(crate) fn line_and_column(&self, at: usize) -> (usize, usize) {
        let line = self.begins.partition_point(|it| *it <= at);
        let before = self.text.get(self.begins[line - 1]..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}
