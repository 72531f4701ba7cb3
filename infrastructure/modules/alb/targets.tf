locals {
  has_function = var.lambda_function_name != null

  # The port cannot be changed in place; in the name, it lets the next group exist beside this one.
  frontend_target_group_name = "${local.prefix}-frontend-${var.frontend_port}"

  lambda_alias_arn = local.has_function ? join(":", [
    "arn", data.aws_partition.current.partition, "lambda", data.aws_region.current.id,
    data.aws_caller_identity.current.account_id, "function", var.lambda_function_name, var.lambda_alias,
  ]) : null
}

data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

resource "aws_lb_target_group" "frontend" {
  name                 = local.frontend_target_group_name
  target_type          = "ip"
  vpc_id               = var.vpc_id
  port                 = var.frontend_port
  protocol             = "HTTP"
  deregistration_delay = 30
  tags                 = merge(var.common_tags, { Name = local.frontend_target_group_name })

  # A new container is in service after two good answers; a slow start is covered by the service's
  # grace period, not by patience here.
  health_check {
    path                = var.frontend_health_path
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_target_group" "backend" {
  name        = "${local.prefix}-backend"
  target_type = "lambda"
  tags        = merge(var.common_tags, { Name = "${local.prefix}-backend" })

  # With single values only the last Set-Cookie header of an answer survives.
  lambda_multi_value_headers_enabled = true
}

resource "aws_lambda_permission" "backend" {
  count = local.has_function ? 1 : 0

  statement_id  = "${local.prefix}-alb"
  action        = "lambda:InvokeFunction"
  function_name = var.lambda_function_name
  qualifier     = var.lambda_alias
  principal     = "elasticloadbalancing.amazonaws.com"
  source_arn    = aws_lb_target_group.backend.arn
}

resource "aws_lb_target_group_attachment" "backend" {
  count = local.has_function ? 1 : 0

  target_group_arn = aws_lb_target_group.backend.arn
  target_id        = local.lambda_alias_arn

  depends_on = [aws_lambda_permission.backend]
}
