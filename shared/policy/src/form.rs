//! The form of a policy: which elements there are, what each may be, and what each type of policy leaves out.

use jsonc_parser::ast::{ObjectProp, Value};
use jsonc_parser::common::Ranged;

use crate::Kind;
use crate::document::{list, name};
use crate::finding::{At, Found};

const OF_POLICY: [&str; 3] = ["Version", "Id", "Statement"];
const OF_STATEMENT: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const TYPES_OF_PRINCIPALS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];
/// Only one of each may stand in a statement.
const PAIRS: [[&str; 2]; 3] = [["Action", "NotAction"], ["Resource", "NotResource"], ["Principal", "NotPrincipal"]];

/// The elements of the policy that are not as the grammar has them.
pub(crate) fn find(root: &Value<'_>, kind: Kind, source: usize, found: &mut Vec<Found>) {
    Form { kind, source, found }.policy(root);
}

struct Form<'f> {
    kind: Kind,
    source: usize,
    found: &'f mut Vec<Found>,
}

impl Form<'_> {
    fn error(&mut self, at: usize, message: impl Into<String>, remedy: impl Into<String>) {
        self.found.push(Found::error(At { source: self.source, at }, "form", message, remedy));
    }

    fn policy(&mut self, root: &Value<'_>) {
        let Value::Object(policy) = root else {
            return self.error(
                root.start(),
                "a policy is a JSON object",
                "write {\"Version\": .., \"Statement\": [..]}",
            );
        };
        for it in &policy.properties {
            self.known(it, &OF_POLICY, "a policy");
            if it.name.as_str() == "Id" && it.value.as_string_lit().is_none() {
                self.error(it.value.start(), "Id is a text", "write a text");
            }
        }
        self.version(policy.get("Version"), root.start());
        match policy.get("Statement").map(|it| &it.value) {
            None => self.error(root.start(), "the policy has no Statement", "add one"),
            Some(Value::Array(statements)) if statements.elements.is_empty() => {
                self.error(statements.range.start, "there is no statement in the list", "add one");
            }
            Some(statements) => list(statements).iter().for_each(|it| self.statement(it)),
        }
    }

    fn version(&mut self, version: Option<&ObjectProp<'_>>, start: usize) {
        let remedy = "write \"Version\": \"2012-10-17\"";
        match version.map(|it| (&it.value, it.value.as_string_lit().map(|it| it.value.as_ref()))) {
            Some((_, Some("2012-10-17" | "2008-10-17"))) => {}
            Some((value, _)) => self.error(value.start(), "there is no such version of the policy language", remedy),
            None => {
                let message = "the policy has no Version, and so is read as of 2008, where variables are plain text";
                self.found.push(Found::warning(At { source: self.source, at: start }, "version", message, remedy));
            }
        }
    }

    fn known(&mut self, property: &ObjectProp<'_>, names: &[&str], of: &str) {
        let name = property.name.as_str();
        if !names.contains(&name) {
            let like = names.iter().find(|it| strsim::levenshtein(&it.to_lowercase(), &name.to_lowercase()) <= 2);
            let remedy =
                like.map_or_else(|| format!("write one of {}", names.join(", ")), |it| format!("write `{it}`"));
            self.error(property.range.start, format!("`{name}` is not an element of {of}"), remedy);
        }
    }

    fn statement(&mut self, value: &Value<'_>) {
        let Value::Object(statement) = value else {
            return self.error(value.start(), "a statement is a JSON object", "write {\"Effect\": .., \"Action\": ..}");
        };
        for it in &statement.properties {
            self.known(it, &OF_STATEMENT, "a statement");
            self.element(it);
        }
        let has = |name: &str| statement.get(name).is_some();
        for [one, other] in PAIRS {
            if has(one) && has(other) {
                let at = statement.get(other).map_or(statement.range.start, |it| it.range.start);
                self.error(
                    at,
                    format!("{one} and {other} stand in one statement"),
                    format!("keep one of them: with {other} the statement is about everything else"),
                );
            }
        }
        for (is_there, element, needed) in [
            (has("Effect"), "Effect", true),
            (has("Action") || has("NotAction"), "Action", true),
            (
                has("Resource") || has("NotResource"),
                "Resource",
                matches!(self.kind, Kind::Identity | Kind::Scp | Kind::Rcp),
            ),
            (has("Principal") || has("NotPrincipal"), "Principal", self.kind.has_principals()),
        ] {
            if needed && !is_there {
                self.error(statement.range.start, format!("the statement has no {element}"), format!("add {element}"));
            }
        }
        self.of_kind(statement);
    }

    /// What this type of policy leaves out.
    fn of_kind(&mut self, statement: &jsonc_parser::ast::Object<'_>) {
        let kind = self.kind;
        let refused: &[&str] = match kind {
            Kind::Identity | Kind::Scp => &["Principal", "NotPrincipal"],
            Kind::Trust => &["Resource", "NotResource"],
            Kind::Rcp => &["NotPrincipal", "NotAction"],
            Kind::Resource => &[],
        };
        for it in refused.iter().filter_map(|name| statement.get(name)) {
            let name = it.name.as_str();
            self.error(
                it.range.start,
                format!("a policy of type {kind} has no {name}"),
                format!("take {name} out, or name the type with --type"),
            );
        }
        let effect = statement.get("Effect");
        if let Some(effect) =
            effect.filter(|it| kind == Kind::Rcp && it.value.as_string_lit().is_some_and(|it| it.value == "Allow"))
        {
            self.error(effect.range.start, "a resource control policy of yours can only deny", "write \"Deny\"");
        }
    }

    fn element(&mut self, property: &ObjectProp<'_>) {
        let (value, at) = (&property.value, property.value.start());
        match property.name.as_str() {
            "Sid" if value.as_string_lit().is_none() => self.error(at, "Sid is a text", "write a text"),
            "Sid" => {
                let text = value.as_string_lit().map(|it| it.value.as_ref()).unwrap_or_default();
                let is_strict = matches!(self.kind, Kind::Identity | Kind::Trust);
                if is_strict && !text.bytes().all(|it| it.is_ascii_alphanumeric()) {
                    self.error(
                        at,
                        format!("the Sid `{text}` has other characters than letters and digits"),
                        "use letters and digits only",
                    );
                }
            }
            "Effect" if !matches!(value.as_string_lit().map(|it| it.value.as_ref()), Some("Allow" | "Deny")) => {
                self.error(at, "Effect is neither Allow nor Deny", "write \"Allow\" or \"Deny\", in these letters");
            }
            "Action" | "NotAction" | "Resource" | "NotResource" => self.texts(value, property.name.as_str()),
            "Principal" | "NotPrincipal" => self.principal(value),
            "Condition" => self.condition(value),
            _ => {}
        }
    }

    fn texts(&mut self, value: &Value<'_>, of: &str) {
        let elements = list(value);
        if elements.is_empty() {
            self.error(
                value.start(),
                format!("the list of {of} is empty"),
                "name something, or take the statement out",
            );
        }
        for it in elements.iter().filter(|it| it.as_string_lit().is_none()) {
            self.error(it.start(), format!("{of} is a text or a list of texts"), "write a text");
        }
    }

    fn principal(&mut self, value: &Value<'_>) {
        match value {
            Value::StringLit(it) if it.value == "*" => {}
            Value::Object(kinds) => {
                for it in &kinds.properties {
                    self.known(it, &TYPES_OF_PRINCIPALS, "a principal");
                    self.texts(&it.value, it.name.as_str());
                }
            }
            other => self.error(
                other.start(),
                "a principal is \"*\" or an object",
                "write {\"AWS\": \"arn:..\"} or {\"Service\": \"..\"}",
            ),
        }
    }

    fn condition(&mut self, value: &Value<'_>) {
        let Value::Object(operators) = value else {
            return self.error(
                value.start(),
                "Condition is an object of operators",
                "write {\"StringEquals\": {\"key\": \"value\"}}",
            );
        };
        for operator in &operators.properties {
            let Value::Object(keys) = &operator.value else {
                let of = name(operator, self.source).value.to_owned();
                self.error(
                    operator.value.start(),
                    format!("{of} is an object of keys and values"),
                    "write {\"key\": \"value\"}",
                );
                continue;
            };
            for key in &keys.properties {
                let is_value =
                    |it: &Value<'_>| matches!(it, Value::StringLit(_) | Value::NumberLit(_) | Value::BooleanLit(_));
                if let Some(it) = list(&key.value).iter().find(|it| !is_value(it)) {
                    self.error(
                        it.start(),
                        "a condition compares with texts, numbers and booleans",
                        "write a text or a list of them",
                    );
                }
            }
        }
    }
}
