# VPC, subnets and routes. NAT, endpoints, network ACLs and flow logs have a file each.

data "aws_availability_zones" "available" {
  state            = "available"
  exclude_zone_ids = var.excluded_zone_ids

  # Local and wavelength zones lack most services.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  name = "${var.project_name}-${var.environment}"

  # Keys are ordinals, not zone names: the addresses of the subnets then stay the same whatever the account calls its zones.
  zones              = { for index in range(var.availability_zone_count) : format("zone-%d", index + 1) => index }
  zone_keys          = sort(keys(local.zones))
  availability_zones = slice(data.aws_availability_zones.available.names, 0, min(var.availability_zone_count, length(data.aws_availability_zones.available.names)))
}

resource "aws_vpc" "this" {
  cidr_block           = var.vpc_cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = merge(var.common_tags, { Name = "${local.name}-vpc" })

  lifecycle {
    precondition {
      condition     = length(data.aws_availability_zones.available.names) >= var.availability_zone_count
      error_message = "availability_zone_count is ${var.availability_zone_count}, but the region has ${length(data.aws_availability_zones.available.names)} zones besides excluded_zone_ids. Lower it or choose another region."
    }
  }
}

# Nothing uses the VPC's default group; without rules, a resource that lands in it by mistake reaches nothing.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.common_tags, { Name = "${local.name}-default-unused" })
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.common_tags, { Name = "${local.name}-internet" })
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = local.availability_zones[each.value]
  cidr_block              = cidrsubnet(var.vpc_cidr, 4, each.value)
  map_public_ip_on_launch = false

  tags = merge(var.common_tags, { Name = "${local.name}-public-${each.value + 1}" })

  # A zone that AWS adds later may sort first; subnets that exist stay where they are.
  lifecycle {
    ignore_changes = [availability_zone]
  }
}

resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id            = aws_vpc.this.id
  availability_zone = local.availability_zones[each.value]
  cidr_block        = cidrsubnet(var.vpc_cidr, 4, each.value + 8)

  tags = merge(var.common_tags, { Name = "${local.name}-private-${each.value + 1}" })

  lifecycle {
    ignore_changes = [availability_zone]
  }

  # Lambda gives its network interfaces back up to an hour after the function is gone.
  timeouts {
    delete = "60m"
  }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.common_tags, { Name = "${local.name}-public" })
}

resource "aws_route" "public_internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = local.zones

  route_table_id = aws_route_table.public.id
  subnet_id      = aws_subnet.public[each.key].id
}

resource "aws_route_table" "private" {
  for_each = local.zones

  vpc_id = aws_vpc.this.id

  tags = merge(var.common_tags, { Name = "${local.name}-private-${each.value + 1}" })
}

resource "aws_route_table_association" "private" {
  for_each = local.zones

  route_table_id = aws_route_table.private[each.key].id
  subnet_id      = aws_subnet.private[each.key].id
}
