//! What X-Ray keeps of traces.

use std::collections::BTreeSet;

use aws::all_pages;
use aws_sdk_xray::Client;
use reaction::Error;
use trace::{Document, documents as read};

/// How many traces X-Ray gives at a time. <https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html>
const AT_ONCE: usize = 5;

/// The documents of these traces, as far as X-Ray keeps them.
pub(crate) async fn documents(client: &Client, traces: &BTreeSet<String>) -> Result<Vec<Document>, Error> {
    let traces: Vec<_> = traces.iter().cloned().collect();
    let mut documents = Vec::new();
    for some in traces.chunks(AT_ONCE) {
        let ask = client.batch_get_traces().set_trace_ids(Some(some.to_vec())).into_paginator().items();
        let segments = all_pages(ask.send()).await?.into_iter().flat_map(|it| it.segments.unwrap_or_default());
        for document in segments.filter_map(|it| it.document) {
            documents.extend(read(&document).map_err(Error::failed)?);
        }
    }
    Ok(documents)
}
