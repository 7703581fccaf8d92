//! Which server it is, since versions show grants and read statements in different ways.

/// MariaDB or MySQL, and its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) is_mariadb: bool,
    /// Zeros where the server does not say, as to one whose password has expired.
    version: (u16, u16, u16),
}

impl Server {
    /// What a login says of it.
    pub(super) fn unknown(is_mariadb: bool) -> Self {
        Self { is_mariadb, ..Self::default() }
    }

    /// As `SELECT VERSION()` says: `8.0.36`, `5.7.44-log`, `10.11.14-MariaDB-0+deb12u2`, or with `5.5.5-` before it, which old
    /// replicas ask for.
    pub(super) fn of(version: &str) -> Self {
        let is_mariadb = version.contains("MariaDB");
        let mut numbers = version.strip_prefix("5.5.5-").filter(|_| is_mariadb).unwrap_or(version).split(['.', '-']);
        let mut next = || numbers.next().and_then(|it| it.parse().ok()).unwrap_or(0);
        Self { is_mariadb, version: (next(), next(), next()) }
    }

    /// Whether `SHOW GRANTS` quotes the names of columns. MySQL does since 8.0. MariaDB does where its sources or a server were looked
    /// at: 10.11 since 10.11.14, and from 12 on. Every other server, and one that does not say its version, is taken not to.
    pub(super) fn quotes_columns(self) -> bool {
        match self.version {
            (10, 11, patch) if self.is_mariadb => patch >= 14,
            (major, ..) => major >= if self.is_mariadb { 12 } else { 8 },
        }
    }

    /// The modes that statements are written for. Without the second, which MySQL 8.0 has for good and does not know any more, a GRANT
    /// to a user who is gone would make one without a password.
    pub(super) fn modes(self) -> &'static str {
        let is_without = !self.is_mariadb && (self.version.0 >= 8 || self.version.0 == 0);
        if is_without { "NO_BACKSLASH_ESCAPES" } else { "NO_BACKSLASH_ESCAPES,NO_AUTO_CREATE_USER" }
    }
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn a_version_says_what_is_quoted_and_which_modes_there_are() {
        for (version, is_mariadb, quotes, has_second) in [
            ("5.7.44-log", false, false, true),
            ("5.7.mysql_aurora.2.11.4", false, false, true),
            ("8.0.36", false, true, false),
            ("8.4.0", false, true, false),
            ("9.1.0-commercial", false, true, false),
            ("10.4.34-MariaDB", true, false, true),
            ("10.11.6-MariaDB-0+deb12u1", true, false, true),
            ("10.11.14-MariaDB-0+deb12u2", true, true, true),
            ("5.5.5-10.3.8-MariaDB-log", true, false, true),
            ("11.4.2-MariaDB", true, false, true),
            ("12.0.2-MariaDB", true, true, true),
            ("", false, false, false),
        ] {
            let server = Server::of(version);
            let found = (server.is_mariadb, server.quotes_columns(), server.modes().contains("NO_AUTO_CREATE_USER"));
            assert_eq!(found, (is_mariadb, quotes, has_second), "{version}");
        }
    }
}
