locals {
  name = "${var.project_name}-${var.environment}-cache"

  # Parameter group families are named after the major version: valkey7, valkey8, redis7.
  family = "${var.engine}${split(".", var.engine_version)[0]}"
}

resource "aws_elasticache_subnet_group" "this" {
  name        = local.name
  description = "Private subnets of ${local.name}"
  subnet_ids  = var.subnet_ids
  tags        = merge(var.common_tags, { Name = local.name })
}

# A group of its own, because one cannot be changed for a parameter of AWS's. It sets none: the defaults fit (keys with an
# expiry go first when memory is short), and AWS takes a parameter that is set to its default for one that is not set.
resource "aws_elasticache_parameter_group" "this" {
  name        = "${local.name}-${local.family}"
  description = "Least recently used keys with an expiry go first when memory is short"
  family      = local.family
  tags        = merge(var.common_tags, { Name = "${local.name}-${local.family}" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "slow" {
  count = var.slow_log_enabled ? 1 : 0

  name              = "/aws/elasticache/${local.name}/slow-log"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = merge(var.common_tags, { Name = "${local.name}-slow-log" })
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id = local.name
  description          = "Cache and sessions of ${var.project_name} ${var.environment}"

  engine               = var.engine
  engine_version       = var.engine_version
  node_type            = var.node_type
  parameter_group_name = aws_elasticache_parameter_group.this.name

  num_cache_clusters         = var.multi_az ? 2 : 1
  automatic_failover_enabled = var.multi_az
  multi_az_enabled           = var.multi_az

  subnet_group_name  = aws_elasticache_subnet_group.this.name
  security_group_ids = var.security_group_ids

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn
  transit_encryption_enabled = true

  snapshot_retention_limit   = var.snapshot_retention_days
  snapshot_window            = var.snapshot_retention_days > 0 ? "02:00-03:00" : null
  maintenance_window         = "sun:04:00-sun:05:00"
  auto_minor_version_upgrade = true
  apply_immediately          = var.apply_immediately

  dynamic "log_delivery_configuration" {
    for_each = aws_cloudwatch_log_group.slow

    content {
      log_type         = "slow-log"
      log_format       = "json"
      destination_type = "cloudwatch-logs"
      destination      = log_delivery_configuration.value.name
    }
  }

  tags = merge(var.common_tags, { Name = local.name })

  lifecycle {
    # auth_token has no write-only form, so the token would lie in state: the group is made without one,
    # and the deploying tool sets it by ModifyReplicationGroup from Parameter Store. The port is the
    # engine's own choice.
    ignore_changes = [auth_token, auth_token_update_strategy, port]
  }
}

# The resource keeps the configured port only; the API tells where the group really answers.
data "aws_elasticache_replication_group" "this" {
  replication_group_id = aws_elasticache_replication_group.this.id
}
