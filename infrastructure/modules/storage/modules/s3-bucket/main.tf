resource "aws_s3_bucket" "this" {
  bucket        = var.bucket_name
  force_destroy = var.force_destroy

  tags = merge(var.common_tags, { Name = var.bucket_name })

  lifecycle {
    # It names the key, so that the key outlives the bucket: a destroy that is interrupted between the two would
    # leave objects that nobody can read, a state among them.
    precondition {
      condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
      error_message = "kms_key_arn is the ARN of a key. S3 takes an alias as well, and reads it anew for each object."
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = var.object_ownership
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = var.versioning_enabled ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # One data key for many objects: far fewer calls to KMS, each of which is charged.
    bucket_key_enabled = var.sse_algorithm == "aws:kms"

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.sse_algorithm
      kms_master_key_id = var.sse_algorithm == "aws:kms" ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_logging" "this" {
  count = var.access_logs == null ? 0 : 1

  bucket        = aws_s3_bucket.this.id
  target_bucket = var.access_logs.bucket
  target_prefix = var.access_logs.prefix
}

# The provider waits close to a minute for S3 to settle on lifecycle rules. Nothing may depend on this resource, so
# that the waits of all buckets run side by side.
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "tidy"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.lifecycle_rules.abort_multipart_days
    }

    noncurrent_version_expiration {
      noncurrent_days = var.lifecycle_rules.noncurrent_version_expiration_days
    }

    # Where objects never expire, the marker that a deletion leaves goes once the versions behind it are gone. S3 takes
    # one or the other.
    expiration {
      days                         = var.lifecycle_rules.expiration_days
      expired_object_delete_marker = var.lifecycle_rules.expiration_days == null ? true : null
    }

    dynamic "transition" {
      for_each = var.lifecycle_rules.infrequent_access_days[*]

      content {
        days          = transition.value
        storage_class = "STANDARD_IA"
      }
    }
  }
}

data "aws_partition" "current" {}

locals {
  # Composed rather than taken from the bucket, so that a plan shows the policy before the bucket exists.
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket_name}"
}

data "aws_iam_policy_document" "this" {
  source_policy_documents = var.policy_documents

  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json

  # S3 refuses to change both at the same time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
