//! The packed list: it is sorted, whole, and says what AWS documents.

use crate::actions::{Holds, key, keys, service, services};
use crate::{AccessLevel, listed_actions};

#[test]
fn the_list_has_its_date_and_source() {
    let list = crate::list_of_actions();
    assert!(list.date.len() == 10 && list.date.starts_with("20"), "{list:?}");
    assert!(list.source.contains("iam-data"), "{list:?}");
}

#[test]
fn every_service_and_every_key_is_found_by_its_name() {
    assert!(services().count() > 400);
    let mut actions = 0;
    for it in services() {
        assert_eq!(service(it.prefix).map(|it| it.prefix), Some(it.prefix));
        let names: Vec<_> = it.every_action().map(|it| it.name().to_ascii_lowercase()).collect();
        assert!(names.is_sorted(), "{names:?}");
        actions += names.len();
    }
    assert!(actions > 20_000, "{actions}");
    for it in keys() {
        assert_eq!(key(it.name).map(|it| it.name), Some(it.name));
    }
    assert!(service("nothing").is_none() && key("aws:Nothing").is_none());
}

/// A few facts of AWS's pages.
#[test]
fn facts_are_as_documented() {
    let get = service("S3").unwrap().every_action().find(|it| it.name() == "GetObject").unwrap();
    assert!(get.types().any(|it| it == "arn:*:s3:::*/*"), "{:?}", get.types().collect::<Vec<_>>());
    let list = service("s3").unwrap().every_action().find(|it| it.name() == "ListBucket").unwrap();
    let prefix = key("S3:Prefix").unwrap();
    assert!(list.knows(prefix) && !get.knows(prefix));
    let describe = service("ec2").unwrap().every_action().find(|it| it.name() == "DescribeInstances").unwrap();
    assert_eq!(describe.types().count(), 0);
    assert!(key("aws:PrincipalTag/department").unwrap().is_global);
    assert_eq!(key("aws:SecureTransport").unwrap().holds, Holds::Bool);
    assert_eq!(key("aws:SourceIp").unwrap().holds, Holds::Address);
    let pushes =
        service("codecommit").unwrap().every_action().filter(|it| it.knows(key("codecommit:References").unwrap()));
    assert_eq!(pushes.count(), 14);
}

#[test]
fn a_pattern_stands_for_actions_of_the_levels_that_aws_documents() {
    let levels = |pattern: &str| listed_actions(pattern).iter().map(|it| (it.name, it.level)).collect::<Vec<_>>();
    assert_eq!(levels("S3:listbucket"), [("ListBucket", AccessLevel::List)]);
    assert_eq!(levels("s3:GetObject"), [("GetObject", AccessLevel::Read)]);
    assert_eq!(levels("s3:PutObject"), [("PutObject", AccessLevel::Write)]);
    assert_eq!(levels("s3:PutObjectTagging"), [("PutObjectTagging", AccessLevel::Tagging)]);
    assert_eq!(levels("iam:AttachRolePolicy"), [("AttachRolePolicy", AccessLevel::PermissionsManagement)]);
    assert_eq!(levels("s3:GetObjectL*").iter().map(|it| it.0).collect::<Vec<_>>(), ["GetObjectLegalHold"]);
    assert_eq!([levels("nothing:*"), levels("s3"), levels("s3:Nothing")], [vec![], vec![], vec![]]);
    assert!(listed_actions("s3:ListBucket")[0].knows("S3:prefix"));
    assert!(!listed_actions("s3:GetObject")[0].knows("s3:prefix"));
}
