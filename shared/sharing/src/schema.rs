//! The manifest's JSON Schema, for editors and CI. It says the same as the parser; a test compares them.

use place::Region;
use schemars::{Schema, json_schema};
use serde_json::{Value, json};

/// The JSON Schema (2020-12) of a share manifest.
#[must_use]
pub fn schema() -> Schema {
    let selection = json!({"$ref": "#/$defs/selection"});
    let selection_by_tag = json!({"$ref": "#/$defs/selection_by_tag"});
    let admission = json!({"$ref": "#/$defs/admission"});
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Signalbox share manifest",
        "description": "Which accounts may use which images, snapshots, repositories, keys and buckets.",
        "type": "object",
        "properties": {
            "ami": by_region("Images whose name begins with the key (`*` and `?` are wildcards).", &selection),
            "ebs": by_region("EBS snapshots whose tag Name, or name_tag, begins with the key (`*` and `?` are wildcards).", &selection_by_tag),
            "ecr": by_region("Repositories by name: who may pull.", &admission),
            "kms": by_region("Keys by id, ARN or alias (`alias/name`): who may decrypt, and grant it to services.", &admission),
            "rds": by_region("Snapshots of database instances whose name contains the key, in any case.", &selection),
            "rds-cluster": by_region("Snapshots of Aurora and Multi-AZ clusters whose name contains the key, in any case.", &selection),
            "s3": by_name("Buckets by name: who may read.", &admission),
        },
        "$defs": definitions(),
    })
}

fn definitions() -> Value {
    json!({
        "region": {"enum": Region::all().map(|(_, region)| region).collect::<Vec<_>>()},
        "principal": {"anyOf": [account(), organization()]},
        "party": {
            "anyOf": [
                {"$ref": "#/$defs/principal"},
                {
                    "description": "Somebody who shares until some time.",
                    "type": "object",
                    "properties": {"account": {"$ref": "#/$defs/principal"}, "expires": expires()},
                    "required": ["account"],
                    "additionalProperties": false,
                },
            ],
        },
        "list": {
            "description": "Who may use it. An empty list is a decision: nobody.",
            "type": "array",
            "items": {"$ref": "#/$defs/party"},
        },
        "admission": admission(),
        "selection": selection(false),
        "selection_by_tag": selection(true),
    })
}

fn selection(has_name_tag: bool) -> Value {
    let tag_key = json!({"description": "The key of a tag.", "type": "string", "minLength": 1, "maxLength": 128});
    let mut properties = json!({
        "accounts": {"$ref": "#/$defs/list"},
        "owner": {
            "description": "The accounts one of which has to own the resource.",
            "type": "array",
            "items": account(),
            "minItems": 1,
        },
        "tag": {
            "description": "The tag that the resource has to carry beside its name.",
            "type": "object",
            "properties": {
                "key": tag_key,
                "value": {"description": "The value of the tag.", "type": "string", "maxLength": 256},
            },
            "required": ["key", "value"],
            "additionalProperties": false,
        },
    });
    if has_name_tag {
        properties["name_tag"] = tag_key;
        properties["name_tag"]["description"] = "The key of the tag whose value is the name, in place of Name.".into();
    }
    json!({
        "anyOf": [
            {"$ref": "#/$defs/list"},
            {
                "description": "Who may use it, and which of the resources with this name are meant.",
                "type": "object",
                "properties": properties,
                "required": ["accounts"],
                "additionalProperties": false,
            },
        ],
    })
}

fn admission() -> Value {
    json!({
        "anyOf": [
            {"$ref": "#/$defs/list"},
            {
                "description": "Who may use it, and an organization of which everybody may.",
                "type": "object",
                "properties": {
                    "accounts": {"$ref": "#/$defs/list"},
                    "organization": {
                        "description": "The id of an organization.",
                        "type": "string",
                        "pattern": "^o-[a-z0-9-]+$",
                    },
                },
                "additionalProperties": false,
            },
        ],
    })
}

fn by_name(description: &str, value: &Value) -> Value {
    json!({
        "description": description,
        "type": "object",
        "propertyNames": {"minLength": 1},
        "additionalProperties": value,
    })
}

fn by_region(description: &str, list: &Value) -> Value {
    let regions = json!({
        "description": "Who may use it, by region.",
        "type": "object",
        "propertyNames": {"$ref": "#/$defs/region"},
        "additionalProperties": list,
    });
    by_name(description, &regions)
}

fn account() -> Value {
    json!({"description": "An account id.", "type": "string", "pattern": "^[0-9]{12}$"})
}

fn organization() -> Value {
    json!({
        "description": "The ARN of an organization or organizational unit.",
        "type": "string",
        "pattern": "^arn:aws[^:]*:organizations::[0-9]{12}:(organization/o-[a-z0-9-]+|ou/o-[a-z0-9-]+/ou-[a-z0-9-]+)$",
    })
}

/// Months and days that exist are the parser's to tell; a pattern keeps schema and parser of one mind about the rest.
fn expires() -> Value {
    json!({
        "description": "Until when, as RFC 3339 writes it, such as 2027-01-01T00:00:00Z.",
        "type": "string",
        "format": "date-time",
        "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?([Zz]|[+−-]([01][0-9]|2[0-3]):[0-5][0-9])$",
    })
}
