data "aws_region" "current" {}

resource "aws_vpc_endpoint" "this" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.id}.${var.service}"
  vpc_endpoint_type = var.type
  policy            = var.policy_json

  route_table_ids     = var.type == "Gateway" ? var.route_table_ids : null
  subnet_ids          = var.type == "Interface" ? var.subnet_ids : null
  security_group_ids  = var.type == "Interface" ? var.security_group_ids : null
  private_dns_enabled = var.type == "Interface" ? true : null

  tags = merge(var.common_tags, { Name = var.name })
}
