//! One call to AWS: what was asked of which service, and how each attempt ended.

/// What a call asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The service, such as `DynamoDB`.
    pub service: String,
    /// The operation, such as `PutItem`.
    pub operation: String,
    /// The Region, where the client has one.
    pub region: Option<String>,
    /// The account, where it is not the function's own.
    pub account: Option<String>,
}

/// How one attempt ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The status; none where no answer came.
    pub status: Option<u16>,
    /// The id that AWS gave the attempt.
    pub request_id: Option<String>,
    /// Whether AWS refused it because too much was asked for.
    pub is_throttled: bool,
    /// Why no answer came, or the code of AWS's error.
    pub why: Option<String>,
}

/// What is known of a call so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) operation: String,
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) throttled: u32,
    pub(crate) last: Answered,
    /// Whether the run left it before an answer came, since it needed none any more.
    pub(crate) is_left: bool,
}

impl Recorded {
    pub(crate) fn answered(&mut self, answered: Answered) {
        self.attempts += 1;
        self.throttled += u32::from(answered.is_throttled);
        self.last = answered;
    }
}
