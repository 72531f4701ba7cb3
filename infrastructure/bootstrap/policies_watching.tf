# Alarms, budget and the second copy of the database: optional features.

data "aws_iam_policy_document" "watching" {
  # These know no resource: a subscription's ARN is known to SNS alone, and the capsule is where AWS Backup keeps copies.
  statement {
    sid       = "Unscopable"
    actions   = ["backup-storage:MountCapsule", "sns:GetSubscriptionAttributes", "sns:Unsubscribe"]
    resources = ["*"]
  }

  statement {
    sid = "Notices"
    actions = [
      "sns:CreateTopic",
      "sns:DeleteTopic",
      "sns:GetTopicAttributes",
      "sns:ListTagsForResource",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sns:UntagResource",
    ]
    resources = ["${local.arn}:sns:${local.here}:${local.name}-*"]
  }

  statement {
    sid = "Alarms"
    actions = [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:ListTagsForResource",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
    ]
    resources = ["${local.arn}:cloudwatch:${local.here}:alarm:${local.name}-*"]
  }

  statement {
    sid = "Budget"
    actions = [
      "budgets:ListTagsForResource",
      "budgets:ModifyBudget",
      "budgets:TagResource",
      "budgets:UntagResource",
      "budgets:ViewBudget",
    ]
    resources = ["${local.arn}:budgets::${local.account_id}:budget/${local.name}-*"]
  }

  statement {
    sid = "BackupVault"
    actions = [
      "backup:CreateBackupVault",
      "backup:DeleteBackupVault",
      "backup:DescribeBackupVault",
      "backup:ListRecoveryPointsByBackupVault",
      "backup:ListTags",
      "backup:TagResource",
      "backup:UntagResource",
    ]
    resources = ["${local.arn}:backup:${local.here}:backup-vault:${local.name}"]
  }

  # AWS gives a plan its id; nothing but the account's own plans is in reach, and a plan holds no data.
  statement {
    sid = "BackupPlan"
    actions = [
      "backup:CreateBackupPlan",
      "backup:CreateBackupSelection",
      "backup:GetBackupPlan",
      "backup:GetBackupSelection",
      "backup:ListTags",
      "backup:TagResource",
    ]
    resources = ["${local.arn}:backup:${local.here}:backup-plan:*"]

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
    sid = "ChangeOwnBackups"
    actions = [
      "backup:DeleteBackupPlan",
      "backup:DeleteBackupSelection",
      "backup:DeleteRecoveryPoint",
      "backup:UntagResource",
      "backup:UpdateBackupPlan",
    ]
    resources = [
      "${local.arn}:backup:${local.here}:backup-plan:*",
      "${local.arn}:rds:${local.here}:snapshot:awsbackup:*",
    ]

    dynamic "condition" {
      for_each = local.own_tags

      content {
        test     = "StringEquals"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }
}
