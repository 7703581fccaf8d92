//! Which secrets a function can rotate at all, by what Secrets Manager says of them: not a replica, and not one that AWS rotates by
//! itself.

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use rotation::SecretArn;

/// Why a secret is none that a function rotates, and where to go instead.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
pub(crate) fn obstacle(secret: &SecretArn, described: &DescribeSecretOutput) -> Option<String> {
    if described.deleted_date.is_some() {
        return Some("the secret is to be deleted; restore it, or take its rotation away".into());
    }
    if let Some(region) = described.primary_region.as_deref().filter(|it| *it != secret.region.as_str()) {
        let SecretArn { partition, account, name, .. } = secret;
        return Some(format!(
            "the secret is a replica of arn:{partition}:secretsmanager:{region}:{account}:secret:{name}: Secrets Manager rotates that \
             one and copies its value; give that one to a stack in {region}, and take the replica out of SecretArns"
        ));
    }
    let is_external = !described.external_secret_rotation_metadata().is_empty()
        || described.external_secret_rotation_role_arn.is_some()
        || described.r#type.is_some();
    if is_external {
        let partner = described.r#type.as_deref().unwrap_or("a partner of AWS");
        return Some(format!(
            "the secret is a managed external secret of {partner}: Secrets Manager rotates it there without a function; take it out of \
             SecretArns"
        ));
    }
    let owner = described.owning_service.as_deref()?;
    Some(format!("the secret is managed by {owner}, which rotates it by itself; take it out of SecretArns"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
    use aws_sdk_secretsmanager::operation::describe_secret::builders::DescribeSecretOutputBuilder;
    use aws_sdk_secretsmanager::types::ExternalSecretRotationMetadataItem;
    use expect_test::expect;

    fn obstacle(described: impl Fn(DescribeSecretOutputBuilder) -> DescribeSecretOutputBuilder) -> String {
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf".parse().unwrap();
        super::obstacle(&secret, &described(DescribeSecretOutput::builder()).build()).unwrap_or_default() + "\n"
    }

    #[test]
    fn what_aws_rotates_or_copies_by_itself_is_refused_and_it_is_said_where_to_go() {
        let item = || ExternalSecretRotationMetadataItem::builder().key("orgId").value("1").build();
        let role = "arn:aws:iam::111122223333:role/r";
        let told = [
            obstacle(|it| it),
            obstacle(|it| it.primary_region("eu-west-1")),
            obstacle(|it| it.primary_region("us-east-1")),
            obstacle(|it| it.r#type("SalesforceClientSecret")),
            obstacle(|it| it.external_secret_rotation_metadata(item())),
            obstacle(|it| it.external_secret_rotation_role_arn(role)),
            obstacle(|it| it.owning_service("rds")),
        ];
        expect![[r#"


            the secret is a replica of arn:aws:secretsmanager:us-east-1:111122223333:secret:app-AbCdEf: Secrets Manager rotates that one and copies its value; give that one to a stack in us-east-1, and take the replica out of SecretArns
            the secret is a managed external secret of SalesforceClientSecret: Secrets Manager rotates it there without a function; take it out of SecretArns
            the secret is a managed external secret of a partner of AWS: Secrets Manager rotates it there without a function; take it out of SecretArns
            the secret is a managed external secret of a partner of AWS: Secrets Manager rotates it there without a function; take it out of SecretArns
            the secret is managed by rds, which rotates it by itself; take it out of SecretArns
        "#]].assert_eq(&told.concat());
    }
}
