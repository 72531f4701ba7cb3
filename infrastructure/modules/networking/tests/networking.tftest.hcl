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

run "has_two_zones_and_one_nat_gateway" {
  command = plan

  assert {
    condition     = aws_vpc.this.tags.Name == "nest-staging-vpc"
    error_message = "The VPC bears the name that the guide gives it."
  }

  assert {
    condition     = length(aws_subnet.public) == 2 && length(aws_subnet.private) == 2
    error_message = "Two zones have two subnets each."
  }

  assert {
    condition     = aws_subnet.public["zone-1"].cidr_block == "10.0.0.0/20" && aws_subnet.private["zone-1"].cidr_block == "10.0.128.0/20"
    error_message = "Public subnets lie in the lower half, private ones in the upper half."
  }

  assert {
    condition     = aws_subnet.private["zone-1"].availability_zone != aws_subnet.private["zone-2"].availability_zone
    error_message = "The subnets lie in different zones."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.private_nat) == 2
    error_message = "One gateway serves both zones."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "No subnet hands out public addresses."
  }

  assert {
    condition     = length(module.interface_endpoint) == 0
    error_message = "There is no interface endpoint unless asked for."
  }
}

run "gives_each_zone_its_gateway" {
  command = plan

  variables {
    availability_zone_count = 3
    nat_gateway_mode        = "per_zone"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_eip.nat) == 3
    error_message = "Three zones have three gateways."
  }
}

run "does_without_nat" {
  command = plan

  variables {
    nat_gateway_mode            = "none"
    interface_endpoints         = ["ecr.api", "ssm"]
    endpoint_security_group_ids = ["sg-0123456789abcdef0"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.private_nat) == 0
    error_message = "No gateway and no route to one."
  }

  assert {
    condition     = toset(keys(module.interface_endpoint)) == toset(["ecr.api", "ssm"])
    error_message = "Each service has its endpoint."
  }
}

run "passes_answers_through_both_network_acls" {
  command = plan

  assert {
    condition     = local.application_rules["application-3000"].from_port == 3000
    error_message = "The load balancer reaches the frontend's port."
  }

  assert {
    condition = length(setsubtract(
      ["ingress 1024-65535 0.0.0.0/0", "egress 1024-65535 0.0.0.0/0", "egress 3000-3000 10.0.0.0/16"],
      module.public_nacl.passes,
    )) == 0
    error_message = "Answers come back to the public subnets and leave them, and the load balancer reaches the tasks."
  }

  assert {
    condition = length(setsubtract(
      ["ingress 1024-65535 0.0.0.0/0", "egress 1024-65535 10.0.0.0/16", "ingress 3000-3000 10.0.0.0/16"],
      module.private_nacl.passes,
    )) == 0
    error_message = "Answers come back to the private subnets and leave them for the network."
  }

  assert {
    condition     = length(distinct([for rule in values(local.application_rules) : rule.number])) == 3
    error_message = "Each port has a rule number of its own."
  }
}

run "stays_in_a_small_range" {
  command = plan

  variables {
    vpc_cidr = "10.1.0.0/24"
  }

  assert {
    condition     = aws_subnet.private["zone-2"].cidr_block == "10.1.0.144/28"
    error_message = "A /24 still has room for every subnet."
  }
}
