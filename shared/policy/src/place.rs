//! From a byte of the text to the JSON pointer, the line and the column that people look for.

use std::cell::Cell;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;

/// The longest pointer, in bytes: keys that are longer than any of AWS's would be told in each finding below them.
const LONGEST: usize = 1_000;

/// The pointer to the innermost value or key that the byte belongs to, as far as it is not too long. <https://www.rfc-editor.org/rfc/rfc6901>
pub(crate) fn pointer(root: &Value<'_>, at: usize) -> String {
    let (mut pointer, mut value) = (String::new(), root);
    loop {
        let next = match value {
            // They stand in the order of the text.
            Value::Object(object) => {
                let index = object.properties.partition_point(|it| it.range.end <= at);
                let property = object.properties.get(index).filter(|it| it.range.start <= at);
                property.map(|it| (it.name.as_str().replace('~', "~0").replace('/', "~1"), &it.value))
            }
            Value::Array(array) => {
                let index = array.elements.partition_point(|it| it.end() <= at);
                array.elements.get(index).filter(|it| it.start() <= at).map(|it| (index.to_string(), it))
            }
            _ => None,
        };
        let Some((step, below)) = next.filter(|(step, _)| pointer.len() + step.len() < LONGEST) else { return pointer };
        pointer.push('/');
        pointer.push_str(&step);
        if at < below.start() {
            return pointer;
        }
        value = below;
    }
}

/// The places of a text that is read once.
pub struct Places<'t> {
    root: Option<Value<'t>>,
    lines: Lines<'t>,
}

impl<'t> Places<'t> {
    /// Those of a policy; of what is not JSON there is only the beginning.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        Self { root: crate::json::read(text).ok(), lines: Lines::of(text) }
    }

    /// How many statements it has: one may stand without a list.
    #[must_use]
    pub fn statements(&self) -> usize {
        let all = self.root.as_ref().and_then(Value::as_object).and_then(|it| it.get("Statement"));
        all.and_then(|it| it.value.as_array()).map_or(1, |it| it.elements.len())
    }

    /// The line and the column of what a path of keys and indices leads to, or of the last of its steps that is there; where one value
    /// stands in place of a list, it is the list's first.
    #[must_use]
    pub fn line_and_column(&self, path: &[String]) -> (usize, usize) {
        let Some(mut value) = self.root.as_ref() else { return (1, 1) };
        for step in path {
            let next = match value {
                Value::Object(object) => {
                    object.properties.iter().find(|it| it.name.as_str() == step).map(|it| &it.value)
                }
                Value::Array(array) => step.parse::<usize>().ok().and_then(|index| array.elements.get(index)),
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None if step == "0" => {}
                None => break,
            }
        }
        self.lines.line_and_column(value.start())
    }
}

/// A text, and where each of its lines begins.
pub(crate) struct Lines<'t> {
    text: &'t str,
    begins: Vec<usize>,
    /// The byte that was asked for last, and its line and column: a line may be as long as the text, and have a finding at each word.
    last: Cell<(usize, usize, usize)>,
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|it| it.1 == b'\n').map(|it| it.0 + 1);
        Self { text, begins: [0].into_iter().chain(breaks).collect(), last: Cell::new((0, 1, 1)) }
    }

    /// The line and the column of a byte, both from 1; a column is a character.
    pub(crate) fn line_and_column(&self, at: usize) -> (usize, usize) {
        let line = self.begins.partition_point(|it| *it <= at);
        let (mut from, mut column) = (self.begins[line - 1], 1);
        let last = self.last.get();
        if last.1 == line && last.0 <= at {
            (from, column) = (last.0, last.2);
        }
        let between = self.text.get(from..at).unwrap_or_default();
        let column = column + between.chars().count();
        self.last.set((at, line, column));
        (line, column)
    }
}
