locals {
  identity_arn = "arn:${local.partition}:iam::${local.account_id}:user/${coalesce(var.identity_user_name, "${var.project_name}-state")}"
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "LetIamPoliciesDecide"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }

  # KMS makes a key only for who may change its policy later. The user's own policy lets it change tagged keys, and a key
  # that is being made has no tags yet.
  statement {
    sid       = "WhoMakesTheKeyMayChangeThisPolicy"
    actions   = ["kms:PutKeyPolicy"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.identity_arn]
    }
  }
}

resource "aws_kms_key" "state" {
  for_each = local.states

  description             = "Encrypts the Terraform state ${each.key} of ${var.project_name}."
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_in_days
  policy                  = data.aws_iam_policy_document.key.json

  tags = merge(local.common_tags, { Name = "${var.project_name}-state-${each.key}", Environment = each.value.environment })
}

resource "aws_kms_alias" "state" {
  for_each = local.states

  name          = "alias/${var.project_name}-state-${each.key}"
  target_key_id = aws_kms_key.state[each.key].key_id
}
