//! The entry point for requests from outside of AWS, by the function's URL.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use aws::in_name_of;
use aws_smithy_types::base64;
use function::Function;
use futures_util::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use reaction::{Admission, Door, Error, Outcome, Report, Request, Run};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::log::{self, Invocation};
use crate::on_event::ended;
use crate::opened::{Opened, environment, in_time, now, run_of, sessions, write};
use crate::rejections::Rejections;
use crate::traces::Traces;

/// A request in the format 2.0 of payloads. <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    request_context: RequestContext,
    #[serde(default)]
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct RequestContext {
    http: Http,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    source_ip: Option<String>,
}

/// Runs a function with a URL of its own. [`Door::admit`] sees the raw bytes of a request before anything of it is
/// parsed or claimed. The sender hears 202 where the request was taken, 401 where it was not admitted, 400 where it was refused, 503
/// where it failed, and never why: that stands in the log. Rejections of one reason have one line a minute, with their number: anyone can
/// send requests, and a line of each would cost as much as they like. The rest is as of [`on_event`](crate::on_event).
pub async fn on_http<F: Door + Function>() -> ExitCode {
    log::start(&environment);
    log::report_panics();
    // Boxed, since the compiler gives up on the depth of a type that holds every call of every event.
    ended::<F>(Box::pin(serve::<F>()).await)
}

async fn serve<F: Door + Function>() -> Result<(), Error> {
    let opened = Opened::<F>::open(Arc::new(sessions()?)).await?;
    let rejections = Mutex::<Rejections>::default();
    let traces = Traces::open(F::NAME, &environment);
    let service = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Box<RawValue>>| {
        let invocation = Invocation::of(&context, None);
        let run = run_of(F::NAME, &opened.sessions, &context, &invocation.correlation_id);
        let run = run.traced(traces.begin(F::NAME, &context, None));
        let (status, report) = match request_of(payload.get()) {
            Ok(request) => hear(&opened, &run, &request, &rejections).await,
            Err(error) => (400, Some(Report::of_error(F::NAME, &error).of_run(&run))),
        };
        if let Some(report) = report {
            traces.end(&run, &report);
            write(invocation, &report);
        }
        Ok::<_, Diagnostic>(answer(status))
    });
    Runtime::new(service).run().await.map_err(Error::failed)
}

/// What the sender hears, and what became of the request; no report where one of the same reason was written a moment ago.
async fn hear<F: Door + Function>(
    opened: &Opened<F>,
    run: &Run,
    request: &Request,
    rejections: &Mutex<Rejections>,
) -> (u16, Option<Report>) {
    let admitted = AssertUnwindSafe(in_name_of(run, run.phase("admit", opened.function.admit(request)))).catch_unwind();
    let panicked =
        |_| Err(Error::failed("the code that admits requests panicked: see the log for where, and report it"));
    let report = match admitted.await.unwrap_or_else(panicked) {
        Ok(Admission::Admitted(event)) => in_time(run, opened.drive(run, event)).await,
        // Not an error: anyone can send requests, and no alarm should sound for one of them.
        Ok(Admission::Rejected(rejection)) => {
            let mut rejections = rejections.lock().unwrap_or_else(PoisonError::into_inner);
            return (401, rejections.report(F::NAME, &rejection, now()).map(|report| report.of_run(run)));
        }
        // Nothing shows that the sender is one of ours.
        Err(error) => {
            let mut rejections = rejections.lock().unwrap_or_else(PoisonError::into_inner);
            let report = Report::of_error(F::NAME, &error).of_run(run);
            return (status_of(&report), rejections.is_due(&error.to_string(), now()).then_some(report));
        }
    };
    (status_of(&report), Some(report))
}

fn status_of(report: &Report) -> u16 {
    match report.outcome {
        Outcome::Refused => 400,
        Outcome::Failed => 503,
        _ => 202,
    }
}

/// Reads a request as a function's URL hands it over.
///
/// # Errors
/// `Refused` where it is none; nothing of it is quoted.
pub fn request_of(payload: &str) -> Result<Request, Error> {
    let payload: Payload = serde_json::from_str(payload)
        .map_err(|error| Error::refused(format!("not a request by a function's URL: {}", log::place_of(&error))))?;
    let body = if payload.is_base64_encoded {
        base64::decode(&payload.body).map_err(|_| Error::refused("the body of the request is not base64"))?
    } else {
        payload.body.into_bytes()
    };
    let Http { method, source_ip } = payload.request_context.http;
    let source = source_ip.and_then(|it| it.parse::<IpAddr>().ok());
    let headers = by_small_letters(payload.headers);
    Ok(Request { method, path: payload.raw_path, query: payload.raw_query_string, headers, source, body })
}

/// The headers by their names in small letters; values of one name are joined, so that none of them is overlooked.
fn by_small_letters(headers: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        match joined.entry(name.to_ascii_lowercase()) {
            Entry::Vacant(free) => drop(free.insert(value)),
            Entry::Occupied(mut former) => former.get_mut().extend([",", value.as_str()]),
        }
    }
    joined
}

/// The same bytes for every request of one status, so that they tell nothing.
fn answer(status: u16) -> Value {
    json!({"statusCode": status, "headers": {"content-type": "text/plain"}, "body": ""})
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::request_of as read;

    fn payload(more: &Value) -> String {
        let mut payload = json!({
            "version": "2.0", "rawPath": "/hook", "rawQueryString": "a=b", "headers": {"X-Signature": "1f"},
            "requestContext": {"http": {"method": "POST", "path": "/hook", "sourceIp": "192.0.2.1"}, "requestId": "id"},
        });
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload.to_string()
    }

    #[test]
    fn a_request_is_read_byte_by_byte_and_its_headers_by_small_letters() {
        let request = read(&payload(&json!({"body": "/wAK", "isBase64Encoded": true}))).unwrap();
        assert_eq!((request.body.as_slice(), request.headers["x-signature"].as_str()), (&[255, 0, 10][..], "1f"));
        assert_eq!((request.method.as_str(), request.path.as_str(), request.query.as_str()), ("POST", "/hook", "a=b"));
        assert_eq!(
            read(&payload(&json!({"body": "{\"ä\": 1}", "isBase64Encoded": false}))).unwrap().body,
            "{\"ä\": 1}".as_bytes()
        );
        assert!(read(&payload(&json!({}))).unwrap().body.is_empty());
    }

    #[test]
    fn a_header_that_came_twice_is_not_one_of_its_values() {
        let headers = json!({"X-Signature": "one", "x-signature": "two", "X-Forwarded-For": "198.51.100.1"});
        let request = read(&payload(&json!({"headers": headers}))).unwrap();
        assert_eq!(request.headers["x-signature"], "one,two");
        assert_eq!(request.source.unwrap().to_string(), "192.0.2.1", "what AWS saw, whatever a header says");
        let context = json!({"requestContext": {"http": {"method": "GET", "sourceIp": "unknown"}}});
        assert_eq!(read(&payload(&context)).unwrap().source, None);
    }

    #[test]
    fn what_is_no_request_is_refused_and_not_quoted() {
        for payload in ["[]", "{}", "\"secret\"", &payload(&json!({"body": "secret!", "isBase64Encoded": true}))] {
            let error = read(payload).unwrap_err();
            assert!(error.is_refused() && !error.to_string().contains("secret"), "{error}");
        }
    }
}
