# No call leaves this machine: the provider is a mock.
mock_provider "aws" {}

variables {
  name          = "nest-staging-private"
  vpc_id        = "vpc-0123456789abcdef0"
  subnet_ids    = ["subnet-0123456789abcdef0"]
  ingress_rules = { answers = { number = 300, cidr_block = "0.0.0.0/0", from_port = 1024, to_port = 65535 } }
  egress_rules  = { https = { number = 110, cidr_block = "0.0.0.0/0", from_port = 443, to_port = 443 } }
}

run "refuses_an_empty_name" {
  command = plan

  variables {
    name = ""
  }

  expect_failures = [var.name]
}

run "refuses_an_ingress_rule_number_out_of_range" {
  command = plan

  variables {
    ingress_rules = { all = { number = 32767, cidr_block = "0.0.0.0/0" } }
  }

  expect_failures = [var.ingress_rules]
}

run "refuses_two_ingress_rules_with_one_number" {
  command = plan

  variables {
    ingress_rules = { one = { number = 1, cidr_block = "0.0.0.0/0" }, two = { number = 1, cidr_block = "10.0.0.0/8" } }
  }

  expect_failures = [var.ingress_rules]
}

run "refuses_an_unknown_ingress_action" {
  command = plan

  variables {
    ingress_rules = { all = { number = 1, cidr_block = "0.0.0.0/0", action = "drop" } }
  }

  expect_failures = [var.ingress_rules]
}

run "refuses_an_ingress_address_without_a_mask" {
  command = plan

  variables {
    ingress_rules = { all = { number = 1, cidr_block = "10.0.0.1" } }
  }

  expect_failures = [var.ingress_rules]
}

run "refuses_ingress_ports_the_wrong_way_round" {
  command = plan

  variables {
    ingress_rules = { all = { number = 1, cidr_block = "0.0.0.0/0", from_port = 443, to_port = 80 } }
  }

  expect_failures = [var.ingress_rules]
}

run "refuses_an_egress_rule_number_out_of_range" {
  command = plan

  variables {
    egress_rules = { all = { number = 32767, cidr_block = "0.0.0.0/0" } }
  }

  expect_failures = [var.egress_rules]
}

run "refuses_two_egress_rules_with_one_number" {
  command = plan

  variables {
    egress_rules = { one = { number = 1, cidr_block = "0.0.0.0/0" }, two = { number = 1, cidr_block = "10.0.0.0/8" } }
  }

  expect_failures = [var.egress_rules]
}

run "refuses_an_unknown_egress_action" {
  command = plan

  variables {
    egress_rules = { all = { number = 1, cidr_block = "0.0.0.0/0", action = "drop" } }
  }

  expect_failures = [var.egress_rules]
}

run "refuses_an_egress_address_without_a_mask" {
  command = plan

  variables {
    egress_rules = { all = { number = 1, cidr_block = "10.0.0.1" } }
  }

  expect_failures = [var.egress_rules]
}

run "refuses_egress_ports_the_wrong_way_round" {
  command = plan

  variables {
    egress_rules = { all = { number = 1, cidr_block = "0.0.0.0/0", from_port = 443, to_port = 80 } }
  }

  expect_failures = [var.egress_rules]
}
