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
  project_name        = "nest"
  environment         = "staging"
  kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  parameter_path      = "/nest/staging/"
  vpc_id              = "vpc-0123456789abcdef0"
  vpc_cidr_block      = "10.0.0.0/16"
  fixtures_bucket_arn = "arn:aws:s3:::nest-fixtures-0a1b2c3d"
  zappa_bucket_arn    = "arn:aws:s3:::nest-staging-zappa-0a1b2c3d"
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

run "refuses_a_bucket_name_for_the_fixtures" {
  command = plan

  variables {
    fixtures_bucket_arn = "nest-fixtures-0a1b2c3d"
  }

  expect_failures = [var.fixtures_bucket_arn]
}

run "refuses_a_bucket_name_for_the_archives" {
  command = plan

  variables {
    zappa_bucket_arn = "nest-staging-zappa-0a1b2c3d"
  }

  expect_failures = [var.zappa_bucket_arn]
}

run "refuses_a_range_that_is_none" {
  command = plan

  variables {
    vpc_cidr_block = "10.0.0.0"
  }

  expect_failures = [var.vpc_cidr_block]
}

run "refuses_a_database_port_out_of_range" {
  command = plan

  variables {
    database_port = 0
  }

  expect_failures = [var.database_port]
}

run "refuses_a_cache_port_out_of_range" {
  command = plan

  variables {
    cache_port = 65536
  }

  expect_failures = [var.cache_port]
}

run "refuses_a_broken_frontend_port" {
  command = plan

  variables {
    frontend_port = 3000.5
  }

  expect_failures = [var.frontend_port]
}

run "refuses_no_visitors_at_all" {
  command = plan

  variables {
    alb_ingress_cidr_blocks = []
  }

  expect_failures = [var.alb_ingress_cidr_blocks]
}

run "refuses_a_closed_internet_without_the_way_to_s3" {
  command = plan

  variables {
    internet_egress_enabled = false
  }

  expect_failures = [var.s3_prefix_list_id]
}
