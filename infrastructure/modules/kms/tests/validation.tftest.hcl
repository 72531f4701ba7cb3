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

run "refuses_a_deletion_window_of_six_days" {
  command = plan

  variables {
    deletion_window_in_days = 6
  }

  expect_failures = [var.deletion_window_in_days]
}

run "refuses_a_rotation_every_month" {
  command = plan

  variables {
    rotation_period_in_days = 30
  }

  expect_failures = [var.rotation_period_in_days]
}
