# One resource per rule, made from two tables. AWS's own resolver, time and metadata addresses pass without a rule.

locals {
  # Who connects to whom, at which port. Each line makes the way out of one group and the way into the other.
  connections = merge(
    {
      alb-to-frontend      = { from = "alb", to = "frontend", port = var.frontend_port, why = "Pages." }
      ecs-to-cache         = { from = "ecs", to = "cache", port = var.cache_port, why = "Cache." }
      ecs-to-database      = { from = "ecs", to = "database", port = var.database_port, why = "Queries." }
      ecs-to-endpoint      = { from = "ecs", to = "endpoint", port = 443, why = "AWS APIs inside the VPC." }
      frontend-to-endpoint = { from = "frontend", to = "endpoint", port = 443, why = "AWS APIs inside the VPC." }
      lambda-to-cache      = { from = "lambda", to = "cache", port = var.cache_port, why = "Cache and sessions." }
      lambda-to-database   = { from = "lambda", to = "database", port = var.database_port, why = "Queries." }
      lambda-to-endpoint   = { from = "lambda", to = "endpoint", port = 443, why = "AWS APIs inside the VPC." }
    },
    var.database_proxy_enabled ? {
      proxy-to-database = { from = "database", to = "database", port = var.database_port, why = "RDS Proxy to the database." }
    } : {},
  )

  # Groups that talk to services outside the VPC: AWS APIs by way of NAT, GitHub, Algolia, Slack, Sentry.
  internet_users = toset(["ecs", "frontend", "lambda"])

  alb_ingress = {
    for pair in setproduct([80, 443], var.alb_ingress_cidr_blocks) :
    "${pair[0]}-from-${pair[1]}" => { port = pair[0], cidr_block = pair[1] }
  }
}

resource "aws_vpc_security_group_ingress_rule" "alb" {
  for_each = local.alb_ingress

  security_group_id = aws_security_group.this["alb"].id
  description       = each.value.port == 443 ? "HTTPS from visitors." : "HTTP from visitors, answered with a redirect."
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = each.value.cidr_block

  tags = merge(var.common_tags, { Name = "${local.name}-alb-${each.value.port}" })
}

resource "aws_vpc_security_group_ingress_rule" "connection" {
  for_each = local.connections

  security_group_id            = aws_security_group.this[each.value.to].id
  description                  = "${each.value.why} From ${each.value.from}."
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  referenced_security_group_id = aws_security_group.this[each.value.from].id

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}" })
}

resource "aws_vpc_security_group_egress_rule" "connection" {
  for_each = local.connections

  security_group_id            = aws_security_group.this[each.value.from].id
  description                  = "${each.value.why} To ${each.value.to}."
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  referenced_security_group_id = aws_security_group.this[each.value.to].id

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}" })
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = var.internet_egress_enabled ? local.internet_users : toset([])

  security_group_id = aws_security_group.this[each.key].id
  description       = "HTTPS to AWS APIs and the services that the site uses."
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}-https" })
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each = var.internet_egress_enabled ? toset([]) : local.internet_users

  security_group_id = aws_security_group.this[each.key].id
  description       = "HTTPS to S3 by its gateway endpoint."
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = var.s3_prefix_list_id

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}-s3" })
}
