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

run "sorts_parameters_by_kind" {
  command = plan

  assert {
    condition     = toset(keys(aws_ssm_parameter.secret)) == toset(["DJANGO_SECRET_KEY", "GITHUB_TOKEN"])
    error_message = "The others wait for someone to set them."
  }

  assert {
    condition     = alltrue([for parameter in concat(values(aws_ssm_parameter.secret), values(aws_ssm_parameter.plain)) : parameter.type == "SecureString" && parameter.key_id == var.kms_key_arn])
    error_message = "All are encrypted with the stack's key."
  }

  assert {
    condition     = aws_ssm_parameter.secret["GITHUB_TOKEN"].name == "/nest/staging/GITHUB_TOKEN"
    error_message = "Names lie under the path."
  }

  assert {
    condition     = output.names["DJANGO_DB_HOST"] == "/nest/staging/DJANGO_DB_HOST" && length(output.names) == 4
    error_message = "Every parameter is named."
  }
}

run "writes_no_secret_into_the_plan" {
  command = plan

  assert {
    condition     = alltrue([for parameter in aws_ssm_parameter.secret : parameter.value_wo == null && parameter.value_wo_version == 1])
    error_message = "Secrets are write-only and written once."
  }
}

run "fills_plain_values_in" {
  command = plan

  variables {
    plain_values = { DJANGO_DB_HOST = "db.internal" }
  }

  assert {
    condition     = nonsensitive(aws_ssm_parameter.plain["DJANGO_DB_HOST"].value) == "db.internal"
    error_message = "A value that is given replaces the one that stands in the manifest."
  }

  assert {
    condition     = nonsensitive(aws_ssm_parameter.plain["DJANGO_ALLOWED_HOSTS"].value) == "nest.example.org"
    error_message = "Others stay as they are."
  }
}

run "is_content_without_parameters" {
  command = plan

  variables {
    parameters = {}
  }

  assert {
    condition     = length(output.names) == 0 && length(output.use) == 0
    error_message = "Nothing is made."
  }
}
