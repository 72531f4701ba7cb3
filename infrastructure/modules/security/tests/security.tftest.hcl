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

run "opens_only_the_load_balancer_to_the_world" {
  command = plan

  assert {
    condition     = aws_security_group.this["ecs"].name == "nest-staging-ecs-sg" && aws_security_group.this["lambda"].name == "nest-staging-lambda-sg"
    error_message = "The groups bear the names that the guide gives them."
  }

  assert {
    condition     = toset(values(aws_vpc_security_group_ingress_rule.alb)[*].from_port) == toset([80, 443])
    error_message = "Visitors come in at 80 and 443."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.connection : rule.cidr_ipv4 == null])
    error_message = "Every other way in starts at a group, not at an address."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443 && rule.to_port == 443])
    error_message = "The way to the internet is HTTPS only."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.https)) == toset(["ecs", "frontend", "lambda"])
    error_message = "Load balancer, database and cache have no way to the internet."
  }
}

run "pairs_each_way_out_with_a_way_in" {
  command = plan

  variables {
    database_port = 5433
    cache_port    = 6380
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.connection) == keys(aws_vpc_security_group_egress_rule.connection)
    error_message = "Each connection has both its rules."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.connection["lambda-to-database"].from_port == 5433 && aws_vpc_security_group_egress_rule.connection["ecs-to-cache"].to_port == 6380
    error_message = "The rules follow the ports."
  }
}

run "closes_the_internet" {
  command = plan

  variables {
    internet_egress_enabled = false
    s3_prefix_list_id       = "pl-63a5400a"
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.https) == 0
    error_message = "Nothing leads to the internet."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.s3["ecs"].prefix_list_id == "pl-63a5400a"
    error_message = "S3 stays in reach."
  }
}

run "lets_the_proxy_reach_the_database" {
  command = plan

  variables {
    database_proxy_enabled = true
  }

  assert {
    condition     = contains(keys(aws_vpc_security_group_ingress_rule.connection), "proxy-to-database")
    error_message = "The group of database and proxy reaches itself."
  }
}
