//! The message that a push becomes, in the FIFO queue between the two functions. It says where to look: which commit the
//! branch has is asked of the forge again.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::name::RepositoryName;
use crate::reference::{CommitId, RefName};

/// One reference of one repository was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The name by which the repository is configured, never one of the request's body.
    pub repository: RepositoryName,
    /// The branch or tag that was pushed.
    #[serde(rename = "ref")]
    pub reference: RefName,
    /// The commit that it had after the push; none where it was deleted or is not known.
    pub commit: Option<CommitId>,
    /// The id by which the forge, EventBridge or the sweep names the delivery: a repeated delivery has it again.
    pub delivery: String,
    /// Which forge sent it; none where a sweep found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forge: Option<Forge>,
}

/// Who sends webhooks. The operator says which one a path belongs to; Gitea and Forgejo also send GitHub's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forge {
    /// GitHub, github.com or Enterprise Server.
    Github,
    /// GitLab, gitlab.com or self-managed.
    Gitlab,
    /// Bitbucket Cloud.
    Bitbucket,
    /// Bitbucket Data Center, which was Server.
    BitbucketDataCenter,
    /// Gitea.
    Gitea,
    /// Forgejo, such as Codeberg.
    Forgejo,
}

impl Push {
    /// The message's group: one copy of a repository runs at a time, and no repository waits for another.
    #[must_use]
    pub fn group(&self) -> &str {
        self.repository.as_str()
    }

    /// By what SQS knows a repeated message for five minutes: 64 hexadecimal digits of delivery, repository and reference, with their
    /// lengths, so that no two of them run into one another.
    #[must_use]
    pub fn deduplication_id(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.delivery.as_str(), self.repository.as_str(), self.reference.as_str()] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        place::hex(&hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{Forge, Push};

    fn push() -> Push {
        Push {
            repository: "acme/templates".parse().unwrap(),
            reference: "refs/heads/main".parse().unwrap(),
            commit: Some("1f".repeat(20).parse().unwrap()),
            delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958".into(),
            forge: Some(Forge::BitbucketDataCenter),
        }
    }

    #[test]
    fn a_message_is_written_so_and_read_again() {
        let text = serde_json::to_string_pretty(&push()).unwrap();
        expect![[r#"
            {
              "repository": "acme/templates",
              "ref": "refs/heads/main",
              "commit": "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f",
              "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
              "forge": "bitbucket-data-center"
            }"#]]
        .assert_eq(&text);
        assert_eq!(serde_json::from_str::<Push>(&text).unwrap(), push());
    }

    #[test]
    fn a_repeated_delivery_has_the_same_id_and_nothing_else_has() {
        let id = push().deduplication_id();
        assert_eq!(id, push().deduplication_id());
        assert!(id.len() == 64 && id.bytes().all(|it| it.is_ascii_hexdigit()));
        let others = [
            Push { reference: "refs/heads/other".parse().unwrap(), ..push() },
            Push { repository: "acme/other".parse().unwrap(), ..push() },
            Push { delivery: "another".into(), ..push() },
            Push { delivery: format!("{}a", push().delivery), repository: "cme/templates".parse().unwrap(), ..push() },
        ];
        assert!(others.iter().all(|other| other.deduplication_id() != id));
        assert_eq!(Push { commit: None, ..push() }.deduplication_id(), id, "a delivery is one push of a reference");
    }
}
