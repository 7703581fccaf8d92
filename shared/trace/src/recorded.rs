//! Traces as they are kept: what a daemon was sent, and what X-Ray answers.

use serde::Deserialize;
use serde_json::{Deserializer, Value};

use crate::Document;

/// What `aws xray batch-get-traces` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    traces: Vec<Trace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trace {
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Segment {
    document: String,
}

/// Reads the documents of a recorded trace: JSON values one after the other, each a document, a list of them, the line that a daemon
/// is sent before each, or what X-Ray answers to `BatchGetTraces`.
///
/// # Errors
/// Which value is none of these, by its number, and why.
pub fn documents(text: &str) -> Result<Vec<Document>, String> {
    let mut documents = Vec::new();
    for (index, value) in Deserializer::from_str(text).into_iter::<Value>().enumerate() {
        let at = |error: serde_json::Error| format!("value {} is not a part of a trace: {error}", index + 1);
        read(value.map_err(at)?, &mut documents).map_err(at)?;
    }
    Ok(documents)
}

fn read(value: Value, documents: &mut Vec<Document>) -> Result<(), serde_json::Error> {
    match value {
        Value::Array(values) => values.into_iter().try_for_each(|value| read(value, documents)),
        value if value.get("format").is_some() => Ok(()),
        value if value.get("Traces").is_some() => {
            let Answer { traces } = serde_json::from_value(value)?;
            for segment in traces.iter().flat_map(|trace| &trace.segments) {
                documents.push(serde_json::from_str(&segment.document)?);
            }
            Ok(())
        }
        value => {
            documents.push(serde_json::from_value(value)?);
            Ok(())
        }
    }
}
