# Apart from the database: its own automated backups go with it when it is deleted, these stay.

data "aws_partition" "current" {}

locals {
  name = "${var.project_name}-${var.environment}"
}

resource "aws_backup_vault" "this" {
  name          = local.name
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.force_destroy
  tags          = merge(var.common_tags, { Name = local.name })
}

resource "aws_backup_plan" "this" {
  name = local.name
  tags = merge(var.common_tags, { Name = local.name })

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.this.name
    schedule          = var.schedule
    start_window      = 60
    completion_window = 180

    lifecycle {
      delete_after = var.retention_days
    }
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "${local.name}-backup"
  description        = "Lets AWS Backup save the data of ${local.name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  permissions_boundary = var.permissions_boundary_arn

  tags = merge(var.common_tags, { Name = "${local.name}-backup" })
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
}

resource "aws_backup_selection" "this" {
  name         = local.name
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.this.arn
  resources    = var.resource_arns

  depends_on = [aws_iam_role_policy_attachment.this]
}
