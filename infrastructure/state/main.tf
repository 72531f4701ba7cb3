# A bucket and a key for each root and environment, so that who deploys staging can neither read nor break another's state.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id  = data.aws_caller_identity.current.account_id
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.id
  common_tags = { Project = var.project_name, ManagedBy = "terraform" }

  # This root's own bucket counts as the environment "state".
  suffixes = {
    for environment in setunion(var.environments, ["state"]) :
    environment => substr(sha256("${local.account_id}/${local.region}/${var.project_name}/${environment}"), 0, 8)
  }

  # By the name of the state that a bucket holds, which is also the end of its key's alias.
  states = merge(
    { state = { root = "state", environment = "state" } },
    { for environment in var.environments : "bootstrap-${environment}" => { root = "bootstrap", environment = environment } },
    { for environment in var.environments : environment => { root = environment, environment = environment } },
  )

  bucket_names     = { for key, state in local.states : key => "${var.project_name}-state-${state.root}-${local.suffixes[state.environment]}" }
  logs_bucket_name = "${var.project_name}-state-logs-${local.suffixes["state"]}"
}

module "bucket" {
  source   = "../modules/storage/modules/s3-bucket"
  for_each = local.states

  bucket_name      = local.bucket_names[each.key]
  force_destroy    = var.force_destroy
  kms_key_arn      = aws_kms_key.state[each.key].arn
  policy_documents = [data.aws_iam_policy_document.only_this_key[each.key].json]
  common_tags      = merge(local.common_tags, { Environment = each.value.environment })

  access_logs = {
    bucket = module.logs_bucket.policed_bucket_name
    prefix = "${each.key}/"
  }

  lifecycle_rules = {
    noncurrent_version_expiration_days = var.state_version_retention_in_days
  }
}

module "logs_bucket" {
  source = "../modules/storage/modules/s3-bucket"

  bucket_name      = local.logs_bucket_name
  force_destroy    = var.force_destroy
  sse_algorithm    = "AES256" # S3 delivers its access logs into no other.
  policy_documents = [data.aws_iam_policy_document.access_logs.json]
  common_tags      = merge(local.common_tags, { Environment = "state" })

  lifecycle_rules = {
    expiration_days = var.access_log_retention_in_days
  }
}

data "aws_iam_policy_document" "access_logs" {
  statement {
    sid       = "S3ServerAccessLogs"
    actions   = ["s3:PutObject"]
    resources = ["arn:${local.partition}:s3:::${local.logs_bucket_name}/*"]

    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for name in values(local.bucket_names) : "arn:${local.partition}:s3:::${name}"]
    }
  }
}
