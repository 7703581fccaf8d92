//! Which master secret a secret may use. The operator says it in the settings: a writer of the secret could change
//! whatever the secret itself says, and with it whose power is used.

use std::collections::BTreeMap;

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables, malformed};
use rotation::SecretArn;

/// The variable with the bindings: `SECRET=MASTER`, separated by commas.
pub const MASTERS: &str = "SIGNALBOX_MASTERS";

/// The setting of [`Bindings::read`].
pub(crate) const SETTING: Setting = Setting {
    variable: MASTERS,
    meaning: "which master secret each secret may use: pairs SECRET=MASTER of ARNs, separated by commas",
    unset: Unset::Means("no secret has a master"),
    check: |variables| Bindings::read(variables).map(drop),
};

/// Pairs of a secret and the master secret that it is bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings(BTreeMap<SecretArn, SecretArn>);

impl Bindings {
    /// Reads the pairs from `SIGNALBOX_MASTERS`. After `=` stands an ARN, or only what follows `:secret:` in one, since a
    /// master lies in the account and Region of its secret and a Lambda function's environment holds 4 KB.
    ///
    /// # Errors
    /// `Refused`, naming the variable and the pair, where one cannot be read or a secret is bound twice.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        let text = variables(MASTERS).unwrap_or_default();
        let mut pairs = BTreeMap::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (secret, master) = read_pair(pair).map_err(|mistake| malformed(MASTERS, mistake))?;
            if let Some(other) = pairs.insert(secret.clone(), master) {
                return Err(malformed(
                    MASTERS,
                    format!("it binds {secret} twice, to {other} too; remove one of the two"),
                ));
            }
        }
        Ok(Self(pairs))
    }

    /// These pairs.
    #[must_use]
    pub fn of(pairs: impl IntoIterator<Item = (SecretArn, SecretArn)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The master secret of a secret, which itself says `named` in `masterarn`; `None` where neither knows one.
    ///
    /// # Errors
    /// `Refused` where the settings do not bind the secret to what it names.
    pub fn master_of(&self, secret: &SecretArn, named: Option<&SecretArn>) -> Result<Option<SecretArn>, Error> {
        match (self.0.get(secret), named) {
            (Some(bound), Some(named)) if bound != named => Err(Error::refused(format!(
                "`masterarn` in {secret} is {named}, but {MASTERS} binds the secret to {bound}: correct `masterarn`, or have \
                 an operator correct the parameter Masters of the stack"
            ))),
            (None, Some(named)) => Err(Error::refused(format!(
                "{secret} names the master secret {named}, but {MASTERS} does not bind it to one: if an operator means it to \
                 use that master, add {secret}={named} to the parameter Masters of the stack"
            ))),
            (bound, _) => Ok(bound.cloned()),
        }
    }
}

fn read_pair(pair: &str) -> Result<(SecretArn, SecretArn), String> {
    let malformed = |why: &str| format!("`{}` is not SECRET=MASTER: {why}", place::shortened(pair, 300));
    // A name may have `=` in it; what follows the six letters and digits at its end is the one that parts the pair.
    let parted = pair.match_indices('=').map(|(at, _)| (&pair[..at], &pair[at + 1..]));
    let mut parted = parted.filter(|(secret, master)| is_whole(secret) && is_whole(master));
    let Some((secret, master)) = parted.next() else {
        return Err(malformed("both end in `-` and six letters or digits, and SECRET is a whole ARN"));
    };
    if parted.next().is_some() {
        return Err(malformed("it can be read in two ways; write both as whole ARNs"));
    }
    let secret: SecretArn = secret.parse().map_err(|_| malformed("SECRET is not the ARN of a secret"))?;
    let SecretArn { partition, region, account, .. } = &secret;
    let place = format!("arn:{partition}:secretsmanager:{region}:{account}:secret:");
    let master = if master.starts_with("arn:") { master.to_owned() } else { format!("{place}{master}") };
    let master: SecretArn = master.parse().map_err(|_| malformed("MASTER is not the ARN or the name of a secret"))?;
    if !master.to_string().starts_with(&place) {
        return Err(malformed("MASTER is not in the account and Region of SECRET"));
    }
    if master == secret {
        return Err(malformed("a secret cannot be its own master"));
    }
    Ok((secret, master))
}

/// Whether it ends as the ARN of a secret does.
fn is_whole(text: &str) -> bool {
    let is_letter = |it: &u8| it.is_ascii_alphanumeric();
    text.rsplit_once('-')
        .is_some_and(|(name, end)| !name.is_empty() && end.len() == 6 && end.as_bytes().iter().all(is_letter))
}

#[cfg(test)]
mod tests {
    use super::{Bindings, MASTERS};

    const PLACE: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";

    fn read(text: &str) -> Result<Bindings, String> {
        Bindings::read(&|name| (name == MASTERS).then(|| text.to_owned())).map_err(|error| error.to_string())
    }

    fn master_of(bindings: &Bindings, secret: &str, named: Option<&str>) -> Result<Option<String>, String> {
        let arn = |name: &str| format!("{PLACE}{name}").parse().unwrap();
        let found = bindings.master_of(&arn(secret), named.map(arn).as_ref());
        found.map(|it| it.map(|it| it.name)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_has_the_master_that_the_settings_say_and_no_other() {
        let text = format!("{PLACE}app/db-AbCdEf={PLACE}app/master-MnOpQr, {PLACE}a=b-AbCdEf=rds!db-1234-MnOpQr,");
        let bindings = read(&text).unwrap();
        for named in [None, Some("app/master-MnOpQr")] {
            assert_eq!(master_of(&bindings, "app/db-AbCdEf", named).unwrap().unwrap(), "app/master-MnOpQr");
        }
        assert_eq!(master_of(&bindings, "a=b-AbCdEf", None).unwrap().unwrap(), "rds!db-1234-MnOpQr");
        let said = master_of(&bindings, "app/db-AbCdEf", Some("rds!db-1234-MnOpQr")).unwrap_err();
        assert!(
            said.contains("but SIGNALBOX_MASTERS binds the secret to ") && said.contains("MnOpQr: correct"),
            "{said}"
        );
        assert_eq!(master_of(&bindings, "other-AbCdEf", None).unwrap(), None);
        let said = master_of(&bindings, "other-AbCdEf", Some("app/master-MnOpQr")).unwrap_err();
        let pair = format!("add {PLACE}other-AbCdEf={PLACE}app/master-MnOpQr to the parameter Masters");
        assert!(said.contains(&pair), "{said}");
    }

    #[test]
    fn a_pair_that_cannot_be_read_is_named() {
        let secret = format!("{PLACE}app/db-AbCdEf");
        for (text, why) in [
            (secret.clone(), "both end in `-` and six"),
            (format!("{secret}="), "both end in `-` and six"),
            (format!("{secret}=master"), "both end in `-` and six"),
            ("app/db-AbCdEf=master-MnOpQr".into(), "SECRET is not the ARN"),
            (format!("{secret}={}", PLACE.replace("1111", "2222") + "m-MnOpQr"), "not in the account and Region"),
            (format!("{secret}={}", PLACE.replace("west-1", "west-2") + "m-MnOpQr"), "not in the account and Region"),
            (format!("{secret}={secret}"), "cannot be its own master"),
            (format!("{secret}=a b-MnOpQr"), "MASTER is not the ARN or the name"),
            (format!("{secret}=a-MnOpQr=b-MnOpQr"), "can be read in two ways"),
            (format!("{secret}=a-MnOpQr,{secret}=b-MnOpQr"), "twice"),
        ] {
            let said = read(&text).unwrap_err();
            assert!(said.starts_with("the environment variable SIGNALBOX_MASTERS: ") && said.contains(why), "{said}");
        }
        assert_eq!(read("").unwrap(), Bindings::default());
    }
}
