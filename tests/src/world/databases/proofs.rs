//! What a login proves to a master: that it is one at the same server, of this user, and of which accounts.

use super::{MARIADB, MASTER, MASTER_PASSWORD, OTHER_POSTGRES, POSTGRES, STRICT_MARIADB, Server};

const PASSWORD: &str = "of-the-user-1";

/// Whether the master of one server sees the login at another one.
async fn is_seen(master_at: &Server, login_at: &Server, user: &str) -> bool {
    let mut login = login_at.connect("proves", PASSWORD).await.unwrap();
    master_at.master().await.shares_server_with(&mut login, user).await.unwrap()
}

/// Both servers have a user of that name with that password.
#[tokio::test]
async fn a_login_is_seen_at_its_own_server_and_as_its_own_user_only() {
    for [one, other] in [[&*POSTGRES, &*OTHER_POSTGRES], [&*MARIADB, &*STRICT_MARIADB]] {
        for server in [one, other] {
            server.create_user("proves", PASSWORD).await;
        }
        assert!(is_seen(one, one, "proves").await && is_seen(other, other, "proves").await);
        assert!(!is_seen(one, other, "proves").await && !is_seen(other, one, "proves").await);
        assert!(!is_seen(one, one, MASTER).await, "of another user");
    }
}

/// In PostgreSQL every user sees it, in MariaDB one with `PROCESS`.
#[tokio::test]
async fn a_master_sees_logins_of_others_where_it_may() {
    for (server, grant, may) in [
        (&*POSTGRES, "SELECT 1", true),
        (&*MARIADB, "SELECT 1", false),
        (&*MARIADB, "GRANT PROCESS ON *.* TO looks@'%'", true),
    ] {
        let drop = if may && grant != "SELECT 1" { "DROP USER looks@'%', looked_at@'%'" } else { "SELECT 1" };
        server.run(&[drop]).await;
        server.create_user("looks", PASSWORD).await;
        server.create_user("looked_at", PASSWORD).await;
        server.run(&[grant]).await;
        let mut login = server.connect("looked_at", PASSWORD).await.unwrap();
        let mut looks = server.connect("looks", PASSWORD).await.unwrap();
        assert_eq!(looks.shares_server_with(&mut login, "looked_at").await.unwrap(), may, "{grant}");
    }
}

/// Nothing is left in a session, and a login that is over is no other server.
#[tokio::test]
async fn a_login_is_looked_for_again_and_again() {
    for server in [&*POSTGRES, &*MARIADB] {
        let mut login = server.connect(MASTER, MASTER_PASSWORD).await.unwrap();
        let mut master = server.master().await;
        for _ in 0..3 {
            assert!(master.shares_server_with(&mut login, MASTER).await.unwrap());
        }
    }
}

/// By ed25519 as by the native plugin, each password has one authentication string.
#[tokio::test]
async fn accounts_of_one_password_are_told_from_others() {
    let made = [
        "CREATE USER several@'%' IDENTIFIED BY 'of-the-user-1'",
        "CREATE USER several@'192.0.2.1' IDENTIFIED BY 'of-the-user-1'",
        "CREATE USER several@'192.0.2.2' IDENTIFIED BY 'of-another-1'",
        "CREATE USER several@'192.0.2.3' IDENTIFIED VIA ed25519 USING PASSWORD('of-the-user-1')",
        "CREATE USER signs_twice@'%' IDENTIFIED VIA ed25519 USING PASSWORD('of-the-user-1')",
        "CREATE USER signs_twice@'192.0.2.1' IDENTIFIED VIA ed25519 USING PASSWORD('of-the-user-1')",
        "CREATE USER signs_twice@'192.0.2.2' IDENTIFIED VIA ed25519 USING PASSWORD('of-another-1')",
    ];
    STRICT_MARIADB.run(&made).await;
    for (user, expected) in [
        ("several", vec!["'several'@'192.0.2.2'", "'several'@'192.0.2.3'"]),
        ("signs_twice", vec!["'signs_twice'@'192.0.2.2'"]),
    ] {
        let mut login = STRICT_MARIADB.connect(user, PASSWORD).await.unwrap();
        assert_eq!(STRICT_MARIADB.master().await.unproved_beside(&mut login).await.unwrap(), expected);
    }
}
