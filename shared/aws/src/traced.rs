//! Calls to AWS, noted for the trace of the run that makes them.
//!
//! A configuration has no interceptors: each client has its own. But every client takes two things from the configuration that stand
//! in the way of each attempt: what resolves the identity knows the operation, and what sends the request sees the answer. Both are
//! wrapped, and only where a daemon waits for traces. The id that the SDK gives each operation says what belongs together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use aws_config::Region;
use aws_runtime::invocation_id::InvocationId;
use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::identity::{
    IdentityFuture, ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use place::AccountId;
use trace::{Answered, Call, CallId, Recorder};

use crate::acting;

/// Where the daemon listens, which Lambda sets where tracing is active.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
pub const DAEMON_ADDRESS: &str = "AWS_XRAY_DAEMON_ADDRESS";

/// The header in which an operation has one id for all its attempts.
const INVOCATION: &str = "amz-sdk-invocation-id";

/// The header that hands a trace on. <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
const TRACE: &str = "x-amzn-trace-id";

/// The headers that may have the id of a request.
const REQUEST_IDS: [&str; 3] = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];

/// The calls that are under way, of all runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<UnderWay>>>);

#[derive(Debug)]
struct UnderWay {
    invocation: InvocationId,
    recorder: Weak<Recorder>,
    call: CallId,
}

impl Calls {
    /// Where a daemon waits for traces.
    pub(crate) fn if_traced(variables: fn(&str) -> Option<String>) -> Option<Self> {
        variables(DAEMON_ADDRESS).map(|_| Self::default())
    }

    /// The connector, whose answers are noted.
    pub(crate) fn http(&self, inner: SharedHttpConnector) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { inner, calls: self.clone() })
    }

    /// The cache, whose operations are noted, as those in this account where it is not our own.
    pub(crate) fn identities(&self, inner: SharedIdentityCache, account: Option<AccountId>) -> SharedIdentityCache {
        SharedIdentityCache::new(Identities { inner, account, calls: self.clone() })
    }

    fn under_way(&self) -> MutexGuard<'_, Vec<UnderWay>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the operation that an attempt is about to be made of.
    fn begin(&self, bag: &ConfigBag, account: Option<&AccountId>) {
        let Some(recorder) = acting::recorder() else { return };
        let (Some(invocation), Some(of)) = (bag.load::<InvocationId>(), bag.load::<Metadata>()) else { return };
        let mut under_way = self.under_way();
        let is_first = bag.load::<RequestAttempts>().is_none_or(|it| it.attempts() <= 1);
        if !is_first || under_way.iter().rev().any(|it| it.invocation == *invocation) {
            return;
        }
        let call = recorder.call(|| Call {
            service: of.service().to_owned(),
            operation: of.name().to_owned(),
            region: bag.load::<Region>().map(ToString::to_string),
            account: account.map(ToString::to_string),
        });
        under_way.retain(|it| it.recorder.strong_count() > 0);
        if let Some(call) = call {
            let recorder = Arc::downgrade(&recorder);
            under_way.push(UnderWay { invocation: invocation.clone(), recorder, call });
        }
    }

    /// The call that a request is an attempt of; none where it is not recorded.
    fn of(&self, request: &HttpRequest) -> Option<Attempt> {
        let recorder = acting::recorder()?;
        let invocation = InvocationId::new(request.headers().get(INVOCATION)?.to_owned());
        let call = self.under_way().iter().rev().find(|it| it.invocation == invocation)?.call;
        Some(Attempt { recorder, call, calls: self.clone(), invocation, is_over: false })
    }
}

/// Resolves identities, and notes for which operations.
#[derive(Debug)]
struct Identities {
    inner: SharedIdentityCache,
    account: Option<AccountId>,
    calls: Calls,
}

impl ResolveCachedIdentity for Identities {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        bag: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        self.calls.begin(bag, self.account.as_ref());
        self.inner.resolve_cached_identity(resolver, components, bag)
    }
}

/// Sends requests, and notes what is answered.
#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    calls: Calls,
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let Some(attempt) = self.calls.of(&request) else { return self.inner.call(request) };
        if request.headers().get(TRACE).is_none() {
            let header = attempt.recorder.header_of(attempt.call);
            request.headers_mut().insert(TRACE, header);
        }
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move { attempt.end(answer.await).await })
    }
}

/// An attempt that is under way. Where it is given up, no answer came.
struct Attempt {
    recorder: Arc<Recorder>,
    call: CallId,
    calls: Calls,
    invocation: InvocationId,
    is_over: bool,
}

impl Attempt {
    async fn end(mut self, answer: Result<HttpResponse, ConnectorError>) -> Result<HttpResponse, ConnectorError> {
        let mut response = match answer {
            Ok(response) => response,
            Err(error) => {
                self.answered(Answered { why: Some(error.to_string()), ..Answered::default() });
                return Err(error);
            }
        };
        let status = response.status().as_u16();
        let request_id = REQUEST_IDS.iter().find_map(|name| response.headers().get(*name)).map(String::from);
        let code = if status < 400 { None } else { code_of(&mut response).await? };
        let is_throttled = status == 429 || code.as_deref().is_some_and(|it| THROTTLING_ERRORS.contains(&it));
        let why = code.or_else(|| Some(format!("status {status}"))).filter(|_| status >= 400);
        self.answered(Answered { status: Some(status), request_id, is_throttled, why });
        Ok(response)
    }

    fn answered(&mut self, answered: Answered) {
        self.is_over = true;
        let is_final = answered.status.is_some_and(|it| it < 500) && !answered.is_throttled;
        self.recorder.answered(self.call, answered);
        if is_final {
            self.calls.under_way().retain(|it| it.invocation != self.invocation);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_over {
            self.answered(Answered { why: Some("given up before an answer came".into()), ..Answered::default() });
        }
    }
}

/// The code of AWS's error. Its body is read for it, as the SDK reads it next.
async fn code_of(response: &mut HttpResponse) -> Result<Option<String>, ConnectorError> {
    if let Some(code) = response.headers().get("x-amzn-errortype") {
        return Ok(Some(bare(code)));
    }
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let read = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?;
    let bytes = read.into_bytes();
    let code = code_in(&String::from_utf8_lossy(&bytes));
    *response.body_mut() = SdkBody::from(bytes);
    Ok(code)
}

/// The code in an error's XML or JSON.
fn code_in(text: &str) -> Option<String> {
    let (from, to) =
        [("<Code>", "<"), ("\"__type\"", ","), ("\"code\"", ",")].into_iter().find_map(|(name, end)| {
            let at = text.find(name)? + name.len();
            Some((at, text[at..].find(end).map_or(text.len(), |length| at + length)))
        })?;
    Some(bare(&text[from..to])).filter(|it| !it.is_empty())
}

/// A code without its namespace, and without the address that may follow it.
pub(crate) fn bare(code: &str) -> String {
    let is_part = |it: char| it.is_ascii_alphanumeric() || "._".contains(it);
    let code = code.trim_matches(|it| !is_part(it) && it != '#');
    let code = code.split_once('#').map_or(code, |(_, code)| code);
    code.chars().take_while(|it| is_part(*it)).collect()
}

#[cfg(test)]
mod tests {
    use super::{bare, code_in};

    #[test]
    fn the_code_of_an_error_is_found_in_what_each_protocol_sends() {
        let found = |text| code_in(text).unwrap_or_default();
        assert_eq!(
            found("<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>x"),
            "RequestLimitExceeded"
        );
        assert_eq!(
            found(r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}"#),
            "ThrottlingException"
        );
        assert_eq!(found(r#"{"__type": "AccessDeniedException"}"#), "AccessDeniedException");
        assert_eq!(found("{}"), "");
        assert_eq!(found(""), "");
        assert_eq!(bare("TooManyRequestsException:http://internal.amazon.com/coral/"), "TooManyRequestsException");
    }
}
