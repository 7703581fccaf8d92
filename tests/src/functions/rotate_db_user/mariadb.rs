//! What only MariaDB has: accounts of other plugins beside, passwords that may be set once, and clones whose privileges count.

use reaction::Outcome;

use super::kill::end;
use super::{FIRST, Scene};
use crate::world::databases::wire::{Carried, Cut, Wire};
use crate::world::databases::{MARIADB, STRICT_MARIADB, Server};
use crate::world::rotations::STEPS;

/// A table that the user may write to.
async fn grant(scene: &Scene) {
    let user = &scene.user;
    let made = [
        format!("CREATE DATABASE of_{user}"),
        format!("CREATE TABLE of_{user}.own (a int)"),
        format!("CREATE TABLE of_{user}.other (a int)"),
        format!("GRANT INSERT ON of_{user}.own TO {user}@'%'"),
    ];
    scene.server.run(&made.each_ref().map(String::as_str)).await;
}

/// Whether the client of this label may write to a table.
async fn may_insert(scene: &Scene, stage: &str, table: &str) -> bool {
    let (user, password) = scene.login(stage).await;
    let mut client = scene.server.connect(&user, &password).await.unwrap();
    client.probe(&format!("INSERT INTO of_{}.{table} VALUES (1)", scene.user)).await.is_ok()
}

/// Two users at a server where no password may be set twice, over a wire that breaks.
async fn scene(server: &'static Server) -> (Scene, Wire) {
    let wire = Wire::lay(server).await;
    let scene = Scene::at(server, wire.port, true).await;
    grant(&scene).await;
    (scene, wire)
}

/// A login is not enough: what the client does is tried.
#[tokio::test]
async fn a_clone_that_was_interrupted_anywhere_becomes_current_with_its_privileges() {
    let (first, wire) = scene(&STRICT_MARIADB).await;
    let rotation = first.created().await;
    wire.mend();
    first.steps(&rotation, &["setSecret"]).await;
    let (Carried { messages, .. }, _) = wire.mend();
    for cut in (1..=messages).flat_map(|nth| [Cut::Ask(nth), Cut::Answer(nth)]) {
        let (scene, wire) = scene(&STRICT_MARIADB).await;
        let rotation = scene.created().await;
        wire.cut(cut);
        let report = scene.step(&rotation, "setSecret").await;
        wire.mend();
        let told = format!("{cut:?}: {report}");
        end(&scene, &rotation, 1, &told).await;
        assert!(scene.login("AWSCURRENT").await.0.ends_with("_clone"), "{told}");
        assert!(may_insert(&scene, "AWSCURRENT", "own").await, "{told}: without its privileges");
    }
}

/// The account of the name does not match the host that we come from, so the server takes the login for the anonymous one.
#[tokio::test]
async fn a_login_of_an_anonymous_account_proves_no_user() {
    let scene = Scene::alternating(&MARIADB).await;
    let victim = format!("victim_of_{}", scene.user);
    MARIADB
        .run(&[
            "CREATE USER IF NOT EXISTS ''@'%' IDENTIFIED BY 'of-no-name-1'",
            &format!("CREATE USER {victim}@'192.0.2.1' IDENTIFIED BY 'of-the-victim-1'"),
        ])
        .await;
    let mut value = scene.value("AWSCURRENT").await;
    (value["username"], value["password"]) = (victim.as_str().into(), "of-no-name-1".into());
    scene.put(&scene.secret, &value.to_string()).await;
    assert!(scene.works("AWSCURRENT").await, "the server lets it in");
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains("which a login as an anonymous account, with an expired password or without"), "{said}");
    let clone = format!("{victim}_clone");
    assert!(MARIADB.master().await.marks_of([&clone, &clone]).await.unwrap().is_empty(), "it has no clone");
    MARIADB.run(&["DROP USER ''@'%'"]).await;
}

/// How many accounts a user has, and how many authentication strings they have.
async fn assert_accounts(user: &str, accounts: usize, strings: usize) {
    let counted = "SELECT COUNT(*), COUNT(DISTINCT authentication_string) FROM mysql.user";
    let so = format!("({counted} WHERE User = '{user}') = ({accounts}, {strings})");
    let said = MARIADB.master().await.probe(&format!("SELECT IF({so}, 1, (SELECT 1 UNION SELECT 2))")).await;
    said.unwrap_or_else(|error| panic!("{user} has not {accounts} accounts and {strings} strings: {error}"));
}

/// The account of another person, who has the same user name at another host, keeps its password and gets no clone. Where it has the
/// secret's password, it is the secret's.
#[tokio::test]
async fn a_proved_account_does_not_stand_for_others_of_its_name() {
    let scene = Scene::alternating(&MARIADB).await;
    let (user, clone) = (scene.user.clone(), format!("{}_clone", scene.user));
    MARIADB.run(&[&format!("CREATE USER {user}@'192.0.2.1' IDENTIFIED BY 'of-another-1'")]).await;
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains(&format!("cannot see that '{user}'@'192.0.2.1' has the same password")), "{said}");
    assert_accounts(&user, 2, 2).await;
    assert_accounts(&clone, 0, 0).await;
    // What it says is enough.
    MARIADB.run(&[&format!("ALTER USER {user}@'192.0.2.1' IDENTIFIED BY '{FIRST}'")]).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
    for user in [&user, &clone] {
        assert_accounts(user, 2, 1).await;
    }
}

/// One user that may set passwords of others: the account with its own password goes with it, and the other one stays and is told of.
#[tokio::test]
async fn one_user_takes_the_accounts_of_its_password_with_it() {
    let scene = Scene::single(&MARIADB).await;
    let user = &scene.user;
    let made = [
        format!("GRANT SELECT ON mysql.* TO {user}@'%'"),
        format!("GRANT CREATE USER ON *.* TO {user}@'%'"),
        format!("CREATE USER {user}@'192.0.2.1' IDENTIFIED BY '{FIRST}'"),
        format!("CREATE USER {user}@'192.0.2.2' IDENTIFIED BY 'of-another-1'"),
    ];
    MARIADB.run(&made.each_ref().map(String::as_str)).await;
    let rotation = scene.created().await;
    scene.steps(&rotation, &["setSecret"]).await;
    assert_accounts(user, 3, 2).await;
    let of_other = format!(
        "SELECT authentication_string = PASSWORD('of-another-1') FROM mysql.user WHERE User = '{user}' AND Host = '192.0.2.2'"
    );
    MARIADB.run(&[&format!("SELECT IF(({of_other}), 1, (SELECT 1 UNION SELECT 2))")]).await;
    let report = scene.step(&rotation, "testSecret").await;
    let told = format!("'{user}'@'192.0.2.2' was left alone, since it has another password than '{user}'@'%'");
    assert!(report.to_string().contains(&told), "{report}");
    scene.steps(&rotation, &["finishSecret"]).await;
    assert!(scene.works("AWSCURRENT").await);
}

/// What a server counts that locks users after some refusals.
#[tokio::test]
async fn a_rotation_is_refused_once_and_a_wrong_password_twice() {
    for is_alternating in [false, true] {
        let scene = Scene::with(&MARIADB, is_alternating).await;
        let clone = format!("{}_clone", scene.user);
        let refusals = || MARIADB.refusals(&scene.user) + MARIADB.refusals(&clone);
        for turn in 1..=3 {
            scene.rotate().await;
            assert_eq!(refusals(), turn, "AWSPENDING, before it is set, and nothing else");
        }
        let rotation = scene.created().await;
        let (user, _) = scene.login("AWSCURRENT").await;
        let mut master = MARIADB.master().await;
        let by_hand = "by-an-administrator-1".into();
        for name in if is_alternating { vec![&scene.user, &clone] } else { vec![&user] } {
            master.set_password(name, &by_hand).await.unwrap();
        }
        let before = refusals();
        scene.refusal(&rotation, "setSecret").await;
        assert_eq!(refusals() - before, 6, "AWSCURRENT, AWSPREVIOUS and AWSPENDING, each twice");
    }
}

/// In both directions of the turn.
#[tokio::test]
async fn what_was_revoked_from_app_does_not_come_back() {
    let scene = Scene::alternating(&MARIADB).await;
    grant(&scene).await;
    scene.rotate().await;
    assert!(may_insert(&scene, "AWSCURRENT", "own").await);
    let user = scene.user.clone();
    MARIADB.run(&[&format!("REVOKE INSERT ON of_{user}.own FROM {user}@'%'")]).await;
    MARIADB.run(&[&format!("GRANT INSERT ON of_{user}.other TO {user}@'%'")]).await;
    for turn in 0..3 {
        scene.rotate().await;
        for stage in ["AWSCURRENT", "AWSPREVIOUS"] {
            assert!(!may_insert(&scene, stage, "own").await, "turn {turn}: {stage} has it back");
            assert!(may_insert(&scene, stage, "other").await, "turn {turn}: {stage} lacks it");
        }
    }
}

#[tokio::test]
async fn accounts_of_other_plugins_keep_nobody_from_rotating() {
    let others = ["CREATE USER IF NOT EXISTS", "IDENTIFIED VIA"];
    for (user, plugin) in
        [("beside_ed", "ed25519 USING PASSWORD('beside-1')"), ("beside_pam", "pam"), ("beside_os", "unix_socket")]
    {
        STRICT_MARIADB.run(&[&format!("{} {user}@'%' {} {plugin}", others[0], others[1])]).await;
    }
    // The server chooses by the name whose plugin it asks a stranger for.
    for _ in 0..6 {
        let scene = Scene::alternating(&STRICT_MARIADB).await;
        scene.rotate().await;
        scene.rotate().await;
    }
}

#[tokio::test]
async fn a_user_of_ed25519_rotates_and_stays_one() {
    for is_alternating in [false, true] {
        let scene = Scene::with(&STRICT_MARIADB, is_alternating).await;
        let user = &scene.user;
        // Of the password that it was made with, this server wants no more.
        let made = "IDENTIFIED VIA ed25519 USING PASSWORD('the-first-by-ed25519')";
        STRICT_MARIADB.run(&[&format!("ALTER USER {user}@'%' {made}")]).await;
        let mut value = scene.value("AWSCURRENT").await;
        value["password"] = "the-first-by-ed25519".into();
        scene.put(&scene.secret, &value.to_string()).await;
        scene.rotate().await;
        scene.rotate().await;
        let plugins =
            format!("SELECT GROUP_CONCAT(DISTINCT plugin) FROM mysql.user WHERE User IN ('{user}', '{user}_clone')");
        STRICT_MARIADB.run(&[&format!("SELECT IF(({plugins}) = 'ed25519', 1, (SELECT 1 UNION SELECT 2))")]).await;
    }
}

#[tokio::test]
async fn a_second_way_to_log_in_is_kept_and_the_rotation_refused() {
    let scene = Scene::single(&STRICT_MARIADB).await;
    let user = &scene.user;
    let made = "IDENTIFIED VIA unix_socket OR ed25519 USING PASSWORD('the-first-by-ed25519')";
    STRICT_MARIADB.run(&[&format!("ALTER USER {user}@'%' {made}")]).await;
    let mut value = scene.value("AWSCURRENT").await;
    value["password"] = "the-first-by-ed25519".into();
    scene.put(&scene.secret, &value.to_string()).await;
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(
        said.contains("logs in by several plugins (unix_socket, ed25519)") && said.contains("nothing was changed"),
        "{said}"
    );
    assert!(scene.works("AWSCURRENT").await);
}

/// An account that was locked says so; its password is neither refused nor given up.
#[tokio::test]
async fn a_locked_account_is_no_refused_password() {
    let scene = Scene::single(&MARIADB).await;
    let rotation = scene.created().await;
    let user = &scene.user;
    MARIADB.run(&[&format!("ALTER USER {user}@'%' ACCOUNT LOCK")]).await;
    for _ in 0..=rotation::Attempts::MOST {
        let said = scene.failure(&rotation, "setSecret").await;
        assert!(said.contains("the account is locked") && said.contains("ACCOUNT UNLOCK"), "{said}");
    }
    MARIADB.run(&[&format!("ALTER USER {user}@'%' ACCOUNT UNLOCK")]).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await);
}

#[tokio::test]
async fn a_password_that_has_expired_rotates() {
    for is_alternating in [false, true] {
        let scene = Scene::with(&MARIADB, is_alternating).await;
        if is_alternating {
            scene.rotate().await;
        }
        // Two users: that of the one whose turn is next, as old as a turn.
        MARIADB.run(&[&format!("ALTER USER {}@'%' PASSWORD EXPIRE", scene.user)]).await;
        let rotation = scene.begin().await;
        for step in STEPS {
            let report = scene.step(&rotation, step).await;
            assert_eq!(report.outcome, Outcome::Applied, "{step}: {report}");
        }
        assert!(scene.works("AWSCURRENT").await && !scene.lets_in(&scene.user, FIRST).await);
    }
}

/// A user who may grant on its own schema may demand of itself any subject of a certificate, which MariaDB shows as it was given: it
/// becomes no part of the master's statements.
#[tokio::test]
async fn a_demand_with_a_quote_in_it_is_refused() {
    let scene = Scene::alternating(&MARIADB).await;
    grant(&scene).await;
    scene.rotate().await;
    let user = scene.user.clone();
    MARIADB.run(&[&format!("GRANT SELECT ON of_{user}.* TO {user}@'%' WITH GRANT OPTION")]).await;
    let (name, password) = scene.login("AWSPREVIOUS").await;
    assert_eq!(name, user);
    let mut own = MARIADB.connect(&user, &password).await.unwrap();
    own.probe(&format!("GRANT SELECT ON of_{user}.* TO {user}@'%' REQUIRE SUBJECT \"it's\"")).await.unwrap();
    let rotation = scene.created().await;
    let said = scene.failure(&rotation, "setSecret").await;
    assert!(said.contains("SHOW CREATE USER says what Signalbox does not know, from REQUIRE on"), "{said}");
    assert!(may_insert(&scene, "AWSCURRENT", "own").await, "the clone is as it was");
}

/// A name may hold what else stands in a grant.
#[tokio::test]
async fn a_column_of_any_name_is_cloned_as_it_is() {
    let scene = Scene::alternating(&MARIADB).await;
    grant(&scene).await;
    let user = scene.user.clone();
    MARIADB
        .run(&[
            &format!("ALTER TABLE of_{user}.other ADD COLUMN `x``), y (``z` int DEFAULT 1"),
            &format!("GRANT SELECT (`x``), y (``z`) ON of_{user}.other TO {user}@'%'"),
        ])
        .await;
    scene.rotate().await;
    let (clone, password) = scene.login("AWSCURRENT").await;
    let mut clone = MARIADB.connect(&clone, &password).await.unwrap();
    clone.probe(&format!("SELECT `x``), y (``z` FROM of_{user}.other")).await.unwrap();
    assert!(clone.probe(&format!("SELECT a FROM of_{user}.other")).await.is_err(), "of this column only");
}
