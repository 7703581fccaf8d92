//! Organizations may answer an empty page that is not the last one, "even when more results are available":
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>

use aws::Pace;
use aws_sdk_organizations::config::{Credentials, Region};
use aws_sdk_organizations::operation::describe_organization::DescribeOrganizationOutput;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::types::{Account, AccountState, Organization, OrganizationalUnit};
use aws_sdk_organizations::{Client, Config};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};
use organization::Organizations;
use reaction::Error;
use sharing::Principal;
use sharing_aws::membership;

const TOP: &str = "ou-ab12-cd34ef56";
const BELOW: &str = "ou-ab12-cd34ef57";

/// A page of the accounts of `parent`, after the page that gave `token`.
fn accounts(
    parent: &'static str,
    token: Option<&'static str>,
    account: Option<&'static str>,
    next: Option<&'static str>,
) -> Rule {
    mock!(Client::list_accounts_for_parent)
        .match_requests(move |it| it.parent_id() == Some(parent) && it.next_token() == token)
        .then_output(move || {
            let accounts = account.map(|id| Account::builder().id(id).state(AccountState::Active).build());
            let page = ListAccountsForParentOutput::builder().set_accounts(Some(accounts.into_iter().collect()));
            page.set_next_token(next.map(String::from)).build()
        })
}

/// A page of the units below `parent`.
fn units(
    parent: &'static str,
    token: Option<&'static str>,
    unit: Option<&'static str>,
    next: Option<&'static str>,
) -> Rule {
    mock!(Client::list_organizational_units_for_parent)
        .match_requests(move |it| it.parent_id() == Some(parent) && it.next_token() == token)
        .then_output(move || {
            let units = unit.map(|id| OrganizationalUnit::builder().id(id).build());
            let page = ListOrganizationalUnitsForParentOutput::builder();
            let page = page.set_organizational_units(Some(units.into_iter().collect()));
            page.set_next_token(next.map(String::from)).build()
        })
}

/// Organizations that answers by these rules, and nothing else.
fn answering(rules: &[Rule]) -> Organizations {
    let answers = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny);
    let answers = rules.iter().fold(answers, MockResponseInterceptor::with_rule);
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new("111122223333", "test", None, None, "tests"))
        .http_client(create_mock_http_client())
        .interceptor(answers);
    Organizations::of_client(Client::from_conf(config.build()), Pace::documented())
}

async fn members(rules: &[Rule]) -> Result<Vec<String>, Error> {
    let membership = membership(&answering(rules), &[TOP.to_owned()].into()).await?;
    let arn = format!("arn:aws:organizations::111122223333:ou/o-exampleorgid/{TOP}");
    let members = membership.accounts(&arn.parse::<Principal>().unwrap()).unwrap();
    Ok(members.into_iter().map(|it| it.to_string()).collect())
}

#[tokio::test]
async fn an_empty_page_is_not_the_last_one() {
    let pages = [
        accounts(TOP, None, None, Some("more")),
        accounts(TOP, Some("more"), None, Some("still more")),
        accounts(TOP, Some("still more"), Some("222233334444"), None),
        units(TOP, None, None, Some("more")),
        units(TOP, Some("more"), Some(BELOW), None),
        accounts(BELOW, None, Some("333344445555"), None),
        units(BELOW, None, None, None),
    ];
    assert_eq!(members(&pages).await.unwrap(), ["222233334444", "333344445555"]);
}

#[tokio::test]
async fn pages_that_do_not_end_are_no_list() {
    let pages = [
        accounts(TOP, None, Some("222233334444"), Some("again")),
        accounts(TOP, Some("again"), Some("333344445555"), Some("again")),
        units(TOP, None, None, None),
    ];
    let error = members(&pages).await.unwrap_err().to_string();
    assert!(error.ends_with("the pages of ListAccountsForParent do not end"), "{error}");
}

/// A state of tomorrow is not the active one, but no state at all may hide anything.
#[tokio::test]
async fn an_account_without_a_state_makes_no_list() {
    let stateless = mock!(Client::list_accounts_for_parent).then_output(|| {
        let account = Account::builder().id("222233334444").build();
        ListAccountsForParentOutput::builder().accounts(account).build()
    });
    let error = members(&[stateless, units(TOP, None, None, None)]).await.unwrap_err().to_string();
    assert!(error.ends_with("account 222233334444 came without its state"), "{error}");
}

/// No emulator tells paths, so that AWS's answer is written here by hand.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
#[tokio::test]
async fn paths_tell_the_accounts_of_a_unit_without_a_question_for_the_unit() {
    const WHOLE: &str = "o-exampleorgid";
    let ours = mock!(Client::describe_organization).then_output(|| {
        let organization = Organization::builder().id(WHOLE).build();
        DescribeOrganizationOutput::builder().organization(organization).build()
    });
    let listed = mock!(Client::list_accounts).then_output(|| {
        let account = |id: &str, units: &str| {
            let path = format!("{WHOLE}/r-ab12/{units}{id}/");
            Account::builder().id(id).state(AccountState::Active).paths(path).build()
        };
        let inside = account("222233334444", &format!("{TOP}/{BELOW}/"));
        ListAccountsOutput::builder().accounts(inside).accounts(account("333344445555", "")).build()
    });
    let told = membership(&answering(&[ours, listed]), &[TOP.to_owned(), WHOLE.to_owned()].into()).await.unwrap();
    let unit: Principal = format!("arn:aws:organizations::111122223333:ou/{WHOLE}/{TOP}").parse().unwrap();
    assert_eq!(told.accounts(&unit), Some(["222233334444".parse().unwrap()].into()));
}
