# The role that Terraform and nestctl work as. Its policies are in policies_*.tf, by concern.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  arn        = "arn:${data.aws_partition.current.partition}"
  region     = data.aws_region.current.id
  name       = "${var.project_name}-${var.environment}"
  role_name  = "${local.name}-terraform"

  boundary_name = "${local.role_name}-boundary"
  suffix        = substr(sha256("${local.account_id}/${local.region}/${var.project_name}/${var.environment}"), 0, 8)
  here          = "${local.region}:${local.account_id}"
  common_tags   = { Project = var.project_name, Environment = var.environment, ManagedBy = "terraform" }

  identity_arns = setunion(
    ["${local.arn}:iam::${local.account_id}:user/${coalesce(var.identity_user_name, local.name)}"],
    var.identity_arns,
  )
}

resource "aws_iam_role" "terraform" {
  name                 = local.role_name
  description          = "Deploys ${local.name}."
  assume_role_policy   = sensitive(data.aws_iam_policy_document.trust.json)
  max_session_duration = var.max_session_duration_in_seconds

  tags = merge(local.common_tags, { Name = local.role_name })
}

data "aws_iam_policy_document" "trust" {
  # The account as principal and the identities as condition: IAM refuses a trust policy that names a user who does not
  # exist yet, and this role comes before the user.
  statement {
    sid     = "IdentitiesWithTheExternalId"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["${local.arn}:iam::${local.account_id}:root"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = local.identity_arns
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.aws_role_external_id]
    }
  }

  dynamic "statement" {
    for_each = var.github_repository[*]

    content {
      sid     = "GithubWorkflows"
      actions = ["sts:AssumeRoleWithWebIdentity"]

      principals {
        type        = "Federated"
        identifiers = [coalesce(var.github_oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))]
      }

      condition {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:aud"
        values   = ["sts.amazonaws.com"]
      }

      # Only a job that runs in the GitHub environment of this name, which the repository may guard with reviewers.
      condition {
        test     = "StringEquals"
        variable = "token.actions.githubusercontent.com:sub"
        values   = ["repo:${statement.value}:environment:${var.environment}"]
      }
    }
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_repository != null && var.github_oidc_provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]

  tags = merge(local.common_tags, { Name = "${var.project_name}-github" })
}

resource "aws_iam_policy" "terraform" {
  for_each = local.policies

  name        = "${local.role_name}-${each.key}"
  description = "What ${local.role_name} may do: ${each.key}."
  policy      = each.value

  tags = merge(local.common_tags, { Name = "${local.role_name}-${each.key}" })

  lifecycle {
    precondition {
      condition     = length(each.value) <= local.policy_size_limit
      error_message = "The policy ${each.key} has ${length(each.value)} characters; IAM takes ${local.policy_size_limit}. Move statements to another policy."
    }
  }
}

resource "aws_iam_role_policy_attachment" "terraform" {
  for_each = aws_iam_policy.terraform

  role       = aws_iam_role.terraform.name
  policy_arn = each.value.arn
}
