//! The configuration, and what is said of its mistakes.

use expect_test::expect;

use crate::{LARGEST, Mirrors, Source};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:git/acme-AbCdEf";

fn parse(repositories: &str) -> Result<Mirrors, String> {
    Mirrors::parse(&format!(r#"{{"repositories": {{{repositories}}}}}"#).replace("SECRET", SECRET))
        .map_err(|mistake| mistake.to_string())
}

fn one(from: &str, more: &str) -> String {
    format!(r#""acme/templates": {{"from": {{{from}}}, "branch": "main"{more}}}"#)
}

#[test]
fn each_way_to_a_repository_is_read() {
    for (from, is_read) in [
        (
            r#""ssh": "git@git.example.com:acme/templates.git", "key": "SECRET", "host-keys": ["ssh-ed25519 AAAA"]"#,
            "ssh",
        ),
        (
            r#""ssh": "git@git.example.com:acme/templates.git", "key": "s3://keys/enc_key", "host-keys": ["ssh-ed25519 AAAA"]"#,
            "ssh",
        ),
        (r#""https": "https://git.example.com/acme/templates.git", "token": "SECRET", "user": "oauth2""#, "https"),
        (r#""https": "https://git.example.com/acme/templates.git""#, "https"),
        (
            r#""connection": "arn:aws:codeconnections:eu-west-1:111122223333:connection/1", "repository": "acme/templates""#,
            "connection",
        ),
        (r#""codecommit": "arn:aws:codecommit:eu-west-1:111122223333:templates""#, "codecommit"),
    ] {
        let mirrors = parse(&one(from, "")).unwrap_or_else(|mistake| panic!("{from}: {mistake}"));
        let repository = mirrors.repositories.values().next().unwrap();
        let found = match &repository.from {
            Source::Ssh { .. } => "ssh",
            Source::Https { .. } => "https",
            Source::Connection { .. } => "connection",
            Source::CodeCommit(_) => "codecommit",
        };
        assert_eq!((found, repository.largest), (is_read, LARGEST), "{from}");
    }
}

#[test]
fn the_branch_of_the_layout_comes_first_and_each_branch_once() {
    let https = r#""https": "https://git.example.com/x.git""#;
    let mirrors = parse(&one(https, r#", "copies": ["release/1", "main"]"#)).unwrap();
    let branches: Vec<_> = mirrors.repositories.values().next().unwrap().branches().map(String::from).collect();
    assert_eq!(branches, ["main", "release/1"]);
}

#[test]
fn a_mistake_names_its_place_and_what_was_expected() {
    let https = r#""https": "https://git.example.com/x.git""#;
    let ssh = r#""ssh": "git@git.example.com:x.git""#;
    let cases = [
        one("", ""),
        one(&format!("{https}, {ssh}"), ""),
        one(ssh, ""),
        one(&format!(r#"{ssh}, "key": "SECRET""#), ""),
        one(&format!(r#"{ssh}, "key": "-----BEGIN", "host-keys": ["x"]"#), ""),
        one(&format!(r#"{https}, "token": "ghp_1234""#), ""),
        one(&format!(r#"{https}, "user": "oauth2""#), ""),
        one(&format!(r#"{https}, "pasword": "x""#), ""),
        one(r#""connection": "arn:aws:codecommit:eu-west-1:1:x", "repository": "a/b""#, ""),
        one(r#""codecommit": "templates""#, ""),
        one(https, r#", "copies": ["a b"]"#),
        one(https, &format!(r#", "copies": ["x/{}"]"#, "a".repeat(40))),
        one(https, r#", "largest": 0"#),
        one(https, r#", "lfs": ["https://media.example.com"]"#),
        one(https, "").replace("acme/templates", ".signalbox/x"),
        format!("{}, {}", one(https, ""), one(https, "").replace("acme/templates", "acme/templates/sub")),
    ];
    let told: Vec<_> = cases.iter().map(|case| parse(case).unwrap_err()).collect();
    expect![[r#"
        repositories.acme/templates.from: give one of `ssh` (with `key` and `host-keys`), `https` (with `token`, `user` and `certificates`), `connection` (with `repository`) and `codecommit`, and nothing that belongs to another
        repositories.acme/templates.from: give one of `ssh` (with `key` and `host-keys`), `https` (with `token`, `user` and `certificates`), `connection` (with `repository`) and `codecommit`, and nothing that belongs to another
        repositories.acme/templates.from: `key` is the ARN of the secret with the deploy key, or s3://bucket/key
        repositories.acme/templates.from: `host-keys` lists the public keys of the host: a deploy key does not prove the server
        repositories.acme/templates.from: `key` is the ARN of the secret with the deploy key, or s3://bucket/key
        repositories.acme/templates.from: `token` is the ARN of a secret in Secrets Manager, and not the token itself
        repositories.acme/templates.from: `user` goes with a `token`
        the configuration: unknown field `pasword`, expected one of `ssh`, `key`, `host-keys`, `https`, `token`, `user`, `certificates`, `connection`, `repository`, `codecommit` at line 1 column 97
        repositories.acme/templates.from: `connection` is the ARN of a connection
        repositories.acme/templates.from: `codecommit` is the ARN of a repository in CodeCommit
        repositories.acme/templates.copies: `refs/heads/a b` is not a reference of git; write it in full, such as refs/heads/main
        repositories.acme/templates.copies: a part of the branch's name looks like a commit, so that copies would run into one another
        repositories.acme/templates.largest: 0 is not 1 to 5368709120 bytes, which S3 takes in one upload
        repositories.acme/templates.lfs: `https://media.example.com` is not the name of a host, such as media.example.com
        repositories: `.signalbox/x` begins with `.signalbox`, where Signalbox keeps its own objects; write OWNER/REPO, such as acme/templates
        repositories.acme/templates/sub: lies within acme/templates, whose files have the same keys; mirror one of the two to another bucket"#]].assert_eq(&told.join("\n"));
}

#[test]
fn a_repeated_repository_or_a_byte_order_mark_is_a_mistake() {
    let marked = Mirrors::parse("\u{feff}{}").unwrap_err().to_string();
    assert!(marked.contains("byte order mark"), "{marked}");
    let https = one(r#""https": "https://git.example.com/x.git""#, "");
    let twice = parse(&format!("{https}, {https}")).unwrap_err();
    assert!(twice.contains("the repository acme/templates is listed twice"), "{twice}");
}
