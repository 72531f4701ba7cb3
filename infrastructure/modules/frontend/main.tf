locals {
  prefix            = "${var.project_name}-${var.environment}"
  name              = "${local.prefix}-frontend"
  container_name    = "frontend"
  capacity_provider = var.use_fargate_spot ? "FARGATE_SPOT" : "FARGATE"

  # Inside its container the server listens on every address: Fargate's load balancer reaches it on the task's IP.
  environment = merge({ HOSTNAME = "0.0.0.0", PORT = tostring(var.container_port) }, var.container_environment)

  # The image has Node.js and need not have curl.
  health_check = join("", [
    "fetch('http://127.0.0.1:'+(process.env.PORT||${var.container_port})+'${var.container_health_path}')",
    ".then(r=>process.exit(r.ok?0:1),()=>process.exit(1))",
  ])
}

data "aws_region" "current" {}

resource "aws_ecs_cluster" "frontend" {
  name = "${local.name}-cluster"
  tags = merge(var.common_tags, { Name = "${local.name}-cluster" })

  setting {
    name  = "containerInsights"
    value = var.container_insights_enabled ? "enabled" : "disabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "frontend" {
  cluster_name       = aws_ecs_cluster.frontend.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = local.capacity_provider
    weight            = 1
  }
}

resource "aws_cloudwatch_log_group" "frontend" {
  name              = "/aws/ecs/${local.prefix}/frontend"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = merge(var.common_tags, { Name = local.name })
}

resource "aws_ecs_task_definition" "frontend" {
  family                   = local.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task_cpu
  memory                   = var.task_memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

  # The circuit breaker rolls back to the revision before this one, which must then still be active.
  skip_destroy = true

  runtime_platform {
    cpu_architecture        = var.cpu_architecture
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([merge(
    {
      name      = local.container_name
      image     = "${aws_ecr_repository.frontend.repository_url}:${var.image_tag}"
      essential = true

      portMappings = [{ containerPort = var.container_port, hostPort = var.container_port, protocol = "tcp" }]

      environment = [for name, value in local.environment : { name = name, value = value }]
      secrets     = [for name, arn in var.container_secrets : { name = name, valueFrom = arn }]

      linuxParameters = { initProcessEnabled = true }

      healthCheck = {
        command     = ["CMD", "node", "-e", local.health_check]
        interval    = 10
        timeout     = 5
        retries     = 3
        startPeriod = 60
      }

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-group"         = aws_cloudwatch_log_group.frontend.name
          "awslogs-region"        = data.aws_region.current.id
          "awslogs-stream-prefix" = local.container_name
        }
      }
    },
    var.container_command == null ? {} : { command = var.container_command },
  )])

  tags = merge(var.common_tags, { Name = local.name })
}

resource "aws_ecs_service" "frontend" {
  name            = "${local.name}-service"
  cluster         = aws_ecs_cluster.frontend.id
  task_definition = aws_ecs_task_definition.frontend.arn
  # With autoscaling, the deploying tool gives the number that runs: the provider would set it back otherwise.
  desired_count = var.autoscaling == null ? var.desired_count : min(max(var.desired_count, var.autoscaling.min), var.autoscaling.max)

  # Whether the new tasks serve is for the deploying tool to watch: it can say why they do not.
  wait_for_steady_state = false

  # Without it the provider makes the service anew, and so takes it down, when its capacity provider changes.
  force_new_deployment = true

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = var.health_check_grace_seconds
  availability_zone_rebalancing      = "ENABLED"
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  capacity_provider_strategy {
    capacity_provider = local.capacity_provider
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    assign_public_ip = false
    subnets          = var.subnet_ids
    security_groups  = var.security_group_ids
  }

  load_balancer {
    target_group_arn = var.target_group_arn
    container_name   = local.container_name
    container_port   = var.container_port
  }

  tags = merge(var.common_tags, { Name = "${local.name}-service" })

  depends_on = [aws_ecs_cluster_capacity_providers.frontend]
}
