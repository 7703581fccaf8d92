//! Carries steps out. A new version becomes the default only once it is there, so that a run that is broken off between the two leaves
//! the policy as it was; the next run of the same artifact takes the version up.

use jobs::Job;
use reaction::{Error, Settlement};
use sharing::{Change, Effect};
use sharing_records::record_if_any;

use crate::facts::{OWNER, Wanted};
use crate::plan::{How, Put, Step};
use crate::policies::{New, Policies, tag_of};
use crate::{CheckPolicy, NAME};

impl CheckPolicy {
    pub(crate) async fn carry_out(
        &self,
        job: &Job,
        occurrence: &str,
        step: &Step,
        settlement: Option<&Settlement>,
    ) -> Result<(), Error> {
        match step {
            Step::Put(put) => {
                let effect = async {
                    let policies = self.enter(job, &put.wanted.resource).await?;
                    put_document(&policies, put).await?;
                    Ok(Effect { done: put.share.changes.iter().map(Change::difference).collect(), refused: None })
                };
                record_if_any(self.grants.as_ref(), occurrence, &put.share, settlement, effect).await
            }
            Step::Tag { wanted, tags } => {
                let policies = self.enter(job, wanted).await?;
                let tags = tags.iter().map(|(key, value)| tag_of(key, value)).collect::<Result<_, _>>()?;
                policies.tag(&wanted.arn(), tags).await
            }
        }
    }
}

async fn put_document(policies: &Policies, Put { wanted, how, .. }: &Put) -> Result<(), Error> {
    let Wanted { resource, metadata, document, .. } = &**wanted;
    let arn = resource.arn();
    match how {
        How::Create => {
            let own = [(OWNER, NAME)].into_iter();
            let asked = metadata.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let tags = own.chain(asked).map(|(key, value)| tag_of(key, value)).collect::<Result<_, _>>()?;
            let (name, path, description) = (&metadata.name, &metadata.path, &metadata.description);
            policies.create(&arn, &New { name, path, description, document, tags }).await
        }
        How::Renew { room } => {
            if let Some(oldest) = room {
                policies.delete_version(&arn, oldest).await?;
            }
            let version = policies.add_version(&arn, document).await?;
            policies.set_default(&arn, &version).await
        }
        How::Adopt(version) => policies.set_default(&arn, version).await,
        How::Settle => Ok(()),
    }
}
