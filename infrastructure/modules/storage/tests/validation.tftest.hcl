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

run "refuses_a_project_name_in_capitals" {
  command = plan

  variables {
    project_name = "Nest"
  }

  expect_failures = [var.project_name]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    environment = "stag/ing"
  }

  expect_failures = [var.environment]
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "alias/nest-staging"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_logs_kept_for_no_time" {
  command = plan

  variables {
    log_retention_in_days = 0
  }

  expect_failures = [var.log_retention_in_days]
}

run "refuses_backups_kept_for_less_than_a_month" {
  command = plan

  variables {
    backup_retention_in_days = 30
  }

  expect_failures = [var.backup_retention_in_days]
}

run "refuses_versions_kept_for_half_a_day" {
  command = plan

  variables {
    noncurrent_version_retention_in_days = 0.5
  }

  expect_failures = [var.noncurrent_version_retention_in_days]
}
