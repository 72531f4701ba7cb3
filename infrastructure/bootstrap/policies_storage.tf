# Buckets, the environment's state among them.

locals {
  state_bucket_arn = "${local.arn}:s3:::${var.project_name}-state-${var.environment}-${local.suffix}"

  own_bucket_arns = [
    "${local.arn}:s3:::${local.name}-*-${local.suffix}",
    "${local.arn}:s3:::${var.project_name}-fixtures-${local.suffix}",
  ]
}

data "aws_iam_policy_document" "storage" {
  statement {
    sid = "Buckets"
    actions = [
      "s3:CreateBucket",
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:Get*Configuration",
      "s3:GetBucket*",
      "s3:ListBucket",
      "s3:ListBucketVersions",
      "s3:ListTagsForResource",
      "s3:PutBucketLogging",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketTagging",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:TagResource",
      "s3:UntagResource",
    ]
    resources = local.own_bucket_arns
  }

  # DeleteObjectVersion: a versioned bucket is not empty before its old versions are gone.
  statement {
    sid = "Objects"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:GetObject",
      "s3:GetObjectTagging",
      "s3:GetObjectVersion",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
      "s3:PutObjectTagging",
    ]
    resources = [for arn in local.own_bucket_arns : "${arn}/*"]
  }

  statement {
    sid       = "FindState"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket"]
    resources = [local.state_bucket_arn]
  }

  statement {
    sid       = "ReadAndWriteState"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.state_bucket_arn}/terraform.tfstate", "${local.state_bucket_arn}/terraform.tfstate.tflock"]
  }

  statement {
    sid       = "ReleaseTheLock"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.state_bucket_arn}/terraform.tfstate.tflock"]
  }

  # The state's key is known by what it encrypts: S3 passes the bucket or object as encryption context.
  statement {
    sid       = "EncryptState"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["${local.arn}:kms:${local.here}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [local.state_bucket_arn, "${local.state_bucket_arn}/*"]
    }
  }
}
