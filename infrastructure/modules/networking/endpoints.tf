# The gateway endpoint costs nothing and keeps image layers, fixtures and logs off the NAT gateway.
module "s3_endpoint" {
  source = "./modules/vpc-endpoint"

  name            = "${local.name}-s3"
  vpc_id          = aws_vpc.this.id
  service         = "s3"
  type            = "Gateway"
  route_table_ids = [for key in local.zone_keys : aws_route_table.private[key].id]
  common_tags     = var.common_tags
}

module "interface_endpoint" {
  source   = "./modules/vpc-endpoint"
  for_each = var.interface_endpoints

  name               = "${local.name}-${each.value}"
  vpc_id             = aws_vpc.this.id
  service            = each.value
  type               = "Interface"
  subnet_ids         = [for key in local.zone_keys : aws_subnet.private[key].id]
  security_group_ids = var.endpoint_security_group_ids
  common_tags        = var.common_tags
}
