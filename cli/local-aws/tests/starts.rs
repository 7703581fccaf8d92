//! The program starts and ends as one: an integration test, so that `cargo test` builds the program as well.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use local_aws::{Fault, FaultKind, LocalAws};

fn start() -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_local-aws"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&line).expect("one line of JSON");
    let address = ready["endpoint"].as_str().and_then(|url| url.strip_prefix("http://")).expect("an endpoint");
    (child, address.to_owned())
}

/// One signed call of STS, answered in full.
fn ask(address: &str, account: &str) -> std::io::Result<String> {
    let body = "Action=GetCallerIdentity&Version=2011-06-15";
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={account}/20260101/us-east-1/sts/aws4_request, \
         SignedHeaders=host, Signature=0\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_program_answers_until_its_standard_input_ends() {
    let (mut child, address) = start();
    assert!(ask(&address, "111111111111").unwrap().contains("<Account>111111111111</Account>"));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(TcpStream::connect(&address).is_err(), "nothing listens any more");
}

#[test]
fn calls_are_recorded_by_account_and_faults_meet_only_their_account() {
    let local_aws = LocalAws::start().unwrap();
    let address = local_aws.endpoint().strip_prefix("http://").unwrap();
    local_aws.inject(&Fault { nth: 2, ..Fault::new("222222222222", FaultKind::Throttle) });
    local_aws.inject(&Fault { nth: 3, ..Fault::new("222222222222", FaultKind::Reset) });
    for account in ["111111111111", "222222222222"] {
        assert!(ask(address, account).unwrap().starts_with("HTTP/1.1 200"));
    }
    assert!(ask(address, "222222222222").unwrap().contains("<Code>Throttling</Code>"));
    assert_eq!(ask(address, "222222222222").unwrap_or_default(), "", "dropped without an answer");
    local_aws.clear_faults("222222222222");
    let calls = local_aws.calls("222222222222");
    let met: Vec<_> = calls.iter().map(|call| (call.operation.as_str(), call.status, call.fault.clone())).collect();
    let name = "GetCallerIdentity";
    assert_eq!(
        met,
        [
            (name, Some(200), None),
            (name, Some(400), Some(FaultKind::Throttle)),
            (name, Some(200), Some(FaultKind::Reset)),
        ]
    );
    assert_eq!(local_aws.calls("111111111111").len(), 1);
}
