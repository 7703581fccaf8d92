//! The manifest's JSON Schema, for editors and CI. It says the same as the parser; a test compares them.

use reaction::Region;
use schemars::{Schema, json_schema};
use serde_json::{Value, json};

/// The JSON Schema (2020-12) of a share manifest.
#[must_use]
pub fn schema() -> Schema {
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Signalbox share manifest",
        "description": "Which accounts may use which images, database snapshots and buckets.",
        "type": "object",
        "properties": {
            "ami": by_region(
                "Images whose name begins with the key (`*` and `?` are wildcards).",
                &json!({"anyOf": [account(), organization()]}),
            ),
            "rds": by_region("Database snapshots whose name contains the key.", &account()),
            "s3": {
                "description": "Buckets by name.",
                "type": "object",
                "propertyNames": {"minLength": 1},
                "additionalProperties": {"type": "array", "items": account()},
            },
        },
    })
}

fn by_region(description: &str, principal: &Value) -> Value {
    let regions: Vec<&str> = Region::all().map(|(_, region)| region).collect();
    json!({
        "description": description,
        "type": "object",
        "propertyNames": {"minLength": 1},
        "additionalProperties": {
            "description": "Who may use it, by region. An empty list is a decision: nobody.",
            "type": "object",
            "propertyNames": {"enum": regions},
            "additionalProperties": {"type": "array", "items": principal},
        },
    })
}

fn account() -> Value {
    json!({"description": "An account id.", "type": "string", "pattern": "^[0-9]{12}$"})
}

fn organization() -> Value {
    json!({
        "description": "The ARN of an organization or organizational unit.",
        "type": "string",
        "pattern": "^arn:aws[a-z-]*:organizations::[0-9]{12}:(organization/o-[a-z0-9-]+|ou/o-[a-z0-9-]+/ou-[a-z0-9-]+)$",
    })
}
