//! Copies of database snapshots that cannot be shared themselves: what they are called, and how Signalbox knows its own.
//!
//! A name proves nothing, since any identity that may make a snapshot chooses one. A policy can protect a tag.

use crate::{Kind, Tags};

/// The tag of Signalbox's copies, which names the snapshot that each is a copy of: [`source_in_tag`].
pub const COPY_OF: &str = "signalbox:copy-of";

/// What the names of RDS's own snapshots begin with.
const OF_RDS: &str = "rds:";

/// What the name of a copy ends with.
const SUFFIX: &str = "-shared";

/// What RDS ends the names of its own snapshots with.
const DATE: &str = "-2026-11-02-05-30";

/// What the name of a copy of a snapshot of AWS Backup begins with.
const BACKUP: &str = "awsbackup-";

/// What the copy of this snapshot is called: `rds:name-2026-11-02-05-30` becomes `name-2026-11-02-05-30-shared`. A name that would
/// be too long loses its middle, since its end tells one day's copy from another's.
#[must_use]
pub fn copy_name(kind: Kind, id: &str) -> String {
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
    let longest = if kind == Kind::DbClusterSnapshot { 63 } else { 255 };
    let id = source_in_tag(id).replace(':', "-");
    let room = longest - SUFFIX.len();
    if id.len() <= room {
        return format!("{id}{SUFFIX}");
    }
    // A tag may claim any text to be the name of a source, so that no byte is taken for a character.
    let (start, date) = id.split_at(id.floor_char_boundary(id.len() - DATE.len()));
    let start = &start[..start.floor_char_boundary(room - date.len())];
    format!("{}{date}{SUFFIX}", start.trim_end_matches('-'))
}

/// The name of a copy's source as the tag of the copy has it: without the prefix of RDS, which RDS refuses in the value of a tag.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Tag.html>
#[must_use]
pub fn source_in_tag(id: &str) -> &str {
    id.strip_prefix(OF_RDS).unwrap_or(id)
}

/// Whether a snapshot that is not Signalbox's copy has the name of one: of a snapshot that RDS or AWS Backup made, and not the tag
/// that names this very snapshot.
#[must_use]
pub fn is_posing_as_copy(kind: Kind, id: &str, tags: &Tags) -> bool {
    let is_ours = || tags.get(COPY_OF).is_some_and(|source| copy_name(kind, source).eq_ignore_ascii_case(id));
    matches!(kind, Kind::DbSnapshot | Kind::DbClusterSnapshot)
        && is_name_of_copy(&id.to_ascii_lowercase())
        && !is_ours()
}

fn is_name_of_copy(id: &str) -> bool {
    let Some(source) = id.strip_suffix(SUFFIX) else { return false };
    let is_like = |(one, like): (u8, u8)| if like == b'-' { one == b'-' } else { one.is_ascii_digit() };
    let end = source.len().checked_sub(DATE.len()).map(|start| &source.as_bytes()[start..]);
    source.starts_with(BACKUP) || end.is_some_and(|end| end.iter().copied().zip(DATE.bytes()).all(is_like))
}

#[cfg(test)]
mod tests {
    use super::{COPY_OF, copy_name, is_posing_as_copy, source_in_tag};
    use crate::{Kind, Tags};

    #[test]
    fn the_name_of_a_copy_is_one_that_rds_takes() {
        assert_eq!(copy_name(Kind::DbSnapshot, "rds:base-2026-11-02-05-30"), "base-2026-11-02-05-30-shared");
        assert_eq!(copy_name(Kind::DbSnapshot, "awsbackup:copyjob-1"), "awsbackup-copyjob-1-shared");
        let copy = copy_name(Kind::DbClusterSnapshot, &format!("rds:{}-x-2026-11-02-05-30", "c".repeat(38)));
        assert_eq!(copy, format!("{}-2026-11-02-05-30-shared", "c".repeat(38)));
        assert!(copy.len() <= 63 && !copy.contains("--"));
    }

    #[test]
    fn a_snapshot_with_the_name_of_a_copy_needs_the_tag_that_names_its_source() {
        let poses = |id: &str, copy_of: Option<&str>| {
            let tags: Tags = copy_of.map(|source| (COPY_OF.into(), source.into())).into_iter().collect();
            let kinds = [Kind::DbSnapshot, Kind::DbClusterSnapshot];
            let [one, other] = kinds.map(|kind| is_posing_as_copy(kind, id, &tags));
            assert_eq!(one, other);
            one
        };
        for id in ["db-2026-11-02-05-30-shared", "Db-2026-11-02-05-30-Shared", "awsbackup-job-1-shared"] {
            assert!(poses(id, None) && poses(id, Some("rds:another-2026-11-02-05-30")) && poses(id, Some("")), "{id}");
        }
        assert!(!poses("db-2026-11-02-05-30-shared", Some("rds:db-2026-11-02-05-30")));
        assert!(!poses("awsbackup-job-1-shared", Some("awsbackup:job-1")));
        for id in
            ["db-shared", "-shared", "db-2026-11-02-05-30", "db-2026-11-0x-05-30-shared", "db-2026-11-02_05-30-shared"]
        {
            assert!(!poses(id, None), "{id}");
        }
        // Only snapshots of databases are copied.
        assert!(!is_posing_as_copy(Kind::Snapshot, "db-2026-11-02-05-30-shared", &Tags::new()));
    }

    #[test]
    fn a_copy_is_known_by_its_source_with_or_without_the_prefix_of_rds() {
        assert_eq!(source_in_tag("rds:db-2026-11-02-05-30"), "db-2026-11-02-05-30");
        assert_eq!(source_in_tag("awsbackup:job-1"), "awsbackup:job-1");
        let tags = Tags::from([(COPY_OF.into(), "db-2026-11-02-05-30".into())]);
        assert!(!is_posing_as_copy(Kind::DbSnapshot, "db-2026-11-02-05-30-shared", &tags));
    }

    #[test]
    fn a_name_of_other_letters_is_looked_at_without_a_panic() {
        assert!(!is_posing_as_copy(Kind::DbSnapshot, "ü-2026-11-02-0ü-30-shared", &Tags::new()));
        let lengths = (0..=256).flat_map(|length| ["ü", "€", "𝄞", "aü"].map(|letter| letter.repeat(length)));
        for source in lengths {
            for kind in [Kind::DbSnapshot, Kind::DbClusterSnapshot] {
                let tags = Tags::from([(COPY_OF.into(), source.clone())]);
                assert!(is_posing_as_copy(kind, "db-2026-11-02-05-30-shared", &tags), "{source}");
            }
        }
    }
}
