locals {
  prefix            = "${var.project_name}-${var.environment}"
  cluster_name      = "${local.prefix}-tasks-cluster"
  capacity_provider = var.use_fargate_spot ? "FARGATE_SPOT" : "FARGATE"
}

resource "aws_ecs_cluster" "tasks" {
  name = local.cluster_name
  tags = merge(var.common_tags, { Name = local.cluster_name })

  setting {
    name  = "containerInsights"
    value = var.container_insights_enabled ? "enabled" : "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "tasks" {
  cluster_name       = aws_ecs_cluster.tasks.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = local.capacity_provider
    weight            = 1
  }
}

resource "aws_cloudwatch_log_group" "tasks" {
  name              = "/aws/ecs/${local.prefix}/tasks"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = merge(var.common_tags, { Name = "${local.prefix}-tasks" })
}

module "task" {
  source   = "./modules/task"
  for_each = var.tasks

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  name                  = each.key
  image                 = "${aws_ecr_repository.backend.repository_url}:${var.image_tag}"
  command               = each.value.command
  cpu                   = each.value.cpu
  memory                = each.value.memory
  cpu_architecture      = var.cpu_architecture
  container_environment = merge(var.container_environment, { NEST_RELEASE = var.image_tag }, each.value.environment)
  execution_role_arn    = var.execution_role_arn
  task_role_arn         = var.task_role_arn
  log_group_name        = aws_cloudwatch_log_group.tasks.name

  schedule = each.value.schedule
  schedule_target = {
    cluster_arn        = aws_ecs_cluster.tasks.arn
    role_arn           = var.scheduler_role_arn
    subnet_ids         = var.subnet_ids
    security_group_ids = var.security_group_ids
    capacity_provider  = local.capacity_provider
    kms_key_arn        = var.kms_key_arn
  }
}
