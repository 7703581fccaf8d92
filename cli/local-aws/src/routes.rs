//! Which server plays which AWS service: the only place that decides it.

/// Secrets Manager, by its name in the credential scope.
pub(crate) const SECRETS_MANAGER: &str = "secretsmanager";

/// `CodePipeline`, by its name in the credential scope.
pub(crate) const CODEPIPELINE: &str = "codepipeline";

/// IAM Access Analyzer, by its name in the credential scope.
pub(crate) const ACCESS_ANALYZER: &str = "access-analyzer";

/// The server that plays a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// Runs functions and rules, and has the real error codes of DynamoDB, Route 53 and S3.
    Ministack,
    /// Has images, snapshots and accounts.
    Moto,
    /// None of both: this process answers, where neither is true enough.
    Ourselves,
}

/// Services that moto plays, by the name in the credential scope; but for secrets, jobs and second opinions, everything else is ministack's.
///
/// KMS stands with EC2 because encrypted snapshots name keys of moto's own KMS; SSM with EC2 because of its
/// public image parameters; STS with Organizations because both know of many accounts. ECR because moto, and not
/// ministack, takes no repository policy that is none. X-Ray because moto alone keeps traces.
const MOTO: [&str; 11] =
    ["ebs", "ec2", "ecr", "elasticmapreduce", "kms", "organizations", "rds", "ssm", "sso", "sts", "xray"];

/// The server for the service named in the credential scope of a request.
pub(crate) fn server_of(service: &str) -> Server {
    match service {
        SECRETS_MANAGER | CODEPIPELINE | ACCESS_ANALYZER => Server::Ourselves,
        _ if MOTO.contains(&service) => Server::Moto,
        _ => Server::Ministack,
    }
}

#[cfg(test)]
mod tests {
    use super::{Server, server_of};

    #[test]
    fn images_and_their_keys_are_motos_secrets_are_ours_and_the_unknown_is_ministacks() {
        assert_eq!(server_of("ec2"), Server::Moto);
        assert_eq!(server_of("kms"), Server::Moto);
        assert_eq!(server_of("secretsmanager"), Server::Ourselves);
        assert_eq!(server_of("codepipeline"), Server::Ourselves);
        assert_eq!(server_of("access-analyzer"), Server::Ourselves);
        for service in ["s3", "dynamodb", "lambda", "events", "route53", "states", "sns", "something-new"] {
            assert_eq!(server_of(service), Server::Ministack, "{service}");
        }
    }
}
