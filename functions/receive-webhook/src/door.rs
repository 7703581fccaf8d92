//! Who may enter. A request to a path that no hook has is treated as one to a hook whose secret no one knows: the same reads, the same
//! comparisons and the same answer.

use std::collections::BTreeMap;

use mirror::Forge;
use place::shortened;
use reaction::{Admission, Error, Rejection, Request};

use crate::delivery::Admitted;
use crate::hook::{Hook, Hooks, Proof};
use crate::proof::verify;
use crate::secrets::{Known, Secrets};

/// Whether the request may enter. A request that is rejected has the secrets read anew, at most once a minute: the operator may have
/// changed one a moment ago.
pub(crate) async fn admit(hooks: &Hooks, secrets: &Secrets, request: &Request) -> Result<Admission<Admitted>, Error> {
    let known = secrets.current().await;
    let mut judged = judge(hooks, &known, request, secrets);
    if judged.is_err()
        && let Some(known) = secrets.again().await
    {
        judged = judge(hooks, &known, request, secrets);
    }
    match judged {
        Ok(forge) => Admitted::of(forge, request).map(Admission::Admitted),
        // Whichever path was asked for, so that an outage does not tell which paths there are.
        Err(rejection) => match secrets.unread().await {
            Some(why) => Err(Error::failed(why)),
            None => Ok(Admission::Rejected(rejection)),
        },
    }
}

fn judge(hooks: &Hooks, known: &Known, request: &Request, secrets: &Secrets) -> Result<Forge, Rejection> {
    let nowhere = nowhere();
    let found = hooks.by_path.get(&request.path);
    let (hook, keys) = (found.unwrap_or(&nowhere), known.keys(&request.path));
    let verified = verify(hook, keys.unwrap_or(&known.nothing), request, secrets.now());
    let said = || shortened(&format!("{} {}", request.method, request.path), 100);
    let rejected = |why: String| Rejection { why, said: said() };
    match (found, keys, verified) {
        (None, ..) => Err(rejected("no hook has its path".into())),
        (_, None, _) => Err(rejected(format!("the secret of {} is not known", request.path))),
        (_, _, Err(why)) => Err(rejected(format!("{}: {why}", request.path))),
        (Some(hook), Some(_), Ok(())) => Ok(hook.forge),
    }
}

/// A hook that is not there.
fn nowhere() -> Hook {
    Hook {
        forge: Forge::Github,
        secret: String::new(),
        proofs: [Proof::Signature].into(),
        sources: Vec::new(),
        repositories: BTreeMap::new(),
        branches: [].into(),
    }
}
