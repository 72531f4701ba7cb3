# A NAT instance instead of the gateways. No call leaves this machine: the provider is a mock.
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

  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "ami-0123456789abcdef0" }
  }

  # Known in the plan already, so that what refers to them can be looked at.
  mock_resource "aws_instance" {
    override_during = plan
    defaults        = { id = "i-0123456789abcdef0", primary_network_interface_id = "eni-0123456789abcdef0" }
  }

  mock_resource "aws_eip" {
    override_during = plan
    defaults        = { public_ip = "203.0.113.7" }
  }
}

variables {
  project_name     = "nest"
  environment      = "staging"
  kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  nat_gateway_mode = "instance"
}

run "replaces_every_gateway_by_one_instance" {
  command = plan

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && length(aws_instance.nat) == 1
    error_message = "There is one instance and no gateway."
  }

  assert {
    condition     = length(aws_route.private_nat) == 2 && alltrue([for route in aws_route.private_nat : route.network_interface_id == "eni-0123456789abcdef0" && route.destination_cidr_block == "0.0.0.0/0"])
    error_message = "Both zones' private subnets leave by the instance."
  }

  assert {
    condition     = !aws_instance.nat[0].source_dest_check
    error_message = "It takes what is not addressed to it, to pass it on."
  }

  assert {
    condition     = aws_instance.nat[0].instance_type == "t4g.nano" && aws_instance.nat[0].ami == "ami-0123456789abcdef0" && one(aws_instance.nat[0].credit_specification).cpu_credits == "standard"
    error_message = "It is the cheapest of its kind, and stays so under load."
  }

  assert {
    condition     = one(aws_instance.nat[0].metadata_options).http_tokens == "required" && one(aws_instance.nat[0].root_block_device).encrypted
    error_message = "Its metadata asks for a token; its disk is encrypted."
  }

  assert {
    condition     = one(output.nat_public_ips) == "203.0.113.7" && aws_eip.nat_instance[0].instance == aws_instance.nat[0].id
    error_message = "The instance has the address that the output names."
  }
}

run "lets_https_of_the_private_subnets_through_and_nothing_else" {
  command = plan

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.nat_instance : rule.cidr_ipv4]) == toset(["10.0.128.0/20", "10.0.144.0/20"])
    error_message = "Only the private subnets come in."
  }

  assert {
    condition     = alltrue([for rule in concat(values(aws_vpc_security_group_ingress_rule.nat_instance), aws_vpc_security_group_egress_rule.nat_instance) : rule.ip_protocol == "tcp" && rule.from_port == 443 && rule.to_port == 443])
    error_message = "Only HTTPS passes."
  }

  assert {
    condition     = strcontains(local.nat_instance_user_data, "net.ipv4.ip_forward = 1") && strcontains(local.nat_instance_user_data, "ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 tcp dport 443 accept")
    error_message = "The instance forwards, and only what its security group lets in."
  }
}

run "has_no_instance_beside_a_gateway" {
  command = plan

  variables {
    nat_gateway_mode = "single"
  }

  assert {
    condition     = length(aws_instance.nat) == 0 && length(aws_eip.nat_instance) == 0 && length(aws_security_group.nat_instance) == 0 && length(data.aws_ssm_parameter.nat_instance_image) == 0
    error_message = "The choice leaves nothing behind in another mode."
  }
}
