//! What a message of SQS says beside its body: what its sender is at work on, so that who reads it works under the same correlation id
//! and in the same trace. `lambda::on_batch` reads both.

use std::collections::HashMap;

use aws_sdk_sqs::types::{MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue};

/// The attributes that carry the correlation id; none outside of a run.
#[must_use]
pub fn correlation() -> Option<HashMap<String, MessageAttributeValue>> {
    let id = aws::correlation_id()?;
    let value = MessageAttributeValue::builder().data_type("String").string_value(id).build().ok()?;
    Some([("correlation_id".into(), value)].into())
}

/// The attributes that hand the trace on; none where nothing is traced. SQS does not count them as a part of the message.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-message-system-attributes>
#[must_use]
pub fn trace() -> Option<HashMap<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>> {
    let header = aws::trace_header()?;
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(header).build().ok()?;
    Some([(MessageSystemAttributeNameForSends::AwsTraceHeader, value)].into())
}
