# The most that a role of the stack may ever do, whatever policy is written into it. Terraform may write roles' policies;
# without this bound it could write itself a role with every right, and run a function as that role.

data "aws_iam_policy_document" "boundary" {
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.arn}:logs:${local.here}:log-group:*"]
  }

  statement {
    sid     = "ReadParameters"
    actions = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    resources = [
      "${local.arn}:ssm:${local.here}:parameter/${var.project_name}/${var.environment}",
      "${local.arn}:ssm:${local.here}:parameter/${var.project_name}/${var.environment}/*",
    ]
  }

  statement {
    sid       = "ReadObjects"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]
    resources = flatten([for arn in local.own_bucket_arns : [arn, "${arn}/*"]])
  }

  # Lambda decrypts a function's environment with the function's role, and Backup copies an encrypted database with its own.
  statement {
    sid       = "DecryptThroughServices"
    actions   = ["kms:Decrypt"]
    resources = ["${local.arn}:kms:${local.here}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in ["lambda", "s3", "scheduler", "secretsmanager", "ssm"] : "${service}.${local.region}.amazonaws.com"]
    }
  }

  # The log-in to the registry and a function's interfaces know no resource.
  statement {
    sid = "Unscopable"
    actions = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
      "ecr:GetAuthorizationToken",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "PullImages"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["${local.arn}:ecr:${local.here}:repository/${local.name}-*"]
  }

  statement {
    sid     = "RunScheduledTasks"
    actions = ["ecs:RunTask", "ecs:TagResource"]
    resources = [
      "${local.arn}:ecs:${local.here}:task-definition/${local.name}-*",
      "${local.arn}:ecs:${local.here}:task/${local.name}-*",
    ]
  }

  statement {
    sid       = "PassRolesToTasks"
    actions   = ["iam:PassRole"]
    resources = ["${local.arn}:iam::${local.account_id}:role/${local.name}-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  # The function's and tasks' own role is not this one, whose name fits the pattern above.
  statement {
    sid       = "NeverTheDeployingRole"
    effect    = "Deny"
    actions   = ["iam:PassRole", "sts:AssumeRole"]
    resources = ["${local.arn}:iam::${local.account_id}:role/${local.role_name}"]
  }

  # What of AWSBackupServiceRolePolicyForBackup concerns an RDS instance, on this environment's database and vault.
  statement {
    sid = "BackUpTheDatabase"
    actions = [
      "rds:AddTagsToResource",
      "rds:CopyDBSnapshot",
      "rds:CreateDBSnapshot",
      "rds:DeleteDBSnapshot",
      "rds:ListTagsForResource",
      "rds:ModifyDBSnapshotAttribute",
    ]
    resources = [
      "${local.arn}:rds:${local.here}:db:${local.name}-*",
      "${local.arn}:rds:${local.here}:snapshot:awsbackup:*",
      "${local.arn}:rds:${local.here}:snapshot:rds:*",
    ]
  }

  statement {
    sid       = "FindWhatToBackUp"
    actions   = ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "tag:GetResources"]
    resources = ["*"]
  }

  statement {
    sid       = "FillTheBackupVault"
    actions   = ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"]
    resources = ["${local.arn}:backup:${local.here}:backup-vault:${local.name}"]
  }

  statement {
    sid       = "LetBackupsBeEncrypted"
    actions   = ["kms:CreateGrant", "kms:DescribeKey"]
    resources = ["${local.arn}:kms:${local.here}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in ["backup", "rds"] : "${service}.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "BoolIfExists"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }

  statement {
    sid       = "ReadProxyCredentials"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["${local.arn}:secretsmanager:${local.here}:secret:${local.name}-*"]
  }
}

resource "aws_iam_policy" "boundary" {
  name        = local.boundary_name
  description = "The most that a role of ${local.name} may do."
  policy      = data.aws_iam_policy_document.boundary.minified_json

  tags = merge(local.common_tags, { Name = local.boundary_name })
}
