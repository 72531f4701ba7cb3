locals {
  family = "${var.project_name}-${var.environment}-${var.name}"
}

data "aws_region" "current" {}

resource "aws_ecs_task_definition" "this" {
  family                   = local.family
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

  runtime_platform {
    cpu_architecture        = var.cpu_architecture
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([{
    name      = var.name
    image     = var.image
    command   = var.command
    essential = true

    # Sorted as a map is, so that the definition stays the same while its content does.
    environment = [for name, value in var.container_environment : { name = name, value = value }]

    linuxParameters = { initProcessEnabled = true }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = var.log_group_name
        "awslogs-region"        = data.aws_region.current.id
        "awslogs-stream-prefix" = var.name
      }
    }
  }])

  tags = merge(var.common_tags, { Name = local.family })
}

resource "aws_scheduler_schedule" "this" {
  count = var.schedule != null ? 1 : 0

  name                         = local.family
  description                  = "Runs ${local.family}"
  schedule_expression          = var.schedule
  schedule_expression_timezone = "UTC"
  kms_key_arn                  = var.schedule_target.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.schedule_target.cluster_arn
    role_arn = var.schedule_target.role_arn

    ecs_parameters {
      # Without its revision the family's newest definition runs, and the schedule need not change with it.
      task_definition_arn = aws_ecs_task_definition.this.arn_without_revision
      task_count          = 1
      propagate_tags      = "TASK_DEFINITION"

      capacity_provider_strategy {
        capacity_provider = var.schedule_target.capacity_provider
        weight            = 1
      }

      network_configuration {
        assign_public_ip = false
        subnets          = var.schedule_target.subnet_ids
        security_groups  = var.schedule_target.security_group_ids
      }
    }

    # A run that could not start is tried again for ten minutes; then the next one is due anyway.
    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 3
    }
  }
}
