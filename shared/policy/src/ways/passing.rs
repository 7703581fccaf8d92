//! Ways by passing a role to a service that runs what it is given, as the sources have them.

use super::{Way, any, passing};

pub(super) const PASSING: &[Way] = &[
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
    passing(
        "bedrock-003",
        "bedrock-agentcore.amazonaws.com",
        &[any("bedrock-agentcore:CreateAgentRuntime"), any("bedrock-agentcore:InvokeAgentRuntimeCommand")],
    ),
    passing(
        "bedrock-006",
        "bedrock-agentcore.amazonaws.com",
        &[
            any("bedrock-agentcore:CreateBrowser"),
            any("bedrock-agentcore:StartBrowserSession"),
            any("bedrock-agentcore:ConnectBrowserAutomationStream"),
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
    passing(
        "ec2-005",
        "ec2.amazonaws.com",
        &[any("ec2:CreateLaunchTemplate"), any("autoscaling:CreateAutoScalingGroup")],
    ),
    passing("ecs-003", "ecs-tasks.amazonaws.com", &[any("ecs:RegisterTaskDefinition"), any("ecs:CreateService")]),
    passing("ecs-004", "ecs-tasks.amazonaws.com", &[any("ecs:RegisterTaskDefinition"), any("ecs:RunTask")]),
    passing("ecs-005", "ecs-tasks.amazonaws.com", &[any("ecs:RegisterTaskDefinition"), any("ecs:StartTask")]),
    // A task that is run may be given another role and another command than its definition has.
    passing("ecs-008", "ecs-tasks.amazonaws.com", &[any("ecs:RunTask")]),
    passing("ecs-009", "ecs-tasks.amazonaws.com", &[any("ecs:StartTask")]),
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
