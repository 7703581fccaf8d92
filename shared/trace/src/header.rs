//! The header that ties what several services do into one trace, and where a trace of ours begins.

use crate::Link;

/// `X-Amzn-Trace-Id`, which Lambda hands over in an invocation's context, EventBridge in an event and SQS in a message.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The trace.
    pub root: String,
    /// The segment or subsegment that asked for the work.
    pub parent: Option<String>,
    /// Whether the trace is kept; `None` where that is not decided yet.
    pub sampled: Option<bool>,
}

impl Header {
    /// Reads a header; `None` where it names no trace.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let value = |name: &str| {
            let fields = text.split(';').filter_map(|field| field.trim().split_once('='));
            fields.filter(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
        };
        let root = value("Root").filter(|it| is_trace_id(it))?.to_owned();
        let parent = value("Parent").filter(|it| is_hexadecimal(it, 16)).map(String::from);
        let sampled = match value("Sampled") {
            Some("1") => Some(true),
            Some("0") => Some(false),
            _ => None,
        };
        Some(Self { root, parent, sampled })
    }
}

/// Whether this is the id of a trace, such as `1-58406520-a006649127e371903a2de979`.
pub(crate) fn is_trace_id(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    matches!(parts[..], ["1", time, rest] if is_hexadecimal(time, 8) && is_hexadecimal(rest, 24))
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// Where the segment of an event stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The trace; a new one where `None`.
    pub trace_id: Option<String>,
    /// What it is below.
    pub parent: Option<String>,
    /// Whether Lambda has a segment of its own for the function, which this is a part of.
    pub is_in_lambda: bool,
    /// The traces that led to it, and that it does not belong to.
    pub links: Vec<Link>,
}

/// Whether an event is traced, and from where on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Its trace is not kept: nothing is recorded and nothing is sent.
    NotSampled,
    /// It is recorded.
    At(Origin),
}

impl Beginning {
    /// Decides by the header of Lambda's invocation and the one that the event or message itself has.
    ///
    /// Lambda's goes first, since its segment is the parent; what the event says of another trace becomes a link, because an
    /// event that waited in a queue, and each message of a batch, has a trace of its own. Without Lambda's the event's is continued, and
    /// without both a trace begins here.
    #[must_use]
    pub fn of(lambda: Option<&str>, event: Option<&str>) -> Self {
        let event = event.and_then(Header::read);
        let Some(Header { root, parent, sampled }) = lambda.and_then(Header::read) else {
            return match event {
                Some(Header { sampled: Some(false), .. }) => Self::NotSampled,
                Some(Header { root, parent, .. }) => {
                    Self::At(Origin { trace_id: Some(root), parent, ..Origin::default() })
                }
                None => Self::At(Origin::default()),
            };
        };
        if sampled != Some(true) {
            return Self::NotSampled;
        }
        let other = event.filter(|it| it.root != root).and_then(link_to);
        let is_in_lambda = parent.is_some();
        Self::At(Origin { trace_id: Some(root), parent, is_in_lambda, links: other.into_iter().collect() })
    }
}

/// The link to what a header names; none where it names only a trace.
fn link_to(Header { root, parent, .. }: Header) -> Option<Link> {
    Some(Link { trace_id: root, id: parent? })
}
