//! What a million events of each function cost, by the calls of its economy tests as the local AWS counts them.

use std::fmt::Write;

use expect_test::expect_file;
use local_aws::Call;
use reaction::Mode;
use serde_json::Value;

use crate::promises::checks::{Checked, Economy};
use crate::templates::Template;
use crate::world::AWS;

const PRICES: &str = include_str!("../../../docs/operate/prices.json");

const HEAD: &str = "\
# What a million events cost

This page is generated from counted calls and from [prices.json](prices.json); `UPDATE_EXPECT=1 cargo test --workspace the_page_of_costs_is_current` writes it anew.

An item of DynamoDB counts as one unit: written up to 1 KB, read up to 4 KB, half a unit where the read is eventually consistent. In a transaction each counts twice. Calls to EC2, RDS, EMR, Route 53, IAM, STS, Organizations,
CodePipeline, Lambda and Systems Manager cost nothing by themselves. Lambda's time is the depth of [performance](performance.md) at 20 ms a round trip; where prices.json has no depth, only the invocation is counted. Logs, traces, free
tiers and what AWS keeps are not counted. A polling run that waits for others is counted once. In brackets stands what the same event took at df3abf3, before calls went side by side, counted by the same test.

| function | event | calls | written units | read units | other calls that cost | Lambda, GB-s | USD per million |
|---|---|---|---|---|---|---|---|
";

/// What the calls of one event are, as far as they cost.
#[derive(Default)]
struct Paid {
    calls: usize,
    written: f64,
    read: f64,
    other: Vec<(&'static str, usize)>,
}

impl Paid {
    fn add(&mut self, call: &Call) {
        self.calls += 1;
        let body: Value = serde_json::from_str(&call.body).unwrap_or_default();
        let consistent = |it: &Value| if it["ConsistentRead"] == true { 1.0 } else { 0.5 };
        let items = |it: &Value| f64::from(u32::try_from(it.as_array().map_or(0, Vec::len)).unwrap());
        match (call.service.as_str(), call.operation.as_str()) {
            ("dynamodb", "TransactWriteItems") => self.written += 2.0 * items(&body["TransactItems"]),
            ("dynamodb", "TransactGetItems") => self.read += 2.0 * items(&body["TransactItems"]),
            ("dynamodb", "BatchGetItem") => {
                let tables = body["RequestItems"].as_object().into_iter().flatten();
                self.read += tables.map(|(_, it)| items(&it["Keys"]) * consistent(it)).sum::<f64>();
            }
            ("dynamodb", "GetItem" | "Query" | "Scan") => self.read += consistent(&body),
            ("dynamodb", _) => self.written += 1.0,
            ("s3", operation) if operation.starts_with("Get") || operation.starts_with("Head") => {
                self.count("s3_reads");
            }
            ("s3", operation) if operation.starts_with("Delete") => {}
            ("s3", _) => self.count("s3_writes_and_lists"),
            ("kms", _) => self.count("kms"),
            ("secretsmanager", _) => self.count("secretsmanager"),
            ("sqs", _) => self.count("sqs"),
            ("sns", _) => self.count("sns"),
            ("events", "PutEvents") => self.count("events"),
            _ => {}
        }
    }

    fn count(&mut self, price: &'static str) {
        match self.other.iter_mut().find(|(it, _)| *it == price) {
            Some((_, count)) => *count += 1,
            None => self.other.push((price, 1)),
        }
        self.other.sort_unstable();
    }
}

/// What one event costs, a million times.
struct Cost {
    written: f64,
    read: f64,
    gigabyte_seconds: Option<f64>,
    dollars: f64,
}

impl Cost {
    fn new(written: f64, read: f64, depth: &Value, gigabytes: f64, other: f64, prices: &Value) -> Self {
        let second = |it: f64| it * prices["seconds_per_round_trip"].as_f64().unwrap() * gigabytes;
        let gigabyte_seconds = depth.as_f64().map(second);
        let time = gigabyte_seconds.unwrap_or_default() * 1e6 * prices["lambda_gigabyte_second"].as_f64().unwrap();
        let units = written * price(prices, "dynamodb_write_units") + read * price(prices, "dynamodb_read_units");
        Self { written, read, gigabyte_seconds, dollars: price(prices, "lambda_requests") + time + units + other }
    }
}

fn price(prices: &Value, name: &str) -> f64 {
    prices["per_million"][name].as_f64().unwrap_or_else(|| panic!("no price of {name}"))
}

/// The row of a function's event of this number.
fn row(function: &str, number: usize, sample: &str, paid: &Paid, prices: &Value) -> String {
    let memory = &Template::read(function).json["Parameters"]["MemorySize"]["Default"];
    let gigabytes = memory.as_f64().unwrap_or_else(|| panic!("{function}: MemorySize")) / 1024.0;
    let Paid { calls, written, read, other } = paid;
    let priced = other.iter().map(|(name, count)| price(prices, name) * f64::from(u32::try_from(*count).unwrap()));
    let priced: f64 = priced.sum();
    let known = &prices["events"][function][number];
    let now = Cost::new(*written, *read, &known["depth"], gigabytes, priced, prices);
    let before = known["before"].as_object().map(|it| {
        let units = |name: &str| it[name].as_f64().unwrap_or_else(|| panic!("{function}: {name}"));
        let depth = it.get("depth").unwrap_or(&Value::Null);
        Cost::new(units("written"), units("read"), depth, gigabytes, priced, prices)
    });
    let beside = |show: fn(&Cost) -> String| match &before {
        Some(before) => format!("{} ({})", show(&now), show(before)),
        None => show(&now),
    };
    let others = other.iter().map(|(name, count)| format!("{count} {}", name.replace('_', " ")));
    format!(
        "| `{function}` | {} | {calls} | {} | {} | {} | {} | {} |\n",
        sample.replace('-', " "),
        beside(|it| it.written.to_string()),
        beside(|it| it.read.to_string()),
        others.collect::<Vec<_>>().join(", "),
        beside(|it| it.gigabyte_seconds.map_or("-".into(), |it| format!("{it:.4}"))),
        beside(|it| format!("{:.2}", it.dollars)),
    )
}

async fn rows_of<S: Checked>(prices: &Value) -> String {
    let mut rows = String::new();
    for (number, Economy { given, sample, .. }) in S::economy().into_iter().enumerate() {
        // Deployed, it has these tables.
        let scene = S::set_up(&S::with_tables(&given), sample).await;
        let (account, before) = (scene.world().account.clone(), scene.world().calls());
        scene.hear(Mode::Apply).await;
        let mut paid = Paid::default();
        AWS.calls_since(&account, before).iter().for_each(|call| paid.add(call));
        rows.write_str(&row(S::FUNCTION, number, sample, &paid, prices)).unwrap();
    }
    rows
}

macro_rules! every {
    ($($name:ident)*) => {
        async fn rows(prices: &Value) -> String {
            let mut rows = String::new();
            $(rows += &rows_of::<crate::functions::$name::checks::Scene>(prices).await;)*
            rows
        }
    };
}

suite::functions! { every }

#[tokio::test]
async fn the_page_of_costs_is_current() {
    let prices: Value = serde_json::from_str(PRICES).unwrap();
    let tail =
        format!("\nPrices are of {}, of {}.\n", prices["region"].as_str().unwrap(), prices["of"].as_str().unwrap());
    expect_file!["../../../docs/operate/cost.md"].assert_eq(&(HEAD.to_owned() + &rows(&prices).await + &tail));
}
