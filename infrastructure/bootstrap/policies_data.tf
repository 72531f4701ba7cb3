# Database, cache and parameters.

data "aws_iam_policy_document" "data" {
  statement {
    sid = "Unscopable"
    actions = [
      "elasticache:Describe*",
      "rds:CreateDBProxy",
      "rds:Describe*",
      "secretsmanager:GetRandomPassword",
      "ssm:DescribeParameters",
    ]
    resources = ["*"]
  }

  statement {
    sid = "Database"
    actions = [
      "rds:AddTagsToResource",
      "rds:CreateDBInstance",
      "rds:CreateDBParameterGroup",
      "rds:CreateDBSnapshot",
      "rds:CreateDBSubnetGroup",
      "rds:DeleteDBInstance",
      "rds:DeleteDBInstanceAutomatedBackup",
      "rds:DeleteDBParameterGroup",
      "rds:DeleteDBSnapshot",
      "rds:DeleteDBSubnetGroup",
      "rds:ListTagsForResource",
      "rds:ModifyDBInstance",
      "rds:ModifyDBParameterGroup",
      "rds:ModifyDBSubnetGroup",
      "rds:RebootDBInstance",
      "rds:RemoveTagsFromResource",
      "rds:ResetDBParameterGroup",
      "rds:RestoreDBInstanceFromDBSnapshot",
    ]
    resources = [
      "${local.arn}:rds:${local.here}:auto-backup:*",
      "${local.arn}:rds:${local.here}:db:${local.name}-*",
      "${local.arn}:rds:${local.here}:og:default*",
      "${local.arn}:rds:${local.here}:pg:${local.name}-*",
      "${local.arn}:rds:${local.here}:snapshot:${local.name}-*",
      "${local.arn}:rds:${local.here}:snapshot:rds:${local.name}-*",
      "${local.arn}:rds:${local.here}:subgrp:${local.name}-*",
    ]
  }

  # AWS names a proxy's ARN and its target group itself.
  statement {
    sid = "DatabaseProxy"
    actions = [
      "rds:AddTagsToResource",
      "rds:DeleteDBProxy",
      "rds:DeregisterDBProxyTargets",
      "rds:ListTagsForResource",
      "rds:ModifyDBProxy",
      "rds:ModifyDBProxyTargetGroup",
      "rds:RegisterDBProxyTargets",
      "rds:RemoveTagsFromResource",
    ]
    resources = [
      "${local.arn}:rds:${local.here}:db-proxy:*",
      "${local.arn}:rds:${local.here}:db:${local.name}-*",
      "${local.arn}:rds:${local.here}:target-group:*",
    ]
  }

  # AWS asks for clusters, too, whatever the target is (service authorization reference).
  statement {
    sid       = "DatabaseProxyTargets"
    actions   = ["rds:DeregisterDBProxyTargets"]
    resources = ["${local.arn}:rds:${local.here}:cluster:*"]
  }

  statement {
    sid = "DatabaseProxySecret"
    actions = [
      "secretsmanager:CreateSecret",
      "secretsmanager:DeleteSecret",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetResourcePolicy",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:TagResource",
      "secretsmanager:UntagResource",
      "secretsmanager:UpdateSecret",
    ]
    resources = ["${local.arn}:secretsmanager:${local.here}:secret:${local.name}-*"]
  }

  statement {
    sid = "Cache"
    actions = [
      "elasticache:AddTagsToResource",
      "elasticache:CreateCacheParameterGroup",
      "elasticache:CreateCacheSubnetGroup",
      "elasticache:CreateReplicationGroup",
      "elasticache:DecreaseReplicaCount",
      "elasticache:DeleteCacheParameterGroup",
      "elasticache:DeleteCacheSubnetGroup",
      "elasticache:DeleteReplicationGroup",
      "elasticache:IncreaseReplicaCount",
      "elasticache:ListTagsForResource",
      "elasticache:ModifyCacheParameterGroup",
      "elasticache:ModifyCacheSubnetGroup",
      "elasticache:ModifyReplicationGroup",
      "elasticache:RemoveTagsFromResource",
      "elasticache:ResetCacheParameterGroup",
    ]
    resources = [
      "${local.arn}:elasticache:${local.here}:cluster:${local.name}-*",
      "${local.arn}:elasticache:${local.here}:parametergroup:${local.name}-*",
      "${local.arn}:elasticache:${local.here}:replicationgroup:${local.name}-*",
      "${local.arn}:elasticache:${local.here}:snapshot:${local.name}-*",
      "${local.arn}:elasticache:${local.here}:subnetgroup:${local.name}-*",
    ]
  }

  statement {
    sid = "Parameters"
    actions = [
      "ssm:AddTagsToResource",
      "ssm:DeleteParameter",
      "ssm:GetParameter",
      "ssm:GetParameters",
      "ssm:GetParametersByPath",
      "ssm:ListTagsForResource",
      "ssm:PutParameter",
      "ssm:RemoveTagsFromResource",
    ]
    resources = [
      "${local.arn}:ssm:${local.here}:parameter/${var.project_name}/${var.environment}",
      "${local.arn}:ssm:${local.here}:parameter/${var.project_name}/${var.environment}/*",
    ]
  }
}
