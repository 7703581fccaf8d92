//! Ways in which actions together raise the rights of their holder, as data.
//!
//! Sources: pathfinding.cloud (Apache-2.0, `data/paths`, 17 December 2025: the ids are its own; ecs-001 and ecs-002 are within ecs-003
//! and ecs-004) and cloudsplaining 0.9.1 (MIT, 8 June 2026: the ids that begin with `cs-`). Both were read on 28 November 2026. Only
//! the facts are taken: which actions. Ids that begin with `own-` are judged here by the same reasoning: the services that
//! pathfinding.cloud's index names since, and the ones that reach the same end.

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
];

const PASSING: &[Way] = &[
    passing("apprunner-001", "tasks.apprunner.amazonaws.com", &[any("apprunner:CreateService")]),
    passing(
        "bedrock-001",
        "bedrock-agentcore.amazonaws.com",
        &[
            any("bedrock-agentcore:CreateCodeInterpreter"),
            any("bedrock-agentcore:StartCodeInterpreterSession"),
            any("bedrock-agentcore:InvokeCodeInterpreter"),
        ],
    ),
    passing("cloudformation-001", "cloudformation.amazonaws.com", &[any("cloudformation:CreateStack")]),
    passing(
        "cloudformation-003",
        "cloudformation.amazonaws.com",
        &[any("cloudformation:CreateStackSet"), any("cloudformation:CreateStackInstances")],
    ),
    passing("cloudformation-004", "cloudformation.amazonaws.com", &[any("cloudformation:UpdateStackSet")]),
    passing("codebuild-001", "codebuild.amazonaws.com", &[any("codebuild:CreateProject"), any("codebuild:StartBuild")]),
    passing(
        "codebuild-004",
        "codebuild.amazonaws.com",
        &[any("codebuild:CreateProject"), any("codebuild:StartBuildBatch")],
    ),
    passing(
        "datapipeline-001",
        "datapipeline.amazonaws.com",
        &[
            any("datapipeline:CreatePipeline"),
            any("datapipeline:PutPipelineDefinition"),
            any("datapipeline:ActivatePipeline"),
        ],
    ),
    passing("ec2-001", "ec2.amazonaws.com", &[any("ec2:RunInstances")]),
    passing("ec2-003", "ec2.amazonaws.com", &[any("ec2:RequestSpotInstances")]),
    passing("ecs-003", "ecs-tasks.amazonaws.com", &[any("ecs:RegisterTaskDefinition"), any("ecs:CreateService")]),
    passing("ecs-004", "ecs-tasks.amazonaws.com", &[any("ecs:RegisterTaskDefinition"), any("ecs:RunTask")]),
    passing("ecs-005", "ecs-tasks.amazonaws.com", &[any("ecs:RegisterTaskDefinition"), any("ecs:StartTask")]),
    passing("glue-001", "glue.amazonaws.com", &[any("glue:CreateDevEndpoint")]),
    passing("glue-003", "glue.amazonaws.com", &[any("glue:CreateJob"), any("glue:StartJobRun")]),
    passing("glue-004", "glue.amazonaws.com", &[any("glue:CreateJob"), any("glue:CreateTrigger")]),
    passing("glue-005", "glue.amazonaws.com", &[any("glue:UpdateJob"), any("glue:StartJobRun")]),
    passing("glue-006", "glue.amazonaws.com", &[any("glue:UpdateJob"), any("glue:CreateTrigger")]),
    passing("lambda-001", "lambda.amazonaws.com", &[any("lambda:CreateFunction"), any("lambda:InvokeFunction")]),
    passing(
        "lambda-002",
        "lambda.amazonaws.com",
        &[any("lambda:CreateFunction"), any("lambda:CreateEventSourceMapping")],
    ),
    passing("lambda-006", "lambda.amazonaws.com", &[any("lambda:CreateFunction"), any("lambda:AddPermission")]),
    passing("sagemaker-001", "sagemaker.amazonaws.com", &[any("sagemaker:CreateNotebookInstance")]),
    passing("sagemaker-002", "sagemaker.amazonaws.com", &[any("sagemaker:CreateTrainingJob")]),
    passing("sagemaker-003", "sagemaker.amazonaws.com", &[any("sagemaker:CreateProcessingJob")]),
];

const JUDGED: &[Way] = &[
    alone("own-saml-provider", &[on("iam:UpdateSAMLProvider", PROVIDERS)]),
    alone("own-identity-group", &[on("identitystore:CreateGroupMembership", IDENTITY_GROUPS)]),
    both("own-new-role", &[on("iam:CreateRole", ROLES), on("iam:PutRolePolicy", ROLES)]),
    both("own-new-role-attached", &[on("iam:CreateRole", ROLES), on("iam:AttachRolePolicy", ROLES)]),
    both("own-passed-role", &[on("iam:PassRole", ROLES), on("iam:PutRolePolicy", ROLES)]),
    both("own-passed-role-attached", &[on("iam:PassRole", ROLES), on("iam:AttachRolePolicy", ROLES)]),
    through("own-windows-commands", &[on("ssm:SendCommand", WINDOWS_COMMANDS)]),
    through("own-remote-commands", &[on("ssm:SendCommand", REMOTE_COMMANDS)]),
    through("own-association", &[on("ssm:CreateAssociation", COMMANDS)]),
    through("own-serial-console", &[on("ec2-instance-connect:SendSerialConsoleSSHPublicKey", INSTANCES)]),
    alone("own-permission-set-inline", &[on("sso:PutInlinePolicyToPermissionSet", PERMISSION_SETS)]),
    alone("own-permission-set-managed", &[on("sso:AttachManagedPolicyToPermissionSet", PERMISSION_SETS)]),
    alone("own-permission-set-assigned", &[on("sso:CreateAccountAssignment", PERMISSION_SETS)]),
    passing("own-batch", "ecs-tasks.amazonaws.com", &[any("batch:RegisterJobDefinition"), any("batch:SubmitJob")]),
    passing("own-braket", "braket.amazonaws.com", &[any("braket:CreateJob")]),
    passing(
        "own-codedeploy",
        "codedeploy.amazonaws.com",
        &[any("codedeploy:CreateDeploymentGroup"), any("codedeploy:CreateDeployment")],
    ),
    passing("own-emr", "ec2.amazonaws.com", &[any("elasticmapreduce:RunJobFlow")]),
    passing("own-emr-serverless", "emr-serverless.amazonaws.com", &[any("emr-serverless:StartJobRun")]),
    passing("own-gamelift", "gamelift.amazonaws.com", &[any("gamelift:CreateFleet")]),
    passing(
        "own-image-builder",
        "ec2.amazonaws.com",
        &[any("imagebuilder:CreateInfrastructureConfiguration"), any("imagebuilder:CreateImage")],
    ),
    passing("own-omics", "omics.amazonaws.com", &[any("omics:StartRun")]),
    passing(
        "own-kinesisanalytics",
        "kinesisanalytics.amazonaws.com",
        &[any("kinesisanalytics:CreateApplication"), any("kinesisanalytics:StartApplication")],
    ),
    passing("own-cognito", "cognito-identity.amazonaws.com", &[any("cognito-identity:SetIdentityPoolRoles")]),
    passing("own-glue-session", "glue.amazonaws.com", &[any("glue:CreateSession"), any("glue:RunStatement")]),
    passing(
        "own-agent-runtime",
        "bedrock-agentcore.amazonaws.com",
        &[any("bedrock-agentcore:CreateAgentRuntime"), any("bedrock-agentcore:InvokeAgentRuntime")],
    ),
    passing("own-instance-profile", "ec2.amazonaws.com", &[any("ec2:AssociateIamInstanceProfile")]),
    passing("own-instance-profile-replaced", "ec2.amazonaws.com", &[any("ec2:ReplaceIamInstanceProfileAssociation")]),
    passing("own-automation", "ssm.amazonaws.com", &[any("ssm:StartAutomationExecution")]),
    passing(
        "own-state-machine",
        "states.amazonaws.com",
        &[any("states:CreateStateMachine"), any("states:StartExecution")],
    ),
    passing("own-scheduler", "scheduler.amazonaws.com", &[any("scheduler:CreateSchedule")]),
    passing("own-codepipeline", "codepipeline.amazonaws.com", &[any("codepipeline:CreatePipeline")]),
    passing(
        "own-launch-template",
        "ec2.amazonaws.com",
        &[any("ec2:CreateLaunchTemplateVersion"), any("ec2:ModifyLaunchTemplate")],
    ),
    passing("own-stack-update", "cloudformation.amazonaws.com", &[any("cloudformation:UpdateStack")]),
    passing(
        "own-change-set",
        "cloudformation.amazonaws.com",
        &[any("cloudformation:CreateChangeSet"), any("cloudformation:ExecuteChangeSet")],
    ),
    passing(
        "own-function-role",
        "lambda.amazonaws.com",
        &[any("lambda:UpdateFunctionConfiguration"), any("lambda:UpdateFunctionCode")],
    ),
    passing(
        "own-ecs-service",
        "ecs-tasks.amazonaws.com",
        &[any("ecs:RegisterTaskDefinition"), any("ecs:UpdateService")],
    ),
    passing("own-fleet", "ec2.amazonaws.com", &[any("ec2:CreateLaunchTemplate"), any("ec2:CreateFleet")]),
    passing("own-spot-fleet", "ec2.amazonaws.com", &[any("ec2:RequestSpotFleet")]),
    passing(
        "own-launch-configuration",
        "ec2.amazonaws.com",
        &[any("autoscaling:CreateLaunchConfiguration"), any("autoscaling:CreateAutoScalingGroup")],
    ),
    passing(
        "own-model",
        "sagemaker.amazonaws.com",
        &[any("sagemaker:CreateModel"), any("sagemaker:CreateTransformJob")],
    ),
    passing(
        "own-endpoint",
        "sagemaker.amazonaws.com",
        &[any("sagemaker:CreateModel"), any("sagemaker:CreateEndpoint")],
    ),
    passing(
        "own-sagemaker-pipeline",
        "sagemaker.amazonaws.com",
        &[any("sagemaker:CreatePipeline"), any("sagemaker:StartPipelineExecution")],
    ),
    passing("own-airflow", "airflow.amazonaws.com", &[any("airflow:CreateEnvironment")]),
    passing(
        "own-roles-anywhere",
        "rolesanywhere.amazonaws.com",
        &[any("rolesanywhere:CreateTrustAnchor"), any("rolesanywhere:CreateProfile")],
    ),
];
