//! Ways in which actions together raise the rights of their holder, as data.
//!
//! Sources: pathfinding.cloud (Apache-2.0, `data/paths`, 17 December 2025, and of its paths of 2026 those that are not within another
//! way: the ids are its own; ecs-001 and ecs-002 are within ecs-008, ecs-005 and ecs-007 within ecs-009, batch-003 within own-batch,
//! bedrock-005 within bedrock-003) and cloudsplaining 0.9.1 (MIT, 8 June 2026: the ids that begin with `cs-`). Both were read on 28
//! November 2026. Only the facts are taken: which actions. Ids that begin with `own-` are judged here by the same reasoning, and with
//! fewer actions than a path of pathfinding.cloud where fewer do.

mod judged;
mod passing;

use judged::JUDGED;
use passing::PASSING;

/// An action, on each of these things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    pub(crate) action: &'static str,
    /// Things of which all have to be reached, as ARNs with `*` for what varies; none is anything at all.
    pub(crate) on: &'static [&'static str],
}

/// Services of which every action on everything makes its holder an administrator, with one action each that decides it.
pub(crate) const OF_ADMINISTRATORS: [(&str, &str); 5] = [
    ("iam", "iam:PutRolePolicy"),
    ("sts", "sts:AssumeRole"),
    ("organizations", "organizations:AttachPolicy"),
    ("sso", "sso:AttachManagedPolicyToPermissionSet"),
    ("kms", "kms:PutKeyPolicy"),
];

/// A way to more rights than the policy seems to give.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) id: &'static str,
    /// The service that a role is passed to; empty where none is passed.
    pub(crate) service: &'static str,
    /// Whether it works by the policy alone, and not only where something with more rights is there to be used.
    pub(crate) is_certain: bool,
    pub(crate) needs: &'static [Need],
    /// Whether the way is open also where both actions are on the same few things.
    pub(crate) on_the_same: bool,
}

const USERS: &[&str] = &["arn:*:iam::*:user/*"];
const OWN_USER: &[&str] = &["arn:*:iam::*:user/${aws:username}"];
const GROUPS: &[&str] = &["arn:*:iam::*:group/*"];
const ROLES: &[&str] = &["arn:*:iam::*:role/*"];
const POLICIES: &[&str] = &["arn:*:iam::*:policy/*"];
const FUNCTIONS: &[&str] = &["arn:*:lambda:*:*:function:*"];
const STACKS: &[&str] = &["arn:*:cloudformation:*:*:stack/*"];
const PROJECTS: &[&str] = &["arn:*:codebuild:*:*:project/*"];
const ENDPOINTS: &[&str] = &["arn:*:glue:*:*:devEndpoint/*"];
const RUNNERS: &[&str] = &["arn:*:apprunner:*:*:service/*"];
const NOTEBOOKS: &[&str] = &["arn:*:sagemaker:*:*:notebook-instance/*"];
const INSTANCES: &[&str] = &["arn:*:ec2:*:*:instance/*"];
const TEMPLATES: &[&str] = &["arn:*:ec2:*:*:launch-template/*"];
const TASKS: &[&str] = &["arn:*:ecs:*:*:task/*"];
const INTERPRETERS: &[&str] = &["arn:*:bedrock-agentcore:*:*:code-interpreter-custom/*"];
const COMMANDS: &[&str] = &["arn:*:ec2:*:*:instance/*", "arn:*:ssm:*::document/AWS-RunShellScript"];
const WINDOWS_COMMANDS: &[&str] = &["arn:*:ec2:*:*:instance/*", "arn:*:ssm:*::document/AWS-RunPowerShellScript"];
const REMOTE_COMMANDS: &[&str] = &["arn:*:ec2:*:*:instance/*", "arn:*:ssm:*::document/AWS-RunRemoteScript"];
const PERMISSION_SETS: &[&str] = &["arn:*:sso:::permissionSet/*/*"];
const IDENTITY_GROUPS: &[&str] = &["arn:*:identitystore:::group/*"];
const JOBS: &[&str] = &["arn:*:batch:*:*:job-definition/*"];
const RUNTIMES: &[&str] = &["arn:*:bedrock-agentcore:*:*:runtime/*"];
const BROWSERS: &[&str] = &["arn:*:bedrock-agentcore:*:*:browser-custom/*"];
const DEPLOYMENTS: &[&str] = &["arn:*:codedeploy:*:*:deploymentgroup:*"];
const MACHINES: &[&str] = &["arn:*:states:*:*:stateMachine:*"];
const PROFILES: &[&str] = &["arn:*:sagemaker:*:*:user-profile/*"];
const PROVIDERS: &[&str] = &["arn:*:iam::*:saml-provider/*"];

const fn any(action: &'static str) -> Need {
    Need { action, on: &[] }
}

const fn on(action: &'static str, on: &'static [&'static str]) -> Need {
    Need { action, on }
}

/// By itself.
const fn alone(id: &'static str, needs: &'static [Need]) -> Way {
    Way { id, service: "", is_certain: true, needs, on_the_same: false }
}

/// Where something with more rights is there to be used.
const fn through(id: &'static str, needs: &'static [Need]) -> Way {
    Way { id, service: "", is_certain: false, needs, on_the_same: false }
}

/// Two actions, on everything or on the same few things.
const fn both(id: &'static str, needs: &'static [Need]) -> Way {
    Way { id, service: "", is_certain: true, needs, on_the_same: true }
}

/// Beside `iam:PassRole` on every role.
const fn passing(id: &'static str, service: &'static str, needs: &'static [Need]) -> Way {
    Way { id, service, is_certain: true, needs, on_the_same: false }
}

/// What passing a role to a service needs beside the service's own actions.
pub(crate) const PASS_ROLE: Need = on("iam:PassRole", ROLES);

/// Every way; those of fewer actions come first.
pub(crate) const WAYS: &[&[Way]] = &[IAM, EXISTING, PASSING, JUDGED];

const IAM: &[Way] = &[
    alone("iam-002", &[on("iam:CreateAccessKey", USERS)]),
    alone("iam-004", &[on("iam:CreateLoginProfile", USERS)]),
    alone("iam-006", &[on("iam:UpdateLoginProfile", USERS)]),
    alone("iam-001", &[on("iam:CreatePolicyVersion", POLICIES)]),
    alone("cs-SetExistingDefaultPolicyVersion", &[on("iam:SetDefaultPolicyVersion", POLICIES)]),
    alone("iam-013", &[on("iam:AddUserToGroup", GROUPS)]),
    alone("iam-008", &[on("iam:AttachUserPolicy", OWN_USER)]),
    alone("iam-010", &[on("iam:AttachGroupPolicy", GROUPS)]),
    alone("iam-009", &[on("iam:AttachRolePolicy", ROLES)]),
    alone("iam-007", &[on("iam:PutUserPolicy", OWN_USER)]),
    alone("iam-011", &[on("iam:PutGroupPolicy", GROUPS)]),
    alone("iam-005", &[on("iam:PutRolePolicy", ROLES)]),
    alone("iam-012", &[on("iam:UpdateAssumeRolePolicy", ROLES)]),
    alone("own-user-boundary", &[on("iam:PutUserPermissionsBoundary", OWN_USER)]),
    alone("own-user-boundary-gone", &[on("iam:DeleteUserPermissionsBoundary", OWN_USER)]),
    alone("own-role-boundary", &[on("iam:PutRolePermissionsBoundary", ROLES)]),
    alone("own-role-boundary-gone", &[on("iam:DeleteRolePermissionsBoundary", ROLES)]),
    alone("sts-001", &[on("sts:AssumeRole", ROLES)]),
    both("iam-003", &[on("iam:CreateAccessKey", USERS), on("iam:DeleteAccessKey", USERS)]),
    both("iam-014", &[on("iam:AttachRolePolicy", ROLES), on("sts:AssumeRole", ROLES)]),
    both("iam-015", &[on("iam:AttachUserPolicy", USERS), on("iam:CreateAccessKey", USERS)]),
    alone("iam-016", &[on("iam:CreatePolicyVersion", POLICIES), on("sts:AssumeRole", ROLES)]),
    both("iam-017", &[on("iam:PutRolePolicy", ROLES), on("sts:AssumeRole", ROLES)]),
    both("iam-018", &[on("iam:PutUserPolicy", USERS), on("iam:CreateAccessKey", USERS)]),
    both("iam-019", &[on("iam:AttachRolePolicy", ROLES), on("iam:UpdateAssumeRolePolicy", ROLES)]),
    alone("iam-020", &[on("iam:CreatePolicyVersion", POLICIES), on("iam:UpdateAssumeRolePolicy", ROLES)]),
    both("iam-021", &[on("iam:PutRolePolicy", ROLES), on("iam:UpdateAssumeRolePolicy", ROLES)]),
];

const EXISTING: &[Way] = &[
    through("lambda-003", &[on("lambda:UpdateFunctionCode", FUNCTIONS)]),
    through("lambda-004", &[on("lambda:UpdateFunctionCode", FUNCTIONS), on("lambda:InvokeFunction", FUNCTIONS)]),
    through("lambda-005", &[on("lambda:UpdateFunctionCode", FUNCTIONS), on("lambda:AddPermission", FUNCTIONS)]),
    through("glue-002", &[on("glue:UpdateDevEndpoint", ENDPOINTS)]),
    through("apprunner-002", &[on("apprunner:UpdateService", RUNNERS)]),
    through("cloudformation-002", &[on("cloudformation:UpdateStack", STACKS)]),
    through(
        "cloudformation-005",
        &[on("cloudformation:CreateChangeSet", STACKS), on("cloudformation:ExecuteChangeSet", STACKS)],
    ),
    through("codebuild-002", &[on("codebuild:StartBuild", PROJECTS)]),
    through("codebuild-003", &[on("codebuild:StartBuildBatch", PROJECTS)]),
    through("ssm-001", &[on("ssm:StartSession", INSTANCES)]),
    through("ssm-002", &[on("ssm:SendCommand", COMMANDS)]),
    through("sagemaker-004", &[on("sagemaker:CreatePresignedNotebookInstanceUrl", NOTEBOOKS)]),
    through(
        "sagemaker-005",
        &[
            any("sagemaker:CreateNotebookInstanceLifecycleConfig"),
            on("sagemaker:StopNotebookInstance", NOTEBOOKS),
            on("sagemaker:UpdateNotebookInstance", NOTEBOOKS),
            on("sagemaker:StartNotebookInstance", NOTEBOOKS),
        ],
    ),
    through(
        "ec2-002",
        &[
            on("ec2:ModifyInstanceAttribute", INSTANCES),
            on("ec2:StopInstances", INSTANCES),
            on("ec2:StartInstances", INSTANCES),
        ],
    ),
    through("ec2-004", &[on("ec2:CreateLaunchTemplateVersion", TEMPLATES), on("ec2:ModifyLaunchTemplate", TEMPLATES)]),
    through(
        "ec2instanceconnect-003",
        &[on("ec2-instance-connect:SendSSHPublicKey", INSTANCES), any("ec2:DescribeInstances")],
    ),
    through("cs-ECSExecuteCommandOnRunningTask", &[on("ecs:ExecuteCommand", TASKS), any("ecs:DescribeTasks")]),
    through(
        "bedrock-002",
        &[
            on("bedrock-agentcore:StartCodeInterpreterSession", INTERPRETERS),
            on("bedrock-agentcore:InvokeCodeInterpreter", INTERPRETERS),
        ],
    ),
    through("batch-002", &[on("batch:SubmitJob", JOBS)]),
    through("bedrock-004", &[on("bedrock-agentcore:InvokeAgentRuntimeCommand", RUNTIMES)]),
    through(
        "bedrock-007",
        &[
            on("bedrock-agentcore:StartBrowserSession", BROWSERS),
            any("bedrock-agentcore:ConnectBrowserAutomationStream"),
        ],
    ),
    through(
        "codedeploy-001",
        &[on("codedeploy:CreateDeployment", DEPLOYMENTS), any("codedeploy:RegisterApplicationRevision")],
    ),
];
