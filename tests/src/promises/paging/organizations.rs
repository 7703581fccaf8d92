//! Organizations may answer an empty page that is not the last one, "even when more results are available":
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>

use aws::Pace;
use aws_sdk_organizations::Client;
use organization::Organizations;
use reaction::Error;
use serde_json::{Value, json};
use sharing::Principal;
use sharing_aws::membership;

const TOP: &str = "ou-ab12-cd34ef56";
const BELOW: &str = "ou-ab12-cd34ef57";

/// An operation, what it is asked for, and what is answered.
type Page = (&'static str, Value, Value);

/// A page of what lies in `parent`, after the page that gave `token`.
fn page(operation: &'static str, parent: &str, token: Option<&str>, content: Value, next: Option<&str>) -> Page {
    let mut asked = json!({"ParentId": parent});
    if let Some(token) = token {
        asked["NextToken"] = token.into();
    }
    let mut answer = content;
    answer["NextToken"] = next.into();
    (operation, asked, answer)
}

/// A page of the accounts of `parent`.
fn accounts(parent: &str, token: Option<&str>, account: Option<&str>, next: Option<&str>) -> Page {
    let accounts: Vec<_> = account.into_iter().map(|id| json!({"Id": id, "State": "ACTIVE"})).collect();
    page("ListAccountsForParent", parent, token, json!({"Accounts": accounts}), next)
}

/// A page of the units below `parent`.
fn units(parent: &str, token: Option<&str>, unit: Option<&str>, next: Option<&str>) -> Page {
    let units: Vec<_> = unit.into_iter().map(|id| json!({"Id": id})).collect();
    page("ListOrganizationalUnitsForParent", parent, token, json!({"OrganizationalUnits": units}), next)
}

/// Organizations that answers by these pages, and nothing else.
fn answering(pages: Vec<Page>) -> Organizations {
    let config = canned::config(move |operation, asked| {
        let is_it = |it: &&Page| it.0 == operation && it.1 == *asked;
        let page = pages.iter().find(is_it);
        (200, page.unwrap_or_else(|| panic!("nothing is said of {operation}: {asked}")).2.to_string())
    });
    Organizations::of_client(Client::new(&config), Pace::documented())
}

async fn members(pages: Vec<Page>) -> Result<Vec<String>, Error> {
    let membership = membership(&answering(pages), &[TOP.to_owned()].into()).await?;
    let arn = format!("arn:aws:organizations::111122223333:ou/o-exampleorgid/{TOP}");
    let members = membership.accounts(&arn.parse::<Principal>().unwrap()).unwrap();
    Ok(members.into_iter().map(|it| it.to_string()).collect())
}

#[tokio::test]
async fn an_empty_page_is_not_the_last_one() {
    let pages = vec![
        accounts(TOP, None, None, Some("more")),
        accounts(TOP, Some("more"), None, Some("still more")),
        accounts(TOP, Some("still more"), Some("222233334444"), None),
        units(TOP, None, None, Some("more")),
        units(TOP, Some("more"), Some(BELOW), None),
        accounts(BELOW, None, Some("333344445555"), None),
        units(BELOW, None, None, None),
    ];
    assert_eq!(members(pages).await.unwrap(), ["222233334444", "333344445555"]);
}

#[tokio::test]
async fn pages_that_do_not_end_are_no_list() {
    let pages = vec![
        accounts(TOP, None, Some("222233334444"), Some("again")),
        accounts(TOP, Some("again"), Some("333344445555"), Some("again")),
        units(TOP, None, None, None),
    ];
    let error = members(pages).await.unwrap_err().to_string();
    assert!(error.ends_with("the pages of ListAccountsForParent do not end"), "{error}");
}

/// A state of tomorrow is not the active one, but no state at all may hide anything.
#[tokio::test]
async fn an_account_without_a_state_makes_no_list() {
    let stateless = page("ListAccountsForParent", TOP, None, json!({"Accounts": [{"Id": "222233334444"}]}), None);
    let error = members(vec![stateless, units(TOP, None, None, None)]).await.unwrap_err().to_string();
    assert!(error.ends_with("account 222233334444 came without its state"), "{error}");
}

/// No emulator tells paths, so that AWS's answer is written here by hand.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
#[tokio::test]
async fn paths_tell_the_accounts_of_a_unit_without_a_question_for_the_unit() {
    const WHOLE: &str = "o-exampleorgid";
    let ours = ("DescribeOrganization", json!({}), json!({"Organization": {"Id": WHOLE}}));
    let account =
        |id: &str, units: &str| json!({"Id": id, "State": "ACTIVE", "Paths": [format!("{WHOLE}/r-ab12/{units}{id}/")]});
    let inside = account("222233334444", &format!("{TOP}/{BELOW}/"));
    let listed = ("ListAccounts", json!({}), json!({"Accounts": [inside, account("333344445555", "")]}));
    let told = membership(&answering(vec![ours, listed]), &[TOP.to_owned(), WHOLE.to_owned()].into()).await.unwrap();
    let unit: Principal = format!("arn:aws:organizations::111122223333:ou/{WHOLE}/{TOP}").parse().unwrap();
    assert_eq!(told.accounts(&unit), Some(["222233334444".parse().unwrap()].into()));
}
