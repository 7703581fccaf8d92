//! The page of the guardrails: what each is given, how many cases it has, and where the engines say something else than AWS. It is
//! generated here and tested to be current; `UPDATE_EXPECT=1` rewrites it.

use std::fmt::Write as _;

use expect_test::expect_file;

use super::{Guardrail, engines};
use crate::templates::Template;
use crate::tidy::parameters;

const HEAD: &str = "\
# Guardrails

This page is generated from the templates and their cases: `UPDATE_EXPECT=1 cargo test --workspace guardrails::page`.

What each protects, what it leaves open and how to deploy it: [the guide](../guides/guardrails.md). The cases are in `infra/guardrails/*.cases.json`.

| guardrail | policy | type | characters | cases | allow | deny |
|---|---|---|---|---|---|---|
";

const ADAPTED: &str = "
## The engines

iam-rs and ministack's IAM judge every case, and agree with AWS's documentation in each. iam-rs is asked some things in other words, and a test fails when that need ends:

- A request for `*` cannot be made. It is asked with the statements that are about `*`, without their resources.
- A statement without a resource, as in a policy of ECR, is skipped. It is given the resource `*`.
- There is no anonymous caller. A canonical user, who has no condition keys either, stands for one.

ministack resolves the templates, too. Its IAM has no service control policies: that policy is judged beside a statement that allows everything, as
`FullAWSAccess` does.

A third one was asked by hand, since its licence (AGPL) keeps it out of the suite: iam-simulate 0.1.173, on 28 November 2026, by
`tests/src/templates/guardrails/by_iam_simulate.mjs`. It judges the service control policy as one, and a key's use by a key policy that lets the account decide. Of 247 cases it
agrees in 242, differs in none, and refuses five, whose action or service does not exist: `controltower:GetSomethingOfTomorrow`, `s3:GetSomethingOfTomorrow`,
`cloudfront:CreateSomethingOfTomorrow`, `ec2:DescribeSomethingOfTomorrow` and `cloudfrontx:Create`.
";

#[test]
fn the_page_of_the_guardrails_is_current() {
    let (mut page, mut given) = (HEAD.to_owned(), String::new());
    for (guardrail, judged) in Guardrail::all().iter().zip(engines::judged_by_ministack()) {
        let name = &guardrail.name;
        for (id, document) in judged["documents"].as_object().unwrap() {
            let policies: Vec<_> = guardrail.policies.iter().filter(|it| it.id == *id).collect();
            let count =
                |verdict: &str| policies.iter().flat_map(|it| &it.cases).filter(|it| it.verdict == verdict).count();
            let (kind, allow, deny) = (&policies[0].kind, count("allow"), count("deny"));
            let row = format!("{} | {} | {allow} | {deny}", document.to_string().len(), allow + deny);
            let _ = writeln!(page, "| [`{name}`](../../infra/guardrails/{name}.yaml) | `{id}` | {kind} | {row} |");
        }
        let template = Template::read(&format!("guardrails/{name}"));
        let _ =
            write!(given, "{}", parameters(&template).replace("## Parameters", &format!("## Parameters of `{name}`")));
    }
    let path = local_aws::workspace().join("docs/reference/guardrails.md");
    expect_file![path].assert_eq(&(page + ADAPTED + &given));
}
