# No call leaves this machine: the provider is a mock, its data the least that the module reads.
mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}", minified_json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  bucket_name = "nest-fixtures-0a1b2c3d"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
}

run "is_closed_versioned_and_encrypted" {
  command = plan

  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    error_message = "The public stays out."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "Versions are kept."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"
    error_message = "Objects are encrypted with the key."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this.rule).expiration[0].expired_object_delete_marker
    error_message = "What never expires is tidied of old markers."
  }

  assert {
    condition     = length(aws_s3_bucket_logging.this) == 0
    error_message = "Access is not logged unless asked for."
  }
}

run "takes_logs" {
  command = plan

  variables {
    sse_algorithm   = "AES256"
    kms_key_arn     = null
    lifecycle_rules = { expiration_days = 90 }
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Log services can write."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this.rule).expiration[0].days == 90
    error_message = "Logs expire."
  }
}

run "logs_access" {
  command = plan

  variables {
    access_logs = { bucket = "nest-staging-logs-0a1b2c3d", prefix = "s3/fixtures/" }
  }

  assert {
    condition     = aws_s3_bucket_logging.this[0].target_prefix == "s3/fixtures/"
    error_message = "Access is logged under the prefix."
  }
}

run "moves_old_objects" {
  command = plan

  variables {
    lifecycle_rules = { infrequent_access_days = 30, expiration_days = 365 }
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.this.rule).transition).storage_class == "STANDARD_IA"
    error_message = "Objects move to cheaper storage."
  }
}
