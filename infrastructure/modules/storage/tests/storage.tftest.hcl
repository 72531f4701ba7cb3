# No call leaves this machine: the provider is a mock, its data the least that the module reads.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}", minified_json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
}

variables {
  project_name = "nest"
  environment  = "staging"
  kms_key_arn  = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
}

run "names_its_buckets_the_same_every_time" {
  command = plan

  assert {
    condition     = local.suffix == substr(sha256("123456789012/us-east-1/nest/staging"), 0, 8)
    error_message = "The suffix is a hash of where the buckets lie and whose they are."
  }

  assert {
    condition     = { for key, bucket in local.buckets : key => bucket.name } == { backups = "nest-staging-backups-${local.suffix}", fixtures = "nest-fixtures-${local.suffix}", zappa = "nest-staging-zappa-${local.suffix}" }
    error_message = "The buckets bear the names that the guide gives them."
  }

  assert {
    condition     = local.logs_bucket_name == "nest-staging-logs-${local.suffix}"
    error_message = "The logs bucket bears the environment's name."
  }
}
