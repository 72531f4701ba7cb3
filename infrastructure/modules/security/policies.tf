locals {
  parameters_arn = "${local.arn}:ssm:${local.region}:${local.account_id}:parameter${trimsuffix(var.parameter_path, "/")}"
  function_name  = local.name

  # The log groups of tasks: the name of a service of AWS, then that of project and environment, as a folder.
  log_group_arns = [
    "${local.arn}:logs:${local.region}:${local.account_id}:log-group:/aws/*/${local.name}/*",
    "${local.arn}:logs:${local.region}:${local.account_id}:log-group:/aws/*/${var.project_name}/${var.environment}/*",
  ]

  policies = {
    lambda        = data.aws_iam_policy_document.lambda.json
    ecs-execution = data.aws_iam_policy_document.ecs_execution.json
    ecs-task      = data.aws_iam_policy_document.ecs_task.json
    scheduler     = data.aws_iam_policy_document.scheduler.json
  }
}

# What the application needs in whichever form it runs: its parameters, and the key with which they are encrypted.
data "aws_iam_policy_document" "application" {
  statement {
    sid       = "ReadParameters"
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    resources = [local.parameters_arn, "${local.parameters_arn}/*"]
  }

  statement {
    sid       = "DecryptParametersAndObjects"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com", "ssm.${local.region}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "lambda" {
  source_policy_documents = [data.aws_iam_policy_document.application.json]

  statement {
    sid     = "WriteLogs"
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [
      "${local.arn}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${local.function_name}",
      "${local.arn}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${local.function_name}:*",
    ]
  }

  statement {
    sid       = "ReadReleases"
    actions   = ["s3:GetObject"]
    resources = ["${var.zappa_bucket_arn}/*"]
  }

  # Lambda decrypts the function's environment in the function's name.
  statement {
    sid       = "DecryptItsEnvironment"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["lambda.${local.region}.amazonaws.com"]
    }
  }

  # Lambda makes the function's network interfaces with the function's role; EC2 judges most of these on no resource.
  statement {
    sid = "AttachToTheVpc"
    actions = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]
  }

  # Only Lambda itself needs that. The code of the function must not touch the network.
  statement {
    sid    = "DenyTheFunctionsCodeTheNetwork"
    effect = "Deny"
    actions = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]

    condition {
      test     = "ArnLike"
      variable = "lambda:SourceFunctionArn"
      values   = ["${local.arn}:lambda:${local.region}:${local.account_id}:function:*"]
    }
  }
}

data "aws_iam_policy_document" "ecs_execution" {
  # The log-in to the registry knows no resource.
  statement {
    sid       = "LogInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["${local.arn}:ecr:${local.region}:${local.account_id}:repository/${local.name}-*"]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for arn in local.log_group_arns : "${arn}:log-stream:*"]
  }

  statement {
    sid       = "PassSecretsToContainers"
    actions   = ["ssm:GetParameters"]
    resources = ["${local.parameters_arn}/*"]
  }

  statement {
    sid       = "DecryptSecrets"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ssm.${local.region}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "ecs_task" {
  source_policy_documents = [data.aws_iam_policy_document.application.json]

  statement {
    sid       = "ReadFixtures"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${var.fixtures_bucket_arn}/*"]
  }

  # Without it a missing fixture answers 403 instead of 404.
  statement {
    sid       = "ListFixtures"
    actions   = ["s3:ListBucket"]
    resources = [var.fixtures_bucket_arn]
  }
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "RunTasks"
    actions   = ["ecs:RunTask"]
    resources = ["${local.arn}:ecs:${local.region}:${local.account_id}:task-definition/${local.name}-*:*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [local.tasks_cluster_arn]
    }
  }

  statement {
    sid       = "TagTasks"
    actions   = ["ecs:TagResource"]
    resources = ["${local.arn}:ecs:${local.region}:${local.account_id}:task/${local.name}-tasks-cluster/*"]

    condition {
      test     = "StringEquals"
      variable = "ecs:CreateAction"
      values   = ["RunTask"]
    }
  }

  statement {
    sid       = "PassTaskRoles"
    actions   = ["iam:PassRole"]
    resources = [for role in ["ecs-execution", "ecs-task"] : "${local.arn}:iam::${local.account_id}:role/${local.name}-${role}"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  # Schedules are encrypted with the stack's key.
  statement {
    sid       = "DecryptSchedules"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["scheduler.${local.region}.amazonaws.com"]
    }
  }
}
