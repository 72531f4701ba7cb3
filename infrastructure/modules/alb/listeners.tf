locals {
  # The listener that serves the site; the other one, if any, only redirects to it.
  serving_listener_arn = var.certificate_issued ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
}

# Who sends the content security policy. The provider cannot take this attribute away from a listener, where it would
# overrule the application's own policy: hence another listener when the sender changes.
resource "terraform_data" "policy_sender" {
  input = var.content_security_policy == null ? "application" : "load balancer"
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  tags              = merge(var.common_tags, { Name = "${local.name}-http" })

  routing_http_response_server_enabled                       = false
  routing_http_response_content_security_policy_header_value = var.certificate_issued ? null : var.content_security_policy
  routing_http_response_x_content_type_options_header_value  = "nosniff"
  routing_http_response_x_frame_options_header_value         = "DENY"

  dynamic "default_action" {
    for_each = var.certificate_issued ? [1] : []

    content {
      type = "redirect"

      redirect {
        port        = "443"
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }
  }

  dynamic "default_action" {
    for_each = var.certificate_issued ? [] : [1]

    content {
      type             = "forward"
      target_group_arn = aws_lb_target_group.frontend.arn
    }
  }

  lifecycle {
    replace_triggered_by = [terraform_data.policy_sender]
  }
}

resource "aws_lb_listener" "https" {
  count = var.certificate_issued ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = var.ssl_policy
  certificate_arn   = aws_acm_certificate.this[var.domain_name].arn
  tags              = merge(var.common_tags, { Name = "${local.name}-https" })

  routing_http_response_server_enabled                         = false
  routing_http_response_content_security_policy_header_value   = var.content_security_policy
  routing_http_response_strict_transport_security_header_value = "max-age=${var.hsts_max_age}; includeSubDomains"
  routing_http_response_x_content_type_options_header_value    = "nosniff"
  routing_http_response_x_frame_options_header_value           = "DENY"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.frontend.arn
  }

  lifecycle {
    replace_triggered_by = [terraform_data.policy_sender]
  }
}

locals {
  # A rule holds at most five path patterns.
  backend_rules = { for index, paths in chunklist(var.backend_paths, 5) : format("%02d", index) => paths }
}

resource "aws_lb_listener_rule" "backend" {
  for_each = local.has_function ? local.backend_rules : {}

  listener_arn = local.serving_listener_arn
  priority     = 100 + tonumber(each.key)
  tags         = merge(var.common_tags, { Name = "${local.prefix}-backend-${each.key}" })

  condition {
    path_pattern {
      values = each.value
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.backend.arn
  }

  depends_on = [aws_lb_target_group_attachment.backend]
}

# Rules of their own, with priorities of their own: a function can take over without a moment in which its paths
# go to the frontend.
resource "aws_lb_listener_rule" "backend_missing" {
  for_each = local.has_function ? {} : local.backend_rules

  listener_arn = local.serving_listener_arn
  priority     = 200 + tonumber(each.key)
  tags         = merge(var.common_tags, { Name = "${local.prefix}-backend-missing-${each.key}" })

  condition {
    path_pattern {
      values = each.value
    }
  }

  action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      status_code  = "503"
      message_body = "The backend is not deployed yet."
    }
  }
}
