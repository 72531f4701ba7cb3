# Terraform mocks no ephemeral resources. The real provider stands here instead; while planning it calls nothing,
# because the password's parameter is not known before the apply.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
}

variables {
  project_name       = "nest"
  environment        = "staging"
  subnet_ids         = ["subnet-a", "subnet-b"]
  security_group_ids = ["sg-database"]
  kms_key_arn        = "arn:aws:kms:us-east-1:000000000000:key/0"
  database_name      = "nest_staging"
  username           = "nest"

  # Refused as well, so that the runs below do not read a parameter.
  password_parameter_arn = "none"
}

run "plans_without_knowing_the_password" {
  command = plan

  module {
    source = "./tests/fixture"
  }

  assert {
    condition     = output.identifier == "nest-staging-db"
    error_message = "The instance's name is not the one that tools look for."
  }

  assert {
    condition     = output.log_group_names == { postgresql = "/aws/rds/instance/nest-staging-db/postgresql", upgrade = "/aws/rds/instance/nest-staging-db/upgrade" }
    error_message = "The groups of the exported logs do not have the names that RDS writes to."
  }
}

run "plans_a_proxy" {
  command = plan

  module {
    source = "./tests/fixture"
  }

  variables {
    proxy_enabled = true
  }

  assert {
    condition     = output.identifier == "nest-staging-db"
    error_message = "The instance keeps its name behind a proxy."
  }

  assert {
    condition     = output.proxy_name == "nest-staging-db-proxy"
    error_message = "The proxy's name is not told: a run would not know that there is one to keep."
  }
}

run "keeps_a_proxy_that_is_no_longer_asked_for" {
  command = plan

  module {
    source = "./tests/fixture"
  }

  variables {
    proxy_kept = true
  }

  assert {
    condition     = output.proxy_name == "nest-staging-db-proxy"
    error_message = "The proxy goes while versions of the function connect to it."
  }
}

run "has_no_proxy_by_itself" {
  command = plan

  module {
    source = "./tests/fixture"
  }

  assert {
    condition     = output.proxy_name == null
    error_message = "There is a proxy that nobody asked for."
  }
}

run "refuses_a_cache_class" {
  command         = plan
  expect_failures = [var.instance_class, var.password_parameter_arn]

  variables {
    instance_class = "cache.t3.medium"
  }
}

run "refuses_too_little_storage" {
  command         = plan
  expect_failures = [var.allocated_storage, var.password_parameter_arn]

  variables {
    allocated_storage = 10
  }
}

run "refuses_a_hyphen_in_the_name" {
  command         = plan
  expect_failures = [var.database_name, var.password_parameter_arn]

  variables {
    database_name = "nest-staging"
  }
}

run "refuses_a_reserved_user" {
  command         = plan
  expect_failures = [var.username, var.password_parameter_arn]

  variables {
    username = "rdsadmin"
  }
}

run "refuses_another_major_version" {
  command         = plan
  expect_failures = [var.engine_version, var.password_parameter_arn]

  variables {
    engine_version = "15"
  }
}

run "refuses_overlapping_windows" {
  command         = plan
  expect_failures = [var.maintenance_window, var.password_parameter_arn]

  variables {
    backup_window      = "03:00-04:00"
    maintenance_window = "sun:03:30-sun:04:30"
  }
}

run "refuses_touching_windows" {
  command         = plan
  expect_failures = [var.maintenance_window, var.password_parameter_arn]

  variables {
    backup_window      = "03:00-04:00"
    maintenance_window = "sun:04:00-sun:05:00"
  }
}

run "refuses_no_backups" {
  command         = plan
  expect_failures = [var.backup_retention_days, var.password_parameter_arn]

  variables {
    backup_retention_days = 0
  }
}

run "refuses_one_zone" {
  command         = plan
  expect_failures = [var.subnet_ids, var.password_parameter_arn]

  variables {
    subnet_ids = ["subnet-a"]
  }
}

run "refuses_growth_below_the_storage" {
  command         = plan
  expect_failures = [var.max_allocated_storage, var.password_parameter_arn]

  variables {
    max_allocated_storage = 90
  }
}

run "refuses_a_backup_window_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.backup_window, var.password_parameter_arn]

  variables {
    backup_window = "3:00-4:00"
  }
}

# Apart, because Terraform checks nothing against a variable that is refused itself.
run "refuses_other_values_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.maintenance_window, var.log_retention_days, var.password_version, var.password_parameter_arn]

  variables {
    maintenance_window = "sunday"
    log_retention_days = 31
    password_version   = 0
  }
}

run "refuses_names_and_identifiers_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.project_name, var.kms_key_arn, var.security_group_ids, var.environment, var.password_parameter_arn, var.permissions_boundary_arn]

  variables {
    project_name       = "Nest"
    kms_key_arn        = "alias/nest-staging"
    security_group_ids = []
    environment        = "stag/ing"

    permissions_boundary_arn = "nest-staging-terraform-boundary"
  }
}
