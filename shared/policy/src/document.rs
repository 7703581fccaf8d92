//! A policy as far as its form allows: what is of another form than the grammar's is left out here, and found by `form`. Policies that are
//! edited are read in `in_force.rs`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;

use crate::finding::At;

/// A policy's statements, in their order.
#[derive(Debug, Default)]
pub(crate) struct Document<'a> {
    pub(crate) at: At,
    pub(crate) version: Option<Text<'a>>,
    pub(crate) statements: Vec<Statement<'a>>,
}

/// A text, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    pub(crate) value: &'a str,
    pub(crate) at: At,
}

/// A statement.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the four are independent of each other, as they are in the language"
)]
pub(crate) struct Statement<'a> {
    pub(crate) at: At,
    pub(crate) sid: Option<Text<'a>>,
    pub(crate) is_allow: bool,
    /// Of `Action`; or of `NotAction`, where `excepts_actions`.
    pub(crate) actions: Vec<Text<'a>>,
    pub(crate) excepts_actions: bool,
    pub(crate) resources: Vec<Text<'a>>,
    pub(crate) excepts_resources: bool,
    pub(crate) principals: Vec<Principal<'a>>,
    pub(crate) excepts_principals: bool,
    pub(crate) conditions: Vec<Condition<'a>>,
}

/// A principal: its type, which is `*` where everybody is meant, and its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Principal<'a> {
    pub(crate) of: &'a str,
    pub(crate) name: Text<'a>,
}

/// One key of a condition, with its operator and its values.
#[derive(Debug)]
pub(crate) struct Condition<'a> {
    pub(crate) operator: Text<'a>,
    pub(crate) key: Text<'a>,
    pub(crate) values: Vec<Text<'a>>,
}

impl<'a> Document<'a> {
    /// The policy that the value is, in text number `source`.
    pub(crate) fn of(root: &'a Value<'a>, source: usize) -> Self {
        let mut document = Self { at: At { source, at: root.start() }, ..Self::default() };
        let Value::Object(policy) = root else { return document };
        for it in &policy.properties {
            match it.name.as_str() {
                "Version" => document.version = texts(&it.value, source).into_iter().next(),
                "Statement" => {
                    let list = list(&it.value).iter().filter_map(|it| it.as_object());
                    document.statements = list.map(|it| Statement::of(it, source)).collect();
                }
                _ => {}
            }
        }
        document
    }
}

impl<'a> Statement<'a> {
    fn of(object: &'a Object<'a>, source: usize) -> Self {
        let mut statement = Self {
            at: At { source, at: object.range.start },
            sid: None,
            is_allow: false,
            actions: Vec::new(),
            excepts_actions: false,
            resources: Vec::new(),
            excepts_resources: false,
            principals: Vec::new(),
            excepts_principals: false,
            conditions: Vec::new(),
        };
        for property in &object.properties {
            statement.read(property, source);
        }
        statement
    }

    fn read(&mut self, property: &'a ObjectProp<'a>, source: usize) {
        let value = &property.value;
        match property.name.as_str() {
            "Sid" => self.sid = texts(value, source).into_iter().next(),
            "Effect" => self.is_allow = value.as_string_lit().is_some_and(|it| it.value == "Allow"),
            name @ ("Action" | "NotAction") => {
                (self.actions, self.excepts_actions) = (texts(value, source), name == "NotAction");
            }
            name @ ("Resource" | "NotResource") => {
                (self.resources, self.excepts_resources) = (texts(value, source), name == "NotResource");
            }
            name @ ("Principal" | "NotPrincipal") => {
                (self.principals, self.excepts_principals) = (principals(value, source), name == "NotPrincipal");
            }
            "Condition" => self.conditions = conditions(value, source),
            _ => {}
        }
    }

    /// Whether it names principals.
    pub(crate) fn has_principal(&self) -> bool {
        self.excepts_principals || !self.principals.is_empty()
    }

    /// Whether its condition asks that the key is in the request.
    pub(crate) fn asks_for(&self, key: &str) -> bool {
        let is_there = |it: &Condition<'_>| {
            it.operator.value.eq_ignore_ascii_case("Null")
                && it.values.iter().all(|it| it.value.eq_ignore_ascii_case("false"))
        };
        self.conditions.iter().any(|it| it.key.value.eq_ignore_ascii_case(key) && is_there(it))
    }
}

/// The elements of a list, or the one value in place of a list.
pub(crate) fn list<'a>(value: &'a Value<'a>) -> &'a [Value<'a>] {
    match value {
        Value::Array(array) => &array.elements,
        one => std::slice::from_ref(one),
    }
}

/// The texts of a text or of a list of them; numbers and booleans as they are written.
pub(crate) fn texts<'a>(value: &'a Value<'a>, source: usize) -> Vec<Text<'a>> {
    let text = |it: &'a Value<'a>| {
        let value = match it {
            Value::StringLit(it) => it.value.as_ref(),
            Value::NumberLit(it) => it.value,
            Value::BooleanLit(it) if it.value => "true",
            Value::BooleanLit(_) => "false",
            _ => return None,
        };
        Some(Text { value, at: At { source, at: it.start() } })
    };
    list(value).iter().filter_map(text).collect()
}

/// The name of a property, and where it stands.
pub(crate) fn name<'a>(property: &'a ObjectProp<'a>, source: usize) -> Text<'a> {
    Text { value: property.name.as_str(), at: At { source, at: property.range.start } }
}

fn principals<'a>(value: &'a Value<'a>, source: usize) -> Vec<Principal<'a>> {
    let Value::Object(kinds) = value else {
        return texts(value, source).into_iter().map(|name| Principal { of: "*", name }).collect();
    };
    let of_kind = |it: &'a ObjectProp<'a>| {
        texts(&it.value, source).into_iter().map(move |name| Principal { of: it.name.as_str(), name })
    };
    kinds.properties.iter().flat_map(of_kind).collect()
}

fn conditions<'a>(value: &'a Value<'a>, source: usize) -> Vec<Condition<'a>> {
    let operators = value.as_object().map(|it| it.properties.as_slice()).unwrap_or_default();
    let of_operator = |operator: &'a ObjectProp<'a>| {
        let keys = operator.value.as_object().map(|it| it.properties.as_slice()).unwrap_or_default();
        keys.iter().map(move |key| Condition {
            operator: name(operator, source),
            key: name(key, source),
            values: texts(&key.value, source),
        })
    };
    operators.iter().flat_map(of_operator).collect()
}
