//! What the environment says of names, and which accounts may have which names.

use expect_test::expect;

use crate::Settings;

const MEMBER: &str = "444455556666";

fn settings(name: &'static str, value: &'static str) -> Result<Settings, String> {
    Settings::read(&|asked| (asked == name).then(|| value.to_owned())).map_err(|error| error.to_string())
}

#[test]
fn settings_have_defaults() {
    expect![[r#"
        Settings {
            owner: "signalbox",
            tag: "cluster_name",
            ttl: 60,
            policy: Sync,
            zones: None,
            suffixes: Suffixes(
                None,
            ),
        }
    "#]]
    .assert_debug_eq(&Settings::read(&|_| None).unwrap());
    assert_eq!(settings("SIGNALBOX_DNS_TTL", "300").unwrap().ttl, 300);
    assert_eq!(settings("SIGNALBOX_DNS_ZONES", "Z1, /hostedzone/Z2").unwrap().zones.unwrap().len(), 2);
}

#[test]
fn a_mistake_names_the_variable() {
    let mistakes = [
        ("SIGNALBOX_OWNER", "a,b"),
        ("SIGNALBOX_DNS_TAG", " "),
        ("SIGNALBOX_DNS_TTL", "0"),
        ("SIGNALBOX_DNS_TTL", "1m"),
        ("SIGNALBOX_DNS_POLICY", "upsert"),
        ("SIGNALBOX_DNS_ZONES", "Z1,example.com"),
        ("SIGNALBOX_SUFFIX_ACCOUNTS", "example.com"),
        ("SIGNALBOX_SUFFIX_ACCOUNTS", "example.com="),
        ("SIGNALBOX_SUFFIX_ACCOUNTS", "*.example.com=111122223333"),
        ("SIGNALBOX_SUFFIX_ACCOUNTS", "example.com=111122223333|x"),
        ("SIGNALBOX_SUFFIX_ACCOUNTS", "example.com=111122223333,Example.com.=444455556666"),
        ("SIGNALBOX_SUFFIX_ACCOUNTS", "example.com=111122223333,"),
    ];
    let told: Vec<_> = mistakes.iter().map(|(name, value)| settings(name, value).unwrap_err()).collect();
    expect![[r#"
        the environment variable SIGNALBOX_OWNER: `a,b` is not 1 to 63 letters, digits, hyphens, underscores and dots
        the environment variable SIGNALBOX_DNS_TAG: ` ` is no key of a tag (1 to 128 characters)
        the environment variable SIGNALBOX_DNS_TTL: `0` is not a number of seconds from 1 to 604800
        the environment variable SIGNALBOX_DNS_TTL: `1m` is not a number of seconds from 1 to 604800
        the environment variable SIGNALBOX_DNS_POLICY: `upsert` is neither `sync` nor `upsert-only`
        the environment variable SIGNALBOX_DNS_ZONES: `example.com` is not the id of a hosted zone, such as "Z0123456789ABCDEFGHIJ"
        the environment variable SIGNALBOX_SUFFIX_ACCOUNTS: `example.com` is not suffix=account|account, such as example.com=111122223333
        the environment variable SIGNALBOX_SUFFIX_ACCOUNTS: an account of `example.com=`: `` is not an account id of 12 digits, such as "111122223333"
        the environment variable SIGNALBOX_SUFFIX_ACCOUNTS: the suffix of `*.example.com=111122223333` has a `*`, and only letters, digits, hyphens and underscores may be in it
        the environment variable SIGNALBOX_SUFFIX_ACCOUNTS: an account of `example.com=111122223333|x`: `x` is not an account id of 12 digits, such as "111122223333"
        the environment variable SIGNALBOX_SUFFIX_ACCOUNTS: `example.com` is there twice; write all of its accounts in one pair
        the environment variable SIGNALBOX_SUFFIX_ACCOUNTS: `` is not suffix=account|account, such as example.com=111122223333"#]].assert_eq(&told.join("\n"));
}

#[test]
fn the_longest_suffix_says_which_accounts_may_have_a_name() {
    let settings = settings(
        "SIGNALBOX_SUFFIX_ACCOUNTS",
        "example.com=111122223333, ETL.example.com.=444455556666|777788889999,com=777788889999",
    )
    .unwrap();
    let may = |name: &str, account: &str| {
        let (name, account) = (name.parse().unwrap(), account.parse().unwrap());
        settings.suffixes.permit(&name, &account, &super::account()).map_err(|error| error.to_string())
    };
    assert_eq!(may("a.etl.example.com", MEMBER), Ok(()));
    assert_eq!(may("etl.example.com", MEMBER), Ok(()));
    assert_eq!(may("www.example.com", "111122223333"), Ok(()));
    assert_eq!(may("www.example.org", "111122223333"), Ok(()), "what no suffix covers is for our own account");
    expect![[r#"
        account 444455556666 may not have www.example.com: SIGNALBOX_SUFFIX_ACCOUNTS gives example.com to 111122223333 alone; correct the tag, or add the account (with the template: to SuffixAccounts)
        account 444455556666 may not have xetl.example.com: SIGNALBOX_SUFFIX_ACCOUNTS gives example.com to 111122223333 alone; correct the tag, or add the account (with the template: to SuffixAccounts)
        account 111122223333 may not have a.etl.example.com: SIGNALBOX_SUFFIX_ACCOUNTS gives etl.example.com to 444455556666, 777788889999 alone; correct the tag, or add the account (with the template: to SuffixAccounts)
        account 444455556666 may not have www.example.org: no suffix of SIGNALBOX_SUFFIX_ACCOUNTS covers it, and such names are for account 111122223333 alone; correct the tag, or add the suffix (with the template: to SuffixAccounts)"#]]
    .assert_eq(
        &[
            may("www.example.com", MEMBER),
            may("xetl.example.com", MEMBER),
            may("a.etl.example.com", "111122223333"),
            may("www.example.org", MEMBER),
        ]
        .map(Result::unwrap_err)
        .join("\n"),
    );
}
