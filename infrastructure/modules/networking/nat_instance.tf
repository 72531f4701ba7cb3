# One small instance in place of the gateways, for environments in which their price matters more than their uptime.

locals {
  has_nat_instance = var.nat_gateway_mode == "instance"

  # The parts in the private subnets send out HTTPS and nothing else.
  nat_instance_port = 443

  nat_instance_user_data = !local.has_nat_instance ? "" : templatefile("${path.module}/templates/nat_instance.sh.tftpl", {
    port     = local.nat_instance_port
    vpc_cidr = var.vpc_cidr
  })
}

# Published by AWS for everyone. RunInstances would resolve the name itself, but the provider looks up the image's root
# device first and wants an id for that.
data "aws_ssm_parameter" "nat_instance_image" {
  count = local.has_nat_instance ? 1 : 0

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

resource "aws_security_group" "nat_instance" {
  count = local.has_nat_instance ? 1 : 0

  name        = "${local.name}-nat-instance"
  description = "NAT instance of ${local.name}"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.common_tags, { Name = "${local.name}-nat-instance" })
}

resource "aws_vpc_security_group_ingress_rule" "nat_instance" {
  for_each = local.has_nat_instance ? local.zones : {}

  security_group_id = aws_security_group.nat_instance[0].id
  description       = "HTTPS that ${local.name}-private-${each.value + 1} sends to the internet"
  cidr_ipv4         = aws_subnet.private[each.key].cidr_block
  ip_protocol       = "tcp"
  from_port         = local.nat_instance_port
  to_port           = local.nat_instance_port

  tags = merge(var.common_tags, { Name = "${local.name}-nat-instance-${each.key}" })
}

resource "aws_vpc_security_group_egress_rule" "nat_instance" {
  count = local.has_nat_instance ? 1 : 0

  security_group_id = aws_security_group.nat_instance[0].id
  description       = "HTTPS to the internet"
  cidr_ipv4         = local.anywhere
  ip_protocol       = "tcp"
  from_port         = local.nat_instance_port
  to_port           = local.nat_instance_port

  tags = merge(var.common_tags, { Name = "${local.name}-nat-instance-internet" })
}

resource "aws_instance" "nat" {
  count = local.has_nat_instance ? 1 : 0

  ami                         = data.aws_ssm_parameter.nat_instance_image[0].insecure_value
  instance_type               = "t4g.nano"
  subnet_id                   = aws_subnet.public[local.zone_keys[0]].id
  vpc_security_group_ids      = [aws_security_group.nat_instance[0].id]
  source_dest_check           = false
  ebs_optimized               = true
  user_data                   = local.nat_instance_user_data
  user_data_replace_on_change = true

  # Without it AWS bills the processor time that a busy instance takes beyond its share.
  credit_specification {
    cpu_credits = "standard"
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 8
    encrypted   = true

    tags = merge(var.common_tags, { Name = "${local.name}-nat-instance" })
  }

  tags = merge(var.common_tags, { Name = "${local.name}-nat-instance" })

  # AWS publishes an image every few weeks; the way out is not cut for each. README.md says how to take the newest.
  lifecycle {
    ignore_changes = [ami]
  }
}

# An address of its own: it stays the same when the instance is stopped or replaced, so that others can allow it.
resource "aws_eip" "nat_instance" {
  count = local.has_nat_instance ? 1 : 0

  domain   = "vpc"
  instance = aws_instance.nat[0].id

  tags = merge(var.common_tags, { Name = "${local.name}-nat-instance" })

  depends_on = [aws_internet_gateway.this]
}
