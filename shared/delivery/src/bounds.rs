//! The settings that bound a deployment. The artifact's author is any committer: what may be touched stands here and not in
//! `deploy.json`.

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};

const TABLE: Setting = Setting {
    variable: "SIGNALBOX_DEPLOYMENTS_TABLE",
    meaning: "the name of the DynamoDB table of deployments",
    unset: Unset::Refused,
    check: |variables| TABLE.required(variables).map(drop),
};

const BUCKET: Setting = Setting {
    variable: "SIGNALBOX_CODE_BUCKET",
    meaning: "the name of the versioned S3 bucket in which code is put for Lambda; {region} in it stands for the target's Region",
    unset: Unset::Refused,
    check: |variables| bucket(variables).map(drop),
};

const FUNCTIONS: Setting = Setting {
    variable: "SIGNALBOX_DEPLOY_FUNCTIONS",
    meaning: "the names of the functions that may be delivered, separated by commas; a name that ends with * stands for all that begin so",
    unset: Unset::Refused,
    check: |variables| FUNCTIONS.required(variables).and_then(|text| Names::read(&FUNCTIONS, &text)).map(drop),
};

const ALIASES: Setting = Setting {
    variable: "SIGNALBOX_DEPLOY_ALIASES",
    meaning: "the aliases that may be moved, separated by commas",
    unset: Unset::Is("live"),
    check: |variables| names(&ALIASES, variables).map(drop),
};

const HOOKS: Setting = Setting {
    variable: "SIGNALBOX_DEPLOY_HOOKS",
    meaning: "the names of the functions that may be invoked before and after traffic moves, separated by commas",
    unset: Unset::Means("none"),
    check: |variables| names(&HOOKS, variables).map(drop),
};

/// Also named where a function of a stack is refused.
pub(crate) const OWNED: Setting = Setting {
    variable: "SIGNALBOX_DEPLOY_OWNED",
    meaning: "the names of the functions of CloudFormation's stacks whose code the pipeline owns all the same, separated by commas",
    unset: Unset::Means("none: functions of a stack are refused"),
    check: |variables| names(&OWNED, variables).map(drop),
};

const KEEP: Setting = Setting {
    variable: "SIGNALBOX_DEPLOY_KEEP",
    meaning: "how many versions of a function are kept beside those that an alias or a record needs",
    unset: Unset::Means("no version is deleted"),
    check: |variables| number(&KEEP, variables, 1, 1_000).map(drop),
};

const TRAFFIC: Setting = Setting {
    variable: "SIGNALBOX_DEPLOY_TRAFFIC",
    meaning: "how many invocations of the new version its error rate needs, at least, to prove anything",
    unset: Unset::Is("100"),
    check: |variables| number(&TRAFFIC, variables, 1, 1_000_000).map(drop),
};

const QUIET: Setting = Setting {
    variable: "SIGNALBOX_DEPLOY_QUIET",
    meaning: "what follows where the new version had not enough traffic to be judged: go-on or fail",
    unset: Unset::Is("go-on"),
    check: |variables| quiet(variables).map(drop),
};

const ERRORS: Setting = Setting {
    variable: "SIGNALBOX_DEPLOY_ERRORS",
    meaning: "how many percentage points the error rate of the new version may be above that of the old one",
    unset: Unset::Is("1"),
    check: |variables| number(&ERRORS, variables, 0, 100).map(drop),
};

/// The settings of [`Settings::read`].
pub const SETTINGS: &[Setting] = &[BUCKET, TABLE, ALIASES, ERRORS, FUNCTIONS, HOOKS, KEEP, OWNED, QUIET, TRAFFIC];

/// What bounds every deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The table of deployments.
    pub table: String,
    /// The bucket of code, with `{region}` in it where there is one for each Region.
    pub bucket: String,
    /// The functions that may be delivered.
    pub functions: Names,
    /// The aliases that may be moved.
    pub aliases: Names,
    /// The functions that may be invoked.
    pub hooks: Names,
    /// The functions of stacks whose code the pipeline owns.
    pub owned: Names,
    /// How many versions are kept; `None` where none is deleted.
    pub keep: Option<u64>,
    /// The invocations below which an error rate proves nothing.
    pub least_invocations: u64,
    /// What follows from too few.
    pub quiet: Quiet,
    /// The percentage points by which the new error rate may be above the old one.
    pub margin: u64,
}

/// What follows where the new version had not enough traffic to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// The deployment goes on, and its record says so.
    GoOn,
    /// It is a failure.
    Fail,
}

/// Names, each by itself or by its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    fn read(setting: &Setting, text: &str) -> Result<Self, Error> {
        let names: Vec<_> = text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(String::from).collect();
        match names.iter().find(|it| !is_name(it.strip_suffix('*').unwrap_or(it)) || *it == "*") {
            Some(wrong) => Err(setting.malformed(format!(
                "`{}` is not a name, such as orders, or the beginning of names, such as orders-*",
                place::shortened(wrong, 80)
            ))),
            None => Ok(Self(names)),
        }
    }

    /// Whether the name is one of these.
    #[must_use]
    pub fn have(&self, name: &str) -> bool {
        self.0.iter().any(|it| match it.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => it == name,
        })
    }
}

impl std::fmt::Display for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { f.write_str("none") } else { f.write_str(&self.0.join(", ")) }
    }
}

/// Whether Lambda takes the text as the name of a function or alias: no wildcard, ARN or version is one.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
pub(crate) fn is_name(text: &str) -> bool {
    let is_of_name = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    (1..=64).contains(&text.len()) && text.chars().all(is_of_name)
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self {
            table: TABLE.required(variables)?,
            bucket: bucket(variables)?,
            functions: Names::read(&FUNCTIONS, &FUNCTIONS.required(variables)?)?,
            aliases: names(&ALIASES, variables)?,
            hooks: names(&HOOKS, variables)?,
            owned: names(&OWNED, variables)?,
            keep: number(&KEEP, variables, 1, 1_000)?,
            least_invocations: number(&TRAFFIC, variables, 1, 1_000_000)?.unwrap_or(1),
            quiet: quiet(variables)?,
            margin: number(&ERRORS, variables, 0, 100)?.unwrap_or(0),
        })
    }

    /// Reads what it takes to look at records and to move aliases back: the table alone. Nothing may be delivered by these.
    ///
    /// # Errors
    /// As of [`Settings::read`].
    pub fn of_records(variables: Variables) -> Result<Self, Error> {
        Ok(Self {
            table: TABLE.required(variables)?,
            bucket: String::new(),
            functions: Names::default(),
            aliases: Names::default(),
            hooks: Names::default(),
            owned: Names::default(),
            keep: None,
            least_invocations: 1,
            quiet: Quiet::Fail,
            margin: 0,
        })
    }

    /// The bucket in which code for this Region is put.
    #[must_use]
    pub fn bucket_in(&self, region: &str) -> String {
        self.bucket.replace("{region}", region)
    }
}

fn names(setting: &Setting, variables: Variables) -> Result<Names, Error> {
    setting.value(variables).map_or_else(|| Ok(Names::default()), |text| Names::read(setting, &text))
}

fn bucket(variables: Variables) -> Result<String, Error> {
    let name = BUCKET.required(variables)?;
    let letters = name.replace("{region}", "");
    let is_of_name = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '.';
    if name.len() <= 63 + "{region}".len() && letters.chars().all(is_of_name) {
        return Ok(name);
    }
    Err(BUCKET.malformed(format!(
        "`{}` is not the name of a bucket, such as com-example-code-{{region}}",
        place::shortened(&name, 80)
    )))
}

fn number(setting: &Setting, variables: Variables, least: u64, most: u64) -> Result<Option<u64>, Error> {
    let Some(text) = setting.value(variables) else { return Ok(None) };
    let number = text.parse().ok().filter(|it| (least..=most).contains(it));
    let malformed =
        || setting.malformed(format!("`{}` is not a number from {least} to {most}", place::shortened(&text, 80)));
    number.map(Some).ok_or_else(malformed)
}

fn quiet(variables: Variables) -> Result<Quiet, Error> {
    match QUIET.required(variables)?.as_str() {
        "go-on" => Ok(Quiet::GoOn),
        "fail" => Ok(Quiet::Fail),
        other => Err(QUIET.malformed(format!("`{}` is neither go-on nor fail", place::shortened(other, 80)))),
    }
}
