locals {
  # The root bootstrap makes it, and lets Terraform write policies into roles that it bounds only.
  permissions_boundary_arn = "${local.arn}:iam::${local.account_id}:policy/${local.name}-terraform-boundary"

  tasks_cluster_arn = "${local.arn}:ecs:${local.region}:${local.account_id}:cluster/${local.name}-tasks-cluster"

  roles = {
    lambda        = { service = "lambda.amazonaws.com", description = "Backend function of ${local.name}." }
    ecs-execution = { service = "ecs-tasks.amazonaws.com", description = "Starts the tasks of ${local.name}: pulls images, reads secrets, writes logs." }
    ecs-task      = { service = "ecs-tasks.amazonaws.com", description = "Backend tasks of ${local.name}." }
    frontend-task = { service = "ecs-tasks.amazonaws.com", description = "Frontend tasks of ${local.name}: no AWS permission at all." }
    scheduler     = { service = "scheduler.amazonaws.com", description = "Starts the scheduled tasks of ${local.name}." }
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.roles

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value.service]
    }

    # Lambda sends no source account when it assumes a function's role; the others do, and nobody else's may.
    dynamic "condition" {
      for_each = each.key == "lambda" ? [] : [local.account_id]

      content {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [condition.value]
      }
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name               = "${local.name}-${each.key}"
  description        = each.value.description
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json

  permissions_boundary = local.permissions_boundary_arn

  tags = merge(var.common_tags, { Name = "${local.name}-${each.key}" })
}

resource "aws_iam_role_policy" "this" {
  for_each = local.policies

  name   = "${local.name}-${each.key}"
  role   = aws_iam_role.this[each.key].id
  policy = each.value
}
