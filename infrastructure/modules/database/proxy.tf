locals {
  has_proxy = var.proxy_enabled || var.proxy_kept
}

# RDS Proxy reads its credentials from Secrets Manager only; the secret is written by a write-only argument.
resource "aws_secretsmanager_secret" "proxy" {
  count = local.has_proxy ? 1 : 0

  name        = "${local.identifier}-proxy"
  description = "Master credentials of ${local.identifier} for its proxy"
  kms_key_id  = var.kms_key_arn
  # A name in its recovery window cannot be used again, and the password also lives in Parameter Store.
  recovery_window_in_days = 0
  tags                    = merge(var.common_tags, { Name = "${local.identifier}-proxy" })
}

resource "aws_secretsmanager_secret_version" "proxy" {
  count = local.has_proxy ? 1 : 0

  secret_id = aws_secretsmanager_secret.proxy[0].id
  secret_string_wo = jsonencode({
    username = var.username
    password = ephemeral.aws_ssm_parameter.password.value
  })
  secret_string_wo_version = var.password_version
}

data "aws_iam_policy_document" "proxy_trust" {
  count = local.has_proxy ? 1 : 0

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["rds.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "proxy" {
  count = local.has_proxy ? 1 : 0

  statement {
    sid       = "ReadCredentials"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.proxy[0].arn]
  }

  statement {
    sid       = "DecryptCredentials"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["secretsmanager.*.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "proxy" {
  count = local.has_proxy ? 1 : 0

  name               = "${local.identifier}-proxy"
  description        = "Lets the proxy of ${local.identifier} read its credentials"
  assume_role_policy = data.aws_iam_policy_document.proxy_trust[0].json

  permissions_boundary = var.permissions_boundary_arn

  tags = merge(var.common_tags, { Name = "${local.identifier}-proxy" })
}

resource "aws_iam_role_policy" "proxy" {
  count = local.has_proxy ? 1 : 0

  name   = "read-credentials"
  role   = aws_iam_role.proxy[0].id
  policy = data.aws_iam_policy_document.proxy[0].json
}

resource "aws_db_proxy" "this" {
  count = local.has_proxy ? 1 : 0

  name                   = "${local.identifier}-proxy"
  engine_family          = "POSTGRESQL"
  require_tls            = true
  idle_client_timeout    = 1800
  role_arn               = aws_iam_role.proxy[0].arn
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = var.security_group_ids

  auth {
    auth_scheme               = "SECRETS"
    client_password_auth_type = "POSTGRES_SCRAM_SHA_256"
    iam_auth                  = "DISABLED"
    secret_arn                = aws_secretsmanager_secret.proxy[0].arn
  }

  tags = merge(var.common_tags, { Name = "${local.identifier}-proxy" })

  depends_on = [aws_iam_role_policy.proxy, aws_secretsmanager_secret_version.proxy]
}

resource "aws_db_proxy_default_target_group" "this" {
  count = local.has_proxy ? 1 : 0

  db_proxy_name = aws_db_proxy.this[0].name

  connection_pool_config {
    connection_borrow_timeout    = 30
    max_connections_percent      = 90
    max_idle_connections_percent = 50
  }
}

resource "aws_db_proxy_target" "this" {
  count = local.has_proxy ? 1 : 0

  db_proxy_name          = aws_db_proxy.this[0].name
  target_group_name      = aws_db_proxy_default_target_group.this[0].name
  db_instance_identifier = aws_db_instance.this.identifier
}
