//! The errors that a fault answers with: the code that each service uses, in the shape of its protocol.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use crate::fault_kind::FaultKind;
use crate::operations::Protocol;

/// What the services speak that this process plays itself.
const JSON: &str = "application/x-amz-json-1.1";

/// An error as an AWS service says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// What S3 says beside the message.
    pub(crate) detail: Option<String>,
    /// Whether it comes as an element of its own, without what an error of its protocol stands in.
    pub(crate) is_bare: bool,
}

impl Refusal {
    /// The error that a service gives for a kind of fault; none for the kinds that are no answer.
    pub(crate) fn of(kind: &FaultKind, service: &str, protocol: &Protocol) -> Option<Self> {
        let (status, code, message) = match kind {
            FaultKind::Throttle | FaultKind::Quota { .. } => throttle(service, protocol),
            FaultKind::ServerError => server_error(service, protocol),
            FaultKind::AccessDenied => access_denied(protocol),
            FaultKind::Timeout | FaultKind::Reset | FaultKind::Lost => return None,
            FaultKind::Error { status, code, message } => (*status, code.as_str(), message.as_str()),
            FaultKind::BadPrincipal { .. } => (400, "MalformedPolicy", "Invalid principal in policy"),
            FaultKind::InvalidBatch { message } => (400, "InvalidChangeBatch", message.as_str()),
        };
        let detail = if let FaultKind::BadPrincipal { principal } = kind {
            Some(format!("\"AWS\" : \"{principal}\""))
        } else {
            None
        };
        let is_bare = matches!(kind, FaultKind::InvalidBatch { .. });
        Some(Self { status, code: code.to_owned(), message: message.to_owned(), detail, is_bare })
    }

    /// The error of a request that this process refuses, where it plays a service itself.
    pub(crate) fn of_request(code: &str, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.to_owned(), message: message.into(), detail: None, is_bare: false }
    }

    /// The answer of a service that this process plays itself: JSON, or why there is none.
    pub(crate) fn answer_of(outcome: Result<Value, Self>) -> Response<Full<Bytes>> {
        match outcome {
            Ok(value) => {
                let mut answer = Response::new(Full::new(Bytes::from(value.to_string())));
                answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
                answer
            }
            Err(refusal) => refusal.answer(&Protocol::Json(JSON.to_owned())),
        }
    }

    /// The HTTP answer that carries this error in a protocol.
    pub(crate) fn answer(&self, protocol: &Protocol) -> Response<Full<Bytes>> {
        let mut answer = Response::builder()
            .status(self.status)
            .header("x-amzn-requestid", REQUEST_ID)
            .header("content-type", content_type(protocol));
        match protocol {
            Protocol::RestJson => answer = answer.header("x-amzn-errortype", &self.code),
            Protocol::Cbor => answer = answer.header("smithy-protocol", "rpc-v2-cbor"),
            _ => {}
        }
        answer.body(Full::new(self.body(protocol))).unwrap_or_else(|_| {
            let mut plain = Response::new(Full::new(Bytes::from_static(b"a fault with an impossible status or code")));
            *plain.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            plain
        })
    }

    fn body(&self, protocol: &Protocol) -> Bytes {
        let (code, message) = (xml(&self.code), xml(&self.message));
        let inner = format!("<Code>{code}</Code><Message>{message}</Message>");
        let fault = if self.status < 500 { "Sender" } else { "Receiver" };
        let text = match protocol {
            Protocol::RestXml if self.is_bare => {
                format!("{XML}<{code} xmlns=\"{ROUTE53}\"><Messages><Message>{message}</Message></Messages></{code}>")
            }
            Protocol::Ec2Query => format!(
                "{XML}<Response><Errors><Error>{inner}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
            ),
            Protocol::Query | Protocol::RestXml => format!(
                "{XML}<ErrorResponse><Error><Type>{fault}</Type>{inner}</Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
            ),
            Protocol::S3 => {
                let detail = self.detail.as_ref().map(|text| format!("<Detail>{}</Detail>", xml(text)));
                let detail = detail.unwrap_or_default();
                format!("{XML}<Error>{inner}{detail}<RequestId>{REQUEST_ID}</RequestId></Error>")
            }
            Protocol::Json(_) => serde_json::json!({"__type": self.code, "message": self.message}).to_string(),
            Protocol::RestJson => serde_json::json!({"message": self.message}).to_string(),
            Protocol::Cbor => return cbor_map(&[("__type", &self.code), ("message", &self.message)]),
        };
        Bytes::from(text)
    }
}

const REQUEST_ID: &str = "00000000-0000-4000-8000-0000000fa017";
const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
const ROUTE53: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
const SLOW: &str = "Rate exceeded";
const BROKEN: &str = "An internal error occurred";
const DENIED: &str = "You are not authorized to perform this operation";

fn throttle(service: &str, protocol: &Protocol) -> (u16, &'static str, &'static str) {
    match (service, protocol) {
        ("ec2", _) => (503, "RequestLimitExceeded", SLOW),
        ("s3", _) => (503, "SlowDown", "Please reduce your request rate."),
        ("dynamodb", _) => (400, "ProvisionedThroughputExceededException", SLOW),
        ("lambda", _) => (429, "TooManyRequestsException", SLOW),
        ("organizations", _) => (400, "TooManyRequestsException", SLOW),
        ("sqs", _) => (403, "RequestThrottled", SLOW),
        (_, Protocol::Query | Protocol::RestXml) => (400, "Throttling", SLOW),
        (_, Protocol::RestJson) => (429, "TooManyRequestsException", SLOW),
        _ => (400, "ThrottlingException", SLOW),
    }
}

fn server_error(service: &str, protocol: &Protocol) -> (u16, &'static str, &'static str) {
    match (service, protocol) {
        ("ec2" | "s3", _) => (500, "InternalError", BROKEN),
        ("dynamodb" | "ssm", _) => (500, "InternalServerError", BROKEN),
        ("kms", _) => (500, "KMSInternalException", BROKEN),
        ("lambda", _) => (500, "ServiceException", BROKEN),
        ("events", _) => (500, "InternalException", BROKEN),
        ("secretsmanager", _) => (500, "InternalServiceError", BROKEN),
        _ => (500, "InternalFailure", BROKEN),
    }
}

fn access_denied(protocol: &Protocol) -> (u16, &'static str, &'static str) {
    match protocol {
        Protocol::Ec2Query => (403, "UnauthorizedOperation", DENIED),
        Protocol::S3 | Protocol::Query | Protocol::RestXml => (403, "AccessDenied", DENIED),
        Protocol::RestJson => (403, "AccessDeniedException", DENIED),
        Protocol::Json(_) | Protocol::Cbor => (400, "AccessDeniedException", DENIED),
    }
}

fn content_type(protocol: &Protocol) -> &str {
    match protocol {
        Protocol::Json(version) => version,
        Protocol::RestJson => "application/json",
        Protocol::Cbor => "application/cbor",
        _ => "text/xml",
    }
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A CBOR map of text to text, which is all that an error is (RFC 8949, section 3).
fn cbor_map(entries: &[(&str, &str)]) -> Bytes {
    const TEXT: u8 = 0x60;
    const MAP: u8 = 0xa0;
    let mut out = Vec::new();
    cbor_head(&mut out, MAP, entries.len());
    for text in entries.iter().flat_map(|(name, value)| [name, value]) {
        cbor_head(&mut out, TEXT, text.len());
        out.extend_from_slice(text.as_bytes());
    }
    Bytes::from(out)
}

fn cbor_head(out: &mut Vec<u8>, major: u8, length: usize) {
    match u8::try_from(length) {
        Ok(length) if length < 24 => out.push(major | length),
        Ok(length) => out.extend([major | 0x18, length]),
        Err(_) => {
            let length = u16::try_from(length).unwrap_or(u16::MAX);
            out.push(major | 0x19);
            out.extend(length.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: &FaultKind, service: &str, protocol: &Protocol) -> (u16, String, String) {
        let refusal = Refusal::of(kind, service, protocol).unwrap();
        let body = String::from_utf8_lossy(&refusal.body(protocol)).into_owned();
        (refusal.status, refusal.code, body)
    }

    #[test]
    fn each_service_throttles_in_its_own_words() {
        let (status, code, body) = refusal(&FaultKind::Throttle, "ec2", &Protocol::Ec2Query);
        assert_eq!((status, code.as_str()), (503, "RequestLimitExceeded"));
        assert!(body.contains("<Response><Errors><Error><Code>RequestLimitExceeded</Code>"), "{body}");
        let json = Protocol::Json("application/x-amz-json-1.0".into());
        let (status, code, body) = refusal(&FaultKind::Throttle, "dynamodb", &json);
        assert_eq!((status, code.as_str()), (400, "ProvisionedThroughputExceededException"));
        assert!(body.contains(r#""__type":"ProvisionedThroughputExceededException""#), "{body}");
        let (status, code, _) = refusal(&FaultKind::Throttle, "route53", &Protocol::RestXml);
        assert_eq!((status, code.as_str()), (400, "Throttling"));
    }

    #[test]
    fn any_error_is_escaped_and_silence_is_no_error() {
        let kind = FaultKind::Error { status: 400, code: "Bad".into(), message: "a < b & c".into() };
        let (_, _, body) = refusal(&kind, "s3", &Protocol::S3);
        assert!(body.contains("<Error><Code>Bad</Code><Message>a &lt; b &amp; c</Message>"), "{body}");
        assert_eq!(Refusal::of(&FaultKind::Timeout, "s3", &Protocol::S3), None);
        assert_eq!(Refusal::of(&FaultKind::Reset, "s3", &Protocol::S3), None);
    }

    #[test]
    fn s3_names_the_principal_that_does_not_exist() {
        let kind = FaultKind::BadPrincipal { principal: "arn:aws:iam::111122223333:root".into() };
        let (status, code, body) = refusal(&kind, "s3", &Protocol::S3);
        assert_eq!((status, code.as_str()), (400, "MalformedPolicy"));
        assert!(body.contains("<Detail>\"AWS\" : \"arn:aws:iam::111122223333:root\"</Detail>"), "{body}");
    }

    #[test]
    fn route_53_refuses_a_batch_in_two_shapes() {
        let message = "[Tried to create what is there]".to_owned();
        let wrapped = FaultKind::Error { status: 400, code: "InvalidChangeBatch".into(), message: message.clone() };
        let (_, _, body) = refusal(&wrapped, "route53", &Protocol::RestXml);
        assert!(body.contains("<ErrorResponse><Error><Type>Sender</Type><Code>InvalidChangeBatch</Code>"), "{body}");
        let (status, _, body) = refusal(&FaultKind::InvalidBatch { message }, "route53", &Protocol::RestXml);
        let bare =
            "<InvalidChangeBatch xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Messages><Message>[Tried";
        assert!(status == 400 && body.contains(bare), "{body}");
    }

    #[test]
    fn cbor_is_a_map_of_texts() {
        assert_eq!(&cbor_map(&[("a", "bc")])[..], b"\xa1\x61a\x62bc");
        assert_eq!(&cbor_map(&[("a", &"x".repeat(30))])[..5], b"\xa1\x61a\x78\x1e");
    }
}
