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
  aws_role_external_id = "0123456789abcdef0123456789abcdef"
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

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    environment = "stag/ing"
  }

  expect_failures = [var.environment]
}

run "refuses_a_short_external_id" {
  command = plan

  variables {
    aws_role_external_id = "short"
  }

  expect_failures = [var.aws_role_external_id]
}

run "refuses_the_external_id_of_the_example" {
  command = plan

  variables {
    aws_role_external_id = "your random external id, which is long enough"
  }

  expect_failures = [var.aws_role_external_id]
}

run "refuses_an_arn_as_user_name" {
  command = plan

  variables {
    identity_user_name = "arn:aws:iam::123456789012:user/nest"
  }

  expect_failures = [var.identity_user_name]
}

run "refuses_a_user_name_as_arn" {
  command = plan

  variables {
    identity_arns = ["nest-staging"]
  }

  expect_failures = [var.identity_arns]
}

run "refuses_a_session_of_a_day" {
  command = plan

  variables {
    max_session_duration_in_seconds = 86400
  }

  expect_failures = [var.max_session_duration_in_seconds]
}

run "refuses_a_repository_without_an_owner" {
  command = plan

  variables {
    github_repository = "Nest"
  }

  expect_failures = [var.github_repository]
}

run "refuses_another_provider" {
  command = plan

  variables {
    github_oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/example.org"
  }

  expect_failures = [var.github_oidc_provider_arn]
}
