# Terraform mocks no ephemeral resources, so the provider is real; it has no need to call AWS. Parameters with a use would:
# they are left to the apply against a cloud.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  project_name   = "nest"
  environment    = "staging"
  kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  parameter_path = "/nest/staging/"
  parameters = {
    DJANGO_SECRET_KEY    = { kind = "generated" }
    GITHUB_TOKEN         = { kind = "secret", description = "Reads repositories." }
    DJANGO_DB_HOST       = { kind = "plain", value = "{database_host}" }
    DJANGO_ALLOWED_HOSTS = { kind = "plain", value = "nest.example.org" }
  }
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

run "refuses_a_path_without_slashes" {
  command = plan

  variables {
    parameter_path = "nest/staging"
  }

  expect_failures = [var.parameter_path]
}

run "refuses_a_name_with_a_space" {
  command = plan

  variables {
    parameters = { "DB HOST" = { kind = "secret" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_an_unknown_kind" {
  command = plan

  variables {
    parameters = { NAME = { kind = "public" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_a_secret_with_a_value" {
  command = plan

  variables {
    parameters = { NAME = { kind = "secret", value = "hunter2" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_a_plain_one_without_a_value" {
  command = plan

  variables {
    parameters = { NAME = { kind = "plain" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_an_unknown_use" {
  command = plan

  variables {
    parameters = { NAME = { kind = "generated", use = "root_password" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_a_use_of_a_secret" {
  command = plan

  variables {
    parameters = { NAME = { kind = "secret", use = "database_password" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_two_parameters_for_one_use" {
  command = plan

  variables {
    parameters = { A = { kind = "generated", use = "database_password" }, B = { kind = "generated", use = "database_password" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_a_value_for_a_secret" {
  command = plan

  variables {
    plain_values = { GITHUB_TOKEN = "hunter2" }
  }

  expect_failures = [var.plain_values]
}

run "refuses_a_value_for_an_unknown_name" {
  command = plan

  variables {
    plain_values = { OTHER = "value" }
  }

  expect_failures = [var.plain_values]
}

run "refuses_an_empty_placeholder" {
  command = plan

  variables {
    placeholder = ""
  }

  expect_failures = [var.placeholder]
}
