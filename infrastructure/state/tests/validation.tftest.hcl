# The provider is real, so that policies are rendered, but has no need to call AWS: what it would ask is given below.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  environments = ["production", "staging"]
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    aws_region = "Virginia"
  }

  expect_failures = [var.aws_region]
}

run "refuses_a_project_name_in_capitals" {
  command = plan

  variables {
    project_name = "Nest"
  }

  expect_failures = [var.project_name]
}

run "refuses_an_arn_as_user_name" {
  command = plan

  variables {
    identity_user_name = "arn:aws:iam::123456789012:user/nest-state"
  }

  expect_failures = [var.identity_user_name]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    environments = ["stag/ing"]
  }

  expect_failures = [var.environments]
}

run "refuses_an_environment_called_state" {
  command = plan

  variables {
    environments = ["state"]
  }

  expect_failures = [var.environments]
}

run "refuses_an_environment_that_takes_anothers_bucket" {
  command = plan

  variables {
    environments = ["staging", "bootstrap-staging"]
  }

  expect_failures = [var.environments]
}

run "refuses_an_environment_within_reach_of_another" {
  command = plan

  variables {
    environments = ["staging", "staging-eu"]
  }

  expect_failures = [var.environments]
}

run "refuses_access_logs_kept_for_no_time" {
  command = plan

  variables {
    access_log_retention_in_days = 0
  }

  expect_failures = [var.access_log_retention_in_days]
}

run "refuses_versions_kept_for_no_time" {
  command = plan

  variables {
    state_version_retention_in_days = 0
  }

  expect_failures = [var.state_version_retention_in_days]
}

run "refuses_a_deletion_window_of_six_days" {
  command = plan

  variables {
    deletion_window_in_days = 6
  }

  expect_failures = [var.deletion_window_in_days]
}
