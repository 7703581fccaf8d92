//! Replicas of a secret in other regions.

use serde_json::json;

use super::{Outcome, Request, Vault, find};

/// `ReplicateSecretToRegions`: the same secret under the same name in each region. What is written to the primary later does not
/// arrive there, since nothing here reads it.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html>
pub(super) fn replicate(vault: &Vault, request: &Request<'_>) -> Outcome {
    let (id, home) = (request.required("SecretId")?, &request.call.region);
    let wanted = request.members["AddReplicaRegions"].as_array().into_iter().flatten();
    let regions: Vec<_> = wanted.filter_map(|it| it["Region"].as_str()).collect();
    let primary = vault.at(request, Some(id), |secrets| {
        let secret = find(secrets, id)?;
        secret.primary = Some(home.clone());
        secret.replicas.extend(regions.iter().map(ToString::to_string));
        Ok(secret.clone())
    })?;
    for region in regions {
        let mut replica = primary.clone();
        replica.arn = primary.arn.replacen(&format!(":{home}:"), &format!(":{region}:"), 1);
        replica.replicas.clear();
        vault.at_region(request, Some(id), region, |secrets| {
            secrets.insert(replica.name.clone(), replica);
            Ok(())
        })?;
    }
    let status: Vec<_> = primary.replicas.iter().map(|it| json!({"Region": it, "Status": "InSync"})).collect();
    Ok(json!({"ARN": primary.arn, "ReplicationStatus": status}))
}
