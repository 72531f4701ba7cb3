locals {
  name       = "${var.project_name}-${var.environment}"
  identifier = "${local.name}-db"
}

resource "aws_db_subnet_group" "this" {
  name        = local.identifier
  description = "Private subnets of ${local.identifier}"
  subnet_ids  = var.subnet_ids
  tags        = merge(var.common_tags, { Name = local.identifier })
}

resource "aws_db_parameter_group" "this" {
  name        = "${local.identifier}-postgres16"
  description = "PostgreSQL 16 for ${local.identifier}: TLS only, slow statements logged"
  family      = "postgres16"
  tags        = merge(var.common_tags, { Name = "${local.identifier}-postgres16" })

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Made before the instance: RDS would otherwise create groups that are kept for ever and not encrypted.
resource "aws_cloudwatch_log_group" "export" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${local.identifier}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = merge(var.common_tags, { Name = "${local.identifier}-${each.key}" })
}

# The time at which this instance was first planned goes into the name of its last snapshot, so that the
# snapshot of the next instance of the same name does not collide with it.
resource "terraform_data" "created" {
  input = formatdate("YYYYMMDD'-'hhmmss", timestamp())

  # What makes RDS replace the instance also makes a new name.
  triggers_replace = [local.identifier, var.database_name, var.username, var.kms_key_arn]

  lifecycle {
    ignore_changes = [input]
  }
}

# Reading the stored value back, instead of using a value generated here, keeps parameter and instance the
# same even when an apply is interrupted between the two.
ephemeral "aws_ssm_parameter" "password" {
  arn             = var.password_parameter_arn
  with_decryption = true
}

resource "aws_db_instance" "this" {
  identifier     = local.identifier
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class

  db_name             = var.database_name
  username            = var.username
  password_wo         = ephemeral.aws_ssm_parameter.password.value
  password_wo_version = var.password_version

  storage_type          = "gp3"
  allocated_storage     = var.allocated_storage
  max_allocated_storage = var.max_allocated_storage
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = var.security_group_ids
  parameter_group_name   = aws_db_parameter_group.this.name
  publicly_accessible    = false
  multi_az               = var.multi_az
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period  = var.backup_retention_days
  backup_window            = var.backup_window
  maintenance_window       = var.maintenance_window
  copy_tags_to_snapshot    = true
  delete_automated_backups = true

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = var.skip_final_snapshot
  final_snapshot_identifier = "${local.identifier}-final-${terraform_data.created.output}"

  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false
  apply_immediately           = var.apply_immediately

  enabled_cloudwatch_logs_exports       = sort(keys(aws_cloudwatch_log_group.export))
  performance_insights_enabled          = var.performance_insights_enabled
  performance_insights_kms_key_id       = var.performance_insights_enabled ? var.kms_key_arn : null
  performance_insights_retention_period = var.performance_insights_enabled ? 7 : null

  tags = merge(var.common_tags, { Name = local.identifier })

  depends_on = [aws_cloudwatch_log_group.export]
}
