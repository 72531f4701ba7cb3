mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::000000000000:role/nest-staging-backup"
    }
  }
}

variables {
  project_name  = "nest"
  environment   = "staging"
  kms_key_arn   = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
  resource_arns = ["arn:aws:rds:us-east-1:000000000000:db:nest-staging-db"]

  permissions_boundary_arn = "arn:aws:iam::000000000000:policy/nest-staging-terraform-boundary"
}

run "saves_the_database_every_day" {
  assert {
    condition     = aws_backup_vault.this.kms_key_arn == var.kms_key_arn && !aws_backup_vault.this.force_destroy
    error_message = "The vault is not encrypted with the stack's key, or a destroy would empty it."
  }

  assert {
    condition     = one(aws_backup_plan.this.rule).schedule == "cron(0 10 * * ? *)" && one(one(aws_backup_plan.this.rule).lifecycle).delete_after == 35
    error_message = "The backup is not daily, or not kept for 35 days."
  }

  assert {
    condition     = aws_backup_selection.this.resources == toset(var.resource_arns)
    error_message = "Something else is saved."
  }

  assert {
    condition     = aws_iam_role_policy_attachment.this.policy_arn == "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
    error_message = "The role may do more or less than save."
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.permissions_boundary_arn
    error_message = "The role is not bound as the others are."
  }
}

run "refuses_wrong_values" {
  command         = plan
  expect_failures = [var.resource_arns, var.retention_days, var.schedule]

  variables {
    resource_arns  = []
    retention_days = 0
    schedule       = "rate(1 day)"
  }
}

run "refuses_names_and_identifiers_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.project_name, var.kms_key_arn, var.environment, var.permissions_boundary_arn]

  variables {
    permissions_boundary_arn = "nest-staging-terraform-boundary"

    project_name = "Nest"
    kms_key_arn  = "alias/nest-staging"
    environment  = "stag/ing"
  }
}
