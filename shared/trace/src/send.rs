//! Documents that are small enough for X-Ray and for a datagram.

use crate::Document;

/// The bytes that a document may have: X-Ray and its daemon take 64 KB, of which the daemon's own line needs some.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html>
pub const LARGEST: usize = 64_000;

/// The document as it is sent: in one piece, or its parts by themselves where it is too large.
pub(crate) fn documents(document: Document) -> Vec<String> {
    let text = serde_json::to_string(&document).unwrap_or_default();
    if text.len() <= LARGEST || document.subsegments.is_empty() {
        return vec![text];
    }
    let (trace_id, id) = (document.trace_id.clone(), document.id.clone());
    let mut trunk = document;
    let parts = std::mem::take(&mut trunk.subsegments);
    let mut all = documents(trunk);
    for part in parts {
        let (trace_id, parent_id) = (trace_id.clone(), Some(id.clone()));
        all.extend(documents(Document { trace_id, parent_id, kind: Some("subsegment".into()), ..part }));
    }
    all
}
