# Network ACLs keep no connection state: each direction of every conversation needs a rule, and answers come to an
# ephemeral port. NAT gateways answer from 1024 to 65535, so that is the range.

locals {
  anywhere  = "0.0.0.0/0"
  ephemeral = { from_port = 1024, to_port = 65535 }

  application_rules = {
    for index, port in sort([for port in var.application_ports : format("%05d", port)]) :
    "application-${tonumber(port)}" => { number = 200 + index, cidr_block = var.vpc_cidr, from_port = tonumber(port), to_port = tonumber(port) }
  }
}

module "public_nacl" {
  source = "./modules/nacl"

  name        = "${local.name}-public"
  vpc_id      = aws_vpc.this.id
  subnet_ids  = [for key in local.zone_keys : aws_subnet.public[key].id]
  common_tags = var.common_tags

  ingress_rules = {
    http      = { number = 100, cidr_block = local.anywhere, from_port = 80, to_port = 80 }
    https     = { number = 110, cidr_block = local.anywhere, from_port = 443, to_port = 443 }
    responses = merge(local.ephemeral, { number = 300, cidr_block = local.anywhere })
  }

  egress_rules = merge(
    {
      # The NAT gateway's way out for the private subnets.
      https     = { number = 110, cidr_block = local.anywhere, from_port = 443, to_port = 443 }
      responses = merge(local.ephemeral, { number = 300, cidr_block = local.anywhere })
    },
    # The load balancer's way to the tasks.
    local.application_rules,
  )
}

module "private_nacl" {
  source = "./modules/nacl"

  name        = "${local.name}-private"
  vpc_id      = aws_vpc.this.id
  subnet_ids  = [for key in local.zone_keys : aws_subnet.private[key].id]
  common_tags = var.common_tags

  ingress_rules = merge(
    {
      # Interface endpoints lie in the private subnets.
      endpoints = { number = 110, cidr_block = var.vpc_cidr, from_port = 443, to_port = 443 }
      responses = merge(local.ephemeral, { number = 300, cidr_block = local.anywhere })
    },
    local.application_rules,
  )

  egress_rules = merge(
    {
      https     = { number = 110, cidr_block = local.anywhere, from_port = 443, to_port = 443 }
      responses = merge(local.ephemeral, { number = 300, cidr_block = var.vpc_cidr })
    },
    local.application_rules,
  )
}
