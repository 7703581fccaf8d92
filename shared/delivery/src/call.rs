//! The calls that are made at one target.

/// One call at a target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    /// Read `$LATEST`.
    ReadLatest,
    /// Read the alias, and beside it what else the first look at a target takes.
    ReadAlias {
        /// What that is.
        beside: Beside,
    },
    /// Read a version.
    ReadVersion(String),
    /// Read what is provisioned.
    ReadProvisioned,
    /// Give `$LATEST` the code.
    UpdateCode {
        /// The revision that is changed.
        revision: String,
    },
    /// Make a version of `$LATEST`.
    Publish {
        /// The revision that is published.
        revision: String,
    },
    /// Provision as many for this version.
    Provision {
        /// The version.
        version: String,
        /// How many.
        count: i32,
    },
    /// Invoke a hook.
    Invoke {
        /// The function.
        hook: String,
        /// Whether traffic has moved.
        is_after: bool,
    },
    /// Ask CloudWatch whether the new version is good.
    Judge,
    /// Move the alias.
    Move {
        /// Its version.
        version: String,
        /// A second version with its part of the traffic.
        second: Option<(String, f64)>,
        /// The revision that is changed.
        revision: String,
    },
}

/// What is read beside an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Nothing.
    Nothing,
    /// `$LATEST`.
    Latest,
    /// The version that this deployment made.
    Version(String),
}
