# No call leaves this machine: the provider is a mock, its data the least that the module reads.
mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }

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

run "refuses_a_range_that_is_too_small" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/25"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_range_that_is_none" {
  command = plan

  variables {
    vpc_cidr = "ten"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_single_zone" {
  command = plan

  variables {
    availability_zone_count = 1
  }

  expect_failures = [var.availability_zone_count]
}

run "refuses_more_zones_than_the_region_has" {
  command = plan

  variables {
    availability_zone_count = 4
  }

  expect_failures = [aws_vpc.this]
}

run "refuses_an_unknown_nat_mode" {
  command = plan

  variables {
    nat_gateway_mode = "two"
  }

  expect_failures = [var.nat_gateway_mode]
}

run "refuses_an_interface_endpoint_for_s3" {
  command = plan

  variables {
    interface_endpoints         = ["s3"]
    endpoint_security_group_ids = ["sg-0123456789abcdef0"]
  }

  expect_failures = [var.interface_endpoints]
}

run "refuses_interface_endpoints_without_a_security_group" {
  command = plan

  variables {
    interface_endpoints = ["ssm"]
  }

  expect_failures = [var.endpoint_security_group_ids]
}

run "refuses_a_port_out_of_range" {
  command = plan

  variables {
    application_ports = [70000]
  }

  expect_failures = [var.application_ports]
}

run "refuses_a_retention_that_cloudwatch_does_not_offer" {
  command = plan

  variables {
    flow_log_retention_in_days = 31
  }

  expect_failures = [var.flow_log_retention_in_days]
}

run "refuses_an_unknown_traffic_type" {
  command = plan

  variables {
    flow_log_traffic_type = "SOME"
  }

  expect_failures = [var.flow_log_traffic_type]
}

run "refuses_a_boundary_that_is_no_policy" {
  command = plan

  variables {
    permissions_boundary_arn = "nest-staging-terraform-boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "refuses_a_zones_name_as_id" {
  command = plan

  variables {
    excluded_zone_ids = ["us-east-1e"]
  }

  expect_failures = [var.excluded_zone_ids]
}

run "refuses_a_range_of_this_network" {
  command = plan

  variables {
    vpc_cidr = "0.1.0.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_range_of_loopback" {
  command = plan

  variables {
    vpc_cidr = "127.0.0.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_range_of_link_local" {
  command = plan

  variables {
    vpc_cidr = "169.254.0.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_range_of_multicast" {
  command = plan

  variables {
    vpc_cidr = "224.0.0.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "refuses_a_range_of_reserved" {
  command = plan

  variables {
    vpc_cidr = "250.0.0.0/20"
  }

  expect_failures = [var.vpc_cidr]
}
