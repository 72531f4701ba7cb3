locals {
  # Zones that have a gateway, and for each zone the one that its private subnet uses. nat_instance.tf has the other way.
  nat_zones = { for key, index in local.zones : key => index if var.nat_gateway_mode == "per_zone" || (var.nat_gateway_mode == "single" && index == 0) }
  nat_zone_of = {
    for key in local.zone_keys : key => contains(keys(local.nat_zones), key) ? key : local.zone_keys[0]
    if var.nat_gateway_mode != "none"
  }
}

resource "aws_eip" "nat" {
  for_each = local.nat_zones

  domain = "vpc"

  tags = merge(var.common_tags, { Name = "${local.name}-nat-${each.value + 1}" })

  # An address is reachable only while the VPC has its internet gateway.
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = local.nat_zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = merge(var.common_tags, { Name = "${local.name}-nat-${each.value + 1}" })

  depends_on = [aws_internet_gateway.this]
}

# One route for every mode, so that a change of mode turns it in place.
resource "aws_route" "private_nat" {
  for_each = local.nat_zone_of

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = local.has_nat_instance ? null : aws_nat_gateway.this[each.value].id
  network_interface_id   = local.has_nat_instance ? aws_instance.nat[0].primary_network_interface_id : null
}
