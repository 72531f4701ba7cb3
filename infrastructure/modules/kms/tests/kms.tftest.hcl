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
}

run "makes_one_rotating_key" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key rotates."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/nest-staging"
    error_message = "The alias bears the environment's name."
  }

  assert {
    condition     = aws_kms_key.this.deletion_window_in_days == 30
    error_message = "A deleted key can be brought back for 30 days."
  }
}
