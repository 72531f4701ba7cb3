data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id
  name       = "${var.project_name}-${var.environment}"

  # A hash, not a random id: every run and every tool comes to the same names.
  suffix = substr(sha256("${local.account_id}/${local.region}/${var.project_name}/${var.environment}"), 0, 8)

  logs_bucket_name = "${local.name}-logs-${local.suffix}"

  buckets = {
    backups = {
      name = "${local.name}-backups-${local.suffix}"
      lifecycle_rules = {
        infrequent_access_days = 30
        expiration_days        = var.backup_retention_in_days
      }
    }
    fixtures = {
      name            = "${var.project_name}-fixtures-${local.suffix}"
      lifecycle_rules = {}
    }
    # No expiry of what is current: the live release may be an old one.
    zappa = {
      name            = "${local.name}-zappa-${local.suffix}"
      lifecycle_rules = {}
    }
  }
}

module "bucket" {
  source   = "./modules/s3-bucket"
  for_each = local.buckets

  bucket_name   = each.value.name
  force_destroy = var.force_destroy
  kms_key_arn   = var.kms_key_arn
  common_tags   = var.common_tags

  # The name that is known once the policy stands: S3 refuses a log bucket into which it may not write.
  access_logs = {
    bucket = module.logs_bucket.policed_bucket_name
    prefix = "s3/${each.key}/"
  }

  lifecycle_rules = merge(
    { noncurrent_version_expiration_days = var.noncurrent_version_retention_in_days },
    each.value.lifecycle_rules,
  )
}

module "logs_bucket" {
  source = "./modules/s3-bucket"

  bucket_name   = local.logs_bucket_name
  force_destroy = var.force_destroy
  common_tags   = var.common_tags

  # Load balancers and S3 itself write their logs into buckets with S3's own keys only.
  sse_algorithm    = "AES256"
  policy_documents = [data.aws_iam_policy_document.log_writers.json]

  lifecycle_rules = {
    expiration_days                    = var.log_retention_in_days
    noncurrent_version_expiration_days = var.noncurrent_version_retention_in_days
  }
}
