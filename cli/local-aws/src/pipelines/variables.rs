//! Variables: what a source says of the version that it took, in the configuration of later actions.
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>

use std::collections::{BTreeMap, BTreeSet};

/// What a source in S3 says of its object.
pub(super) const VERSION: &str = "VersionId";
pub(super) const ETAG: &str = "ETag";

/// The values of variables, as `namespace.name`.
pub(super) type Variables = BTreeMap<String, String>;

/// The variables that a text names, as `namespace.name`; one without an end goes to the end of the text.
pub(super) fn named(text: &str) -> Vec<&str> {
    text.split("#{").skip(1).map(|rest| rest.split('}').next().unwrap_or_default()).collect()
}

/// Whether the local AWS plays the variable, where these namespaces are known.
pub(super) fn is_played(variable: &str, namespaces: &BTreeSet<&str>) -> bool {
    let parts = variable.split_once('.');
    parts.is_some_and(|(namespace, name)| namespaces.contains(namespace) && [VERSION, ETAG].contains(&name))
}

/// The configuration with the values of its variables.
pub(super) fn resolved(configuration: &BTreeMap<String, String>, values: &Variables) -> BTreeMap<String, String> {
    let resolve = |text: &String| {
        values.iter().fold(text.clone(), |text, (name, value)| text.replace(&format!("#{{{name}}}"), value))
    };
    configuration.iter().map(|(name, text)| (name.clone(), resolve(text))).collect()
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, BTreeSet, is_played, named, resolved};

    #[test]
    fn a_variable_is_one_of_a_namespace_that_is_known() {
        let known = BTreeSet::from(["Source"]);
        let text = "#{Source.VersionId} and #{Source.BranchName}, #{Other.ETag}, #{VersionId}, #{Source.ETag";
        let played: Vec<_> = named(text).into_iter().map(|it| (it, is_played(it, &known))).collect();
        let expected = [
            ("Source.VersionId", true),
            ("Source.BranchName", false),
            ("Other.ETag", false),
            ("VersionId", false),
            ("Source.ETag", true),
        ];
        assert_eq!(played, expected);
        let text = |text: &str| BTreeMap::from([("CustomData".to_owned(), text.to_owned())]);
        let values = BTreeMap::from([("Source.VersionId".to_owned(), "3".to_owned())]);
        assert_eq!(resolved(&text("#{Source.VersionId} of #{Source.VersionId}, #x"), &values), text("3 of 3, #x"));
    }
}
