# No call leaves this machine: the provider is a mock, its data the least that the module reads.
mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
}

variables {
  name               = "nest-staging-ssm"
  vpc_id             = "vpc-0123456789abcdef0"
  service            = "ssm"
  subnet_ids         = ["subnet-0123456789abcdef0"]
  security_group_ids = ["sg-0123456789abcdef0"]
  route_table_ids    = ["rtb-0123456789abcdef0"]
}

run "refuses_a_full_service_name_with_capitals" {
  command = plan

  variables {
    service = "com.amazonaws.SSM"
  }

  expect_failures = [var.service]
}

run "refuses_an_unknown_type" {
  command = plan

  variables {
    type = "Tunnel"
  }

  expect_failures = [var.type]
}

run "refuses_a_gateway_to_ssm" {
  command = plan

  variables {
    type = "Gateway"
  }

  expect_failures = [var.type]
}

run "refuses_a_policy_that_is_not_json" {
  command = plan

  variables {
    policy_json = "allow"
  }

  expect_failures = [var.policy_json]
}
