# Security groups by role. The rules are in rules.tf, the IAM roles in roles.tf and their policies in policies.tf.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  arn        = "arn:${data.aws_partition.current.partition}"
  region     = data.aws_region.current.id
  name       = "${var.project_name}-${var.environment}"

  security_groups = {
    alb      = "Load balancer of ${local.name}: the only way in from the internet."
    cache    = "Cache of ${local.name}."
    database = "Database of ${local.name}."
    ecs      = "Backend tasks of ${local.name}: migrate, load, index and scheduled ones."
    endpoint = "Interface endpoints of ${local.name}."
    frontend = "Frontend tasks of ${local.name}."
    lambda   = "Backend function of ${local.name}."
  }
}

resource "aws_security_group" "this" {
  for_each = local.security_groups

  name        = "${local.name}-${each.key}-sg"
  description = each.value
  vpc_id      = var.vpc_id

  # Lambda gives its network interfaces back up to an hour after the function is gone.
  timeouts {
    delete = "60m"
  }

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}-sg" })
}
