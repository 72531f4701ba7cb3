# The stack's own roles and its key.

locals {
  # Roles that services assume, and the services to which this role may hand one over.
  role_users = [
    "backup.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "lambda.amazonaws.com",
    "rds.amazonaws.com",
    "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
  ]

  # A new account lacks the roles that these services keep for themselves; whoever first uses the service makes them.
  service_linked_roles = [
    "backup.amazonaws.com",
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticache.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
    "wafv2.amazonaws.com",
  ]

  # Services that use the stack's key with this role's rights.
  key_users = [
    "backup", "ecr", "elasticache", "lambda", "rds", "s3", "scheduler", "secretsmanager", "ssm",
  ]
}

data "aws_iam_policy_document" "identity" {
  statement {
    sid = "Roles"
    actions = [
      "iam:CreateRole",
      "iam:DeleteRole",
      "iam:DeleteRolePolicy",
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole",
      "iam:ListRolePolicies",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = ["${local.arn}:iam::${local.account_id}:role/${local.name}-*"]
  }

  # A policy is written into a role only where the boundary holds, so that no role gets more than that.
  statement {
    sid       = "WriteBoundPolicies"
    actions   = ["iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = ["${local.arn}:iam::${local.account_id}:role/${local.name}-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = ["${local.arn}:iam::${local.account_id}:policy/${local.boundary_name}"]
    }
  }

  # The one policy of AWS's own that a role of the stack takes: AWS Backup's, which is optional.
  statement {
    sid       = "AttachBackupPolicy"
    actions   = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
    resources = ["${local.arn}:iam::${local.account_id}:role/${local.name}-backup"]

    condition {
      test     = "ArnEquals"
      variable = "iam:PolicyARN"
      values   = ["${local.arn}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"]
    }

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = ["${local.arn}:iam::${local.account_id}:policy/${local.boundary_name}"]
    }
  }

  # The name of this role fits the pattern above, and so does that of an environment such as "staging-eu".
  statement {
    sid    = "DenyChangesToTheseRoles"
    effect = "Deny"
    actions = [
      "iam:Attach*",
      "iam:Delete*",
      "iam:Detach*",
      "iam:PassRole",
      "iam:Put*",
      "iam:Tag*",
      "iam:Untag*",
      "iam:Update*",
    ]
    resources = ["${local.arn}:iam::${local.account_id}:role/${var.project_name}-*-terraform"]
  }

  statement {
    sid       = "PassRoles"
    actions   = ["iam:PassRole"]
    resources = ["${local.arn}:iam::${local.account_id}:role/${local.name}-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = local.role_users
    }
  }

  statement {
    sid       = "ServiceLinkedRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = [for service in local.service_linked_roles : "${local.arn}:iam::${local.account_id}:role/aws-service-role/${service}/*"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = local.service_linked_roles
    }
  }

  statement {
    sid       = "MakeKeys"
    actions   = ["kms:CreateKey", "kms:ListAliases"]
    resources = ["*"]
  }

  statement {
    sid     = "NameKeys"
    actions = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
    resources = [
      "${local.arn}:kms:${local.here}:alias/${local.name}",
      "${local.arn}:kms:${local.here}:key/*",
    ]
  }

  # KMS may take five minutes to heed the tags of a new key, and these come at once: no tags will do, others' will not.
  statement {
    sid = "SetKeysUp"
    actions = [
      "kms:DescribeKey",
      "kms:EnableKeyRotation",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListResourceTags",
      "kms:TagResource",
    ]
    resources = ["${local.arn}:kms:${local.here}:key/*"]

    dynamic "condition" {
      for_each = local.own_tags

      content {
        test     = "StringEqualsIfExists"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "ChangeOwnKeys"
    actions = [
      "kms:CancelKeyDeletion",
      "kms:DisableKeyRotation",
      "kms:EnableKey",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:UntagResource",
      "kms:UpdateKeyDescription",
    ]
    resources = ["${local.arn}:kms:${local.here}:key/*"]

    dynamic "condition" {
      for_each = local.own_tags

      content {
        test     = "StringEquals"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }

  statement {
    sid       = "UseKeysThroughServices"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["${local.arn}:kms:${local.here}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in local.key_users : "${service}.${local.region}.amazonaws.com"]
    }

    # Never the keys of Terraform's states: this environment's is granted with the bucket, the others not at all.
    condition {
      test     = "StringNotLikeIfExists"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = ["${local.arn}:s3:::${var.project_name}-state-*"]
    }
  }

  # Database, cache, registry and functions keep using the key after the call that made them.
  statement {
    sid       = "GrantKeysToServices"
    actions   = ["kms:CreateGrant", "kms:RetireGrant"]
    resources = ["${local.arn}:kms:${local.here}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in local.key_users : "${service}.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }
}
