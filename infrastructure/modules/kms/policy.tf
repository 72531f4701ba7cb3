# Services that act with a caller's rights (RDS, ElastiCache, SSM, ECR, S3 objects, EventBridge Scheduler) need no
# statement here: the first statement lets IAM policies decide, and the roles' policies name this key. Only services
# that come with an identity of their own are listed.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id
  arn_prefix = "arn:${local.partition}"

  # The root bootstrap makes it.
  deploying_role_arn = "${local.arn_prefix}:iam::${local.account_id}:role/${local.name}-terraform"
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "LetIamPoliciesDecide"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["${local.arn_prefix}:iam::${local.account_id}:root"]
    }
  }

  # KMS makes a key only for who may change its policy later. The deploying role's own policy lets it change tagged keys,
  # and a key that is being made has no tags yet.
  statement {
    sid       = "WhoMakesTheKeyMayChangeThisPolicy"
    actions   = ["kms:PutKeyPolicy"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.deploying_role_arn]
    }
  }

  # CloudWatch Logs passes the log group as encryption context; without the condition, any account's logs could use the key.
  statement {
    sid = "CloudWatchLogs"
    actions = [
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey*",
      "kms:ReEncrypt*",
    ]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["${local.arn_prefix}:logs:${local.region}:${local.account_id}:log-group:*"]
    }
  }

  statement {
    sid       = "CloudTrailEncrypts"
    actions   = ["kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = ["${local.arn_prefix}:cloudtrail:${local.region}:${local.account_id}:trail/${local.name}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:cloudtrail:arn"
      values   = ["${local.arn_prefix}:cloudtrail:*:${local.account_id}:trail/*"]
    }
  }

  # DescribeKey carries no encryption context, hence a statement of its own.
  statement {
    sid       = "CloudTrailDescribes"
    actions   = ["kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = ["${local.arn_prefix}:cloudtrail:${local.region}:${local.account_id}:trail/${local.name}"]
    }
  }

  # Alarms and budget notices reach an encrypted SNS topic only if their sender may use the topic's key.
  statement {
    sid       = "PublishersToSns"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}
