//! What a schedule sends to a function that also sweeps: `{"signalbox": "sweep", "force": null}`.

use reaction::{Doing, Error};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A sweep that is due.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep<F> {
    signalbox: String,
    /// What an operator looked at and admits, which the sweep would refuse by itself.
    #[serde(default = "Option::default")]
    pub force: Option<F>,
}

impl<F: DeserializeOwned> Sweep<F> {
    /// Reads the payload; `None` where it does not speak of Signalbox. `expected` shows what a payload looks like.
    ///
    /// # Errors
    /// `Refused` where it does, and is no sweep.
    pub fn of(payload: &Value, expected: &str) -> Result<Option<Self>, Error> {
        if payload.get("signalbox").is_none() {
            return Ok(None);
        }
        let unlike = || format!("the payload is not like {expected}");
        let sweep: Self = serde_json::from_value(payload.clone()).map_err(Error::refused).doing(unlike)?;
        if sweep.signalbox == "sweep" { Ok(Some(sweep)) } else { Err(Error::refused(unlike())) }
    }
}
