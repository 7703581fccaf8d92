//! The page of the pipelines of delivery: their policies with the numbers of cases, and their parameters. It is generated here and tested
//! to be current; `UPDATE_EXPECT=1` rewrites it.

use std::fmt::Write as _;

use expect_test::expect_file;

use super::{all, judged};
use crate::templates::Template;
use crate::tidy::parameters;

const HEAD: &str = "\
# Delivery

This page is generated from the templates and their cases: `UPDATE_EXPECT=1 cargo test --workspace delivery::page`.

What the pipelines do, and how to set them up: [the guide](../guides/delivery.md). The cases are in `infra/delivery/*.cases.json`, and are judged as those of the
[guardrails](guardrails.md#the-engines). `NAME.Trust` is the policy that says who may enter the role.

| template | policy | type | characters | cases | allow | deny |
|---|---|---|---|---|---|---|
";

#[test]
fn the_page_of_the_delivery_is_current() {
    let (mut page, mut given) = (HEAD.to_owned(), String::new());
    for (template, judged) in all().iter().zip(judged()) {
        let name = &template.name;
        for (id, document) in judged["documents"].as_object().unwrap() {
            let policies: Vec<_> = template.policies.iter().filter(|it| it.id == *id).collect();
            let count =
                |verdict: &str| policies.iter().flat_map(|it| &it.cases).filter(|it| it.verdict == verdict).count();
            let (kind, allow, deny) = (&policies[0].kind, count("allow"), count("deny"));
            let row = format!("{} | {} | {allow} | {deny}", document.to_string().len(), allow + deny);
            let _ = writeln!(page, "| [`{name}`](../../infra/delivery/{name}.yaml) | `{id}` | {kind} | {row} |");
        }
        let read = Template::read(&format!("delivery/{name}"));
        given += &parameters(&read).replace("## Parameters", &format!("## Parameters of `{name}`"));
    }
    let path = local_aws::workspace().join("docs/reference/delivery.md");
    expect_file![path].assert_eq(&(page + &given));
}
