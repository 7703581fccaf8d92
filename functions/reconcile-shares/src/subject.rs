//! What invokes the sweep: a changed manifest, a schedule, or a manifest as the payload.

use events::manifest::{ObjectCreated, ParameterStoreChange};
use events::{Detail, Envelope, Origin};
use reaction::{Doing, Error, Key};
use serde_json::Value;
use serde_json::value::RawValue;
use sharing::{Kind, Manifest};
use sharing_sweep::Subject;

/// Reads an event; `None` where it is not ours.
pub(crate) fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
    let value: Value = serde_json::from_str(event.get()).map_err(Error::refused)?;
    if let Some(events::Sweep { force, .. }) = events::Sweep::of(&value, "{\"signalbox\": \"sweep\", \"force\": null}")?
    {
        return Ok(Some(Subject::Sweep { force }));
    }
    if value.get("detail-type").is_some() {
        let envelope: Envelope = serde_json::from_value(value).map_err(Error::refused)?;
        return changed(&envelope);
    }
    if !Kind::ALL.iter().any(|kind| value.get(kind.section()).is_some()) {
        return Err(Error::refused(
            "neither an event, nor {\"signalbox\": \"sweep\", \"force\": null}, nor a share manifest with a section that is known",
        ));
    }
    let manifest = Manifest::parse(event.get());
    let manifest = manifest.map_err(Error::refused).doing(|| "the payload, read as a share manifest")?;
    Ok(Some(Subject::Payload(Box::new(manifest))))
}

fn changed(event: &Envelope) -> Result<Option<Subject>, Error> {
    let (location, occurrence) = if let Some(detail) = ObjectCreated::of(event)? {
        let location = format!("s3://{}/{}", detail.bucket.name, detail.object.key);
        (location, detail.object.version_id.or(detail.object.sequencer))
    } else if let Some(detail) = ParameterStoreChange::of(event)? {
        if !["Create", "Update"].contains(&detail.operation.as_str()) {
            return Ok(None);
        }
        (format!("ssm:{}", detail.name), event.id.clone())
    } else {
        return Ok(None);
    };
    let Origin { account, region, replay, .. } = Origin::of(event)?;
    let occurrence = occurrence.unwrap_or_default();
    if location.len() + occurrence.len() > LONGEST {
        return Err(Error::refused(format!("bucket, key and version are longer than {LONGEST} bytes")));
    }
    let parts = [account.as_str(), region.as_str(), &location, &occurrence];
    Ok(Some(Subject::Changed { key: Key::new(parts.into_iter().chain(replay.as_deref())), location }))
}

/// The ledger's key holds them; DynamoDB takes 2,048 bytes.
const LONGEST: usize = 1_600;
