# Three resources and two variables keep this free of a cycle: a plain parameter may hold the database's address while
# the database takes its password from a generated one. Hence nothing but `plain` reads var.plain_values.

locals {
  name = "${var.project_name}-${var.environment}"

  names_of_kind = {
    for kind in ["secret", "generated", "plain"] :
    kind => toset([for name, parameter in var.parameters : name if parameter.kind == kind])
  }

  # Generated values that another part of the stack uses must exist before that part is created. The others are made by
  # the tool, as secrets are.
  generated_for_use = toset([for name in local.names_of_kind.generated : name if var.parameters[name].use != null])
  set_later         = setunion(local.names_of_kind.secret, setsubtract(local.names_of_kind.generated, local.generated_for_use))

  # Parameter Store takes no empty description and at most 1,024 characters.
  descriptions = {
    for name, parameter in var.parameters :
    name => parameter.description == "" ? null : substr(parameter.description, 0, 1024)
  }

  secret_arns = merge(
    { for name, parameter in aws_ssm_parameter.secret : name => parameter.arn },
    { for name, parameter in aws_ssm_parameter.generated : name => parameter.arn },
  )
}

# Made anew at every run and never stored; only the first one reaches Parameter Store, because the version below stays 1.
# Letters and digits only: RDS refuses some punctuation, ElastiCache other.
ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = local.generated_for_use

  password_length     = 48
  exclude_punctuation = true
}

# Write-only values: neither state nor plan holds them, and what someone sets later is not undone. That takes more than
# the version: the provider sends a value with every change of these attributes, and the only one that it knows by then
# is the empty one. So they are set once, and later ones are for the tool to carry, which sends the stored value along.
# The version stands among them because an imported parameter has none: it would be given a new value.
resource "aws_ssm_parameter" "generated" {
  for_each = local.generated_for_use

  name             = "${var.parameter_path}${each.key}"
  description      = local.descriptions[each.key]
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = ephemeral.aws_secretsmanager_random_password.this[each.key].random_password
  value_wo_version = 1

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}" })

  lifecycle {
    ignore_changes = [allowed_pattern, data_type, description, key_id, overwrite, tier, type, value_wo_version]
  }
}

resource "aws_ssm_parameter" "secret" {
  for_each = local.set_later

  name             = "${var.parameter_path}${each.key}"
  description      = local.descriptions[each.key]
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.placeholder
  value_wo_version = 1

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}" })

  lifecycle {
    ignore_changes = [allowed_pattern, data_type, description, key_id, overwrite, tier, type, value_wo_version]
  }
}

# Hosts, names and addresses: no secrets, but encrypted alike so that the application reads all in one call.
resource "aws_ssm_parameter" "plain" {
  for_each = local.names_of_kind.plain

  name        = "${var.parameter_path}${each.key}"
  description = local.descriptions[each.key]
  type        = "SecureString"
  key_id      = var.kms_key_arn
  value       = lookup(var.plain_values, each.key, var.parameters[each.key].value)

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}" })
}
