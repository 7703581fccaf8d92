//! What `signalbox up` tells to try with its organization, and what AWS says of the members afterwards.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_sdk_ec2::types::SnapshotAttributeName;
use aws_sdk_organizations::Client as Organizations;
use expect_test::expect;

use super::Up;
use crate::world::ec2::launchers;

/// Ids by what they are called.
type Names = BTreeMap<String, String>;

/// Tries each line out.
pub async fn try_out(up: &Up, lines: &[String]) {
    let names = names(up).await;
    let (reading, lines) = lines.split_at(2);
    let (sweeping, acting) = lines.split_at(3);
    assert_read(&follow(up, &names, reading).await);
    assert_swept(&follow(up, &names, sweeping).await);
    let acted = follow(up, &names, acting).await;
    assert_acted(&(acted + &tell(up, &names, &shares(up, &names).await) + "\n"));
}

/// What the lines tell that read all members.
fn assert_read(told: &str) {
    expect![[r#"
        $ signalbox fleet run caller-identity --plan
        111122223333 master master@example.com ACTIVE it is the calling account
        ACCOUNT NAME EMAIL STATUS SKIPPED
        caller-identity, which only reads: 3 accounts x 1 regions (eu-west-1), at least 6 calls
        development development development@example.com ACTIVE -
        playground playground playground@example.com ACTIVE -
        production production production@example.com ACTIVE -
        $ signalbox fleet run sharing-inventory
        111122223333 master
          skipped: it is the calling account
        3 results, 0 exceptions, 0 failed to assume the role, 1 skipped
        development development eu-west-1
          ebs snap-1: 444455556666
          ami ami-1 (base_linux_v1): 444455556666
        playground playground eu-west-1
          ebs snap-1: 444455556666
          ami ami-1 (base_linux_v1): 444455556666
        production production eu-west-1
          ebs snap-1: 444455556666
          ami ami-1 (base_linux_v1): 444455556666
    "#]]
    .assert_eq(told);
}

/// What those tell that sweep members.
fn assert_swept(told: &str) {
    expect![[r#"
        $ signalbox fleet run share-sweep --target workloads
        2 results, 0 exceptions, 0 failed to assume the role, 0 skipped
        development development eu-west-1
          reconcile-shares: planned
            - share ami-1 in eu-west-1: +222233334444 +333344445555 -444455556666; snap-1: +222233334444 +333344445555 -444455556666
            note: this sweep is of account development alone; the records also have resources of 111122223333
        production production eu-west-1
          reconcile-shares: planned
            - share ami-1 in eu-west-1: +222233334444 +333344445555 -444455556666; snap-1: +222233334444 +333344445555 -444455556666
            note: this sweep is of account production alone; the records also have resources of 111122223333
        $ signalbox fleet run share-sweep --target workloads --apply
        2 results, 0 exceptions, 0 failed to assume the role, 0 skipped
        development development eu-west-1
          reconcile-shares: applied
            - share ami-1 in eu-west-1: +222233334444 +333344445555 -444455556666; snap-1: +222233334444 +333344445555 -444455556666
            note: this sweep is of account development alone; the records also have resources of 111122223333
        production production eu-west-1
          reconcile-shares: applied
            - share ami-1 in eu-west-1: +222233334444 +333344445555 -444455556666; snap-1: +222233334444 +333344445555 -444455556666
            note: this sweep is of account production alone; the records also have resources of 111122223333
        $ signalbox fleet run dns-sweep --target production --dns-zones Z1
        1 results, 0 exceptions, 0 failed to assume the role, 0 skipped
        production production eu-west-1
          emr-dns: planned
            - in Z1: create etl.example.com -> ip-10-0-1.eu-west-1.compute.internal for j-1
    "#]].assert_eq(told);
}

/// What those tell about one member, and which accounts may use what then.
fn assert_acted(told: &str) {
    expect![[r#"
        $ signalbox send /tmp/signalbox-member-image-1.json
        rule share-ami -> arn:aws:lambda:eu-west-1:111122223333:function:share-ami
        share-ami: applied
          - share ami-1 in eu-west-1: +222233334444 +333344445555 -444455556666; snap-1: +222233334444 +333344445555 -444455556666
        $ aws organizations move-account --account-id playground --source-parent-id sandbox --destination-parent-id workloads
        $ signalbox send /tmp/signalbox-moved-1.json
        rule react-org-change -> arn:aws:lambda:eu-west-1:111122223333:function:react-org-change
        react-org-change: applied
          - share snap-1 in eu-west-1: +playground
        development: its image is shared with 222233334444, 333344445555
        playground: its image is shared with 222233334444, 333344445555
        production: its image is shared with 222233334444, 333344445555
        data-nightly is shared with development, playground, production
    "#]].assert_eq(told);
}

/// Each line, and what it prints.
async fn follow(up: &Up, names: &Names, lines: &[String]) -> String {
    let mut story = String::new();
    for line in lines {
        let words = line.split("   #").next().unwrap();
        writeln!(story, "$ {}", tell(up, names, words)).unwrap();
        if line.starts_with("aws ") {
            up.ask_aws(line).await;
            continue;
        }
        let told = tell(up, names, &up.try_out(line));
        story += &if line.starts_with("signalbox fleet ") { sorted(&told) } else { told + "\n" };
    }
    story
}

/// The members and units of the organization.
async fn names(up: &Up) -> Names {
    let organizations = Organizations::new(up.account(None).await.config());
    let accounts = organizations.list_accounts().send().await.unwrap().accounts.unwrap();
    let accounts = accounts.into_iter().filter(|it| it.id != up.environment.get("AWS_ACCESS_KEY_ID").cloned());
    let mut names: Names = accounts.map(|it| (it.id.unwrap(), it.name.unwrap())).collect();
    let root = organizations.list_roots().send().await.unwrap().roots.unwrap().remove(0).id.unwrap();
    let units = organizations.list_organizational_units_for_parent().parent_id(root).send().await.unwrap();
    names.extend(units.organizational_units.unwrap().into_iter().map(|it| (it.id.unwrap(), it.name.unwrap())));
    names
}

/// The text with names in place of ids, and one name for all images and all snapshots.
fn tell(up: &Up, names: &Names, text: &str) -> String {
    let text = names.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name));
    let text = text.replace(&format!("-{}.json", up.running.id()), "-1.json");
    let is_id = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let word = |word: &str| {
        let begins = ["ami-", "snap-", "j-", "ip-10-0-", "Z"].into_iter().find(|it| word.starts_with(it));
        begins.map_or_else(|| word.to_owned(), |it| format!("{it}1{}", word.trim_start_matches(is_id)))
    };
    let line = |line: &str| {
        let indented = &line[..line.len() - line.trim_start().len()];
        format!("{indented}{}", line.split_whitespace().map(word).collect::<Vec<_>>().join(" "))
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The parts of an output, each a line with those below it that are indented, in the order of their text: that of the ids is made up.
fn sorted(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for line in text.lines() {
        match parts.last_mut().filter(|_| line.starts_with(' ')) {
            Some(part) => writeln!(part, "{line}").unwrap(),
            None => parts.push(format!("{line}\n")),
        }
    }
    parts.sort();
    parts.concat()
}

/// What EC2 says of the image of each member, and of the snapshot of the account that manages them.
async fn shares(up: &Up, names: &Names) -> String {
    let mut told = Vec::new();
    for (account, name) in names.iter().filter(|(id, _)| !id.starts_with("ou-")) {
        let ec2 = up.ec2(Some(account)).await;
        let images = ec2.describe_images().owners("self").send().await.unwrap().images.unwrap();
        let [image] = &images[..] else { panic!("{images:?}") };
        told.push(format!("{name}: its image is shared with {}\n", launchers(&ec2, image.image_id().unwrap()).await));
    }
    told.sort();
    let ec2 = up.ec2(None).await;
    let snapshots = ec2.describe_snapshots().owner_ids("self").send().await.unwrap().snapshots.unwrap();
    let is_ours = |tag: &aws_sdk_ec2::types::Tag| tag.value() == Some("data-nightly");
    let snapshot = snapshots.iter().find(|it| it.tags().iter().any(is_ours)).unwrap().snapshot_id().unwrap();
    let ask = ec2.describe_snapshot_attribute().snapshot_id(snapshot);
    let answer = ask.attribute(SnapshotAttributeName::CreateVolumePermission).send().await.unwrap();
    let permissions = answer.create_volume_permissions.unwrap_or_default();
    let mut shared: Vec<_> = permissions.iter().filter_map(|it| names.get(it.user_id()?).map(String::as_str)).collect();
    shared.sort_unstable();
    told.concat() + &format!("data-nightly is shared with {}\n", shared.join(", "))
}
