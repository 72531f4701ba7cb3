mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = {
      partition = "aws"
    }
  }

  mock_data "aws_region" {
    defaults = {
      id   = "us-east-1"
      name = "us-east-1"
    }
  }

  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "000000000000"
    }
  }

  mock_resource "aws_lb" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/nest-staging-alb/0000000000000000"
    }
  }

  mock_resource "aws_lb_listener" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/nest-staging-alb/0000000000000000/0000000000000000"
    }
  }

  mock_resource "aws_lb_target_group" {
    defaults = {
      arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/nest/0000000000000000"
    }
  }

  mock_resource "aws_wafv2_web_acl" {
    defaults = {
      arn = "arn:aws:wafv2:us-east-1:000000000000:regional/webacl/nest-staging-alb/00000000-0000-0000-0000-000000000000"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = {
      arn = "arn:aws:logs:us-east-1:000000000000:log-group:aws-waf-logs-nest-staging-alb"
    }
  }

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000"
    }
  }
}

variables {
  project_name            = "nest"
  environment             = "staging"
  vpc_id                  = "vpc-1"
  subnet_ids              = ["subnet-a", "subnet-b"]
  security_group_ids      = ["sg-alb"]
  logs_bucket_name        = "nest-staging-logs"
  domain_name             = "staging.nest.owasp.org"
  content_security_policy = "default-src 'self'"
  frontend_health_path    = "/api/health"
  backend_paths           = ["/a/*", "/b/*", "/c/*", "/d/*", "/e/*", "/f/*"]
}

run "serves_over_tls_with_safety_headers_and_answers_503_without_a_function" {
  assert {
    condition     = aws_lb.this.name == "nest-staging-alb" && aws_lb.this.drop_invalid_header_fields
    error_message = "The load balancer is not the strict nest-staging-alb."
  }

  assert {
    condition     = startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13-")
    error_message = "The listener speaks less than TLS 1.3's policies."
  }

  assert {
    condition = (
      aws_lb_listener.https[0].routing_http_response_content_security_policy_header_value == "default-src 'self'" &&
      startswith(aws_lb_listener.https[0].routing_http_response_strict_transport_security_header_value, "max-age=31536000") &&
      aws_lb_listener.https[0].routing_http_response_x_content_type_options_header_value == "nosniff" &&
      aws_lb_listener.https[0].routing_http_response_x_frame_options_header_value == "DENY" &&
      aws_lb_listener.https[0].routing_http_response_server_enabled == false
    )
    error_message = "A safety header is missing on the listener that serves."
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "HTTP does not lead to HTTPS."
  }

  assert {
    condition     = length(aws_lb_listener_rule.backend) == 0 && length(aws_lb_target_group_attachment.backend) == 0 && length(aws_lambda_permission.backend) == 0
    error_message = "Without a function nothing may point to one."
  }

  assert {
    condition     = alltrue([for rule in aws_lb_listener_rule.backend_missing : rule.action[0].fixed_response[0].status_code == "503"])
    error_message = "A backend path does not say that the backend is missing."
  }

  assert {
    condition     = [for rule in aws_lb_listener_rule.backend_missing : length(one(one(rule.condition).path_pattern).values)] == [5, 1]
    error_message = "A rule holds at most five paths, and every path is in one."
  }
}

run "forwards_to_the_alias_behind_a_firewall_by_choice" {
  variables {
    lambda_function_name = "nest-staging"
    waf_enabled          = true
    kms_key_arn          = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
  }

  assert {
    condition     = aws_lb_target_group_attachment.backend[0].target_id == "arn:aws:lambda:us-east-1:000000000000:function:nest-staging:live"
    error_message = "The target is not the alias live."
  }

  assert {
    condition     = aws_lambda_permission.backend[0].qualifier == "live" && aws_lambda_permission.backend[0].source_arn == aws_lb_target_group.backend.arn
    error_message = "The load balancer may not invoke the alias, or more than this target group may."
  }

  assert {
    condition     = aws_lb_target_group.backend.lambda_multi_value_headers_enabled
    error_message = "Only the last Set-Cookie header would survive."
  }

  assert {
    condition     = length(aws_lb_listener_rule.backend) == 2 && length(aws_lb_listener_rule.backend_missing) == 0 && alltrue([for rule in aws_lb_listener_rule.backend : rule.action[0].type == "forward"])
    error_message = "The backend's paths are not forwarded."
  }

  assert {
    condition     = startswith(aws_cloudwatch_log_group.waf[0].name, "aws-waf-logs-") && aws_cloudwatch_log_group.waf[0].kms_key_id == var.kms_key_arn
    error_message = "What the firewall stops is not logged, or not encrypted."
  }

  assert {
    condition     = length(aws_wafv2_web_acl_association.this) == 1 && length(aws_wafv2_web_acl.this[0].rule) == 4
    error_message = "The firewall lacks a rule or is not before the load balancer."
  }
}

run "serves_over_http_until_the_certificate_is_issued" {
  variables {
    certificate_issued = false
  }

  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http.default_action[0].type == "forward"
    error_message = "Without a certificate HTTP serves, and there is no HTTPS."
  }

  assert {
    condition     = alltrue([for rule in aws_lb_listener_rule.backend_missing : rule.listener_arn == aws_lb_listener.http.arn])
    error_message = "The backend's paths are not on the listener that serves."
  }

  assert {
    condition     = aws_lb_listener.http.routing_http_response_content_security_policy_header_value == "default-src 'self'"
    error_message = "The content security policy is missing on the listener that serves."
  }
}

run "serves_with_its_own_certificate_while_the_next_one_is_waited_for" {
  override_resource {
    target = aws_acm_certificate.this["next.nest.owasp.org"]
    values = {
      arn = "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000001"
      domain_validation_options = [{
        domain_name           = "next.nest.owasp.org"
        resource_record_name  = "_0.next.nest.owasp.org."
        resource_record_type  = "CNAME"
        resource_record_value = "_1.acm-validations.aws."
      }]
    }
  }

  variables {
    next_domain_name = "next.nest.owasp.org"
  }

  assert {
    condition     = endswith(aws_lb_listener.https[0].certificate_arn, "0") && endswith(output.certificate_arn, "0")
    error_message = "The listener does not keep its certificate while the next one is not issued."
  }

  assert {
    condition     = endswith(output.certificate_arns["next.nest.owasp.org"], "1")
    error_message = "The next domain's certificate is not requested."
  }

  assert {
    condition     = one(output.certificate_domain_validation_options).domain_name == "next.nest.owasp.org"
    error_message = "The records of the certificate that is waited for are not told."
  }

  assert {
    condition     = toset(output.domain_names) == toset(["staging.nest.owasp.org", "next.nest.owasp.org"])
    error_message = "The application is not told of both domains while the site moves."
  }
}

run "takes_a_top_level_domain_of_other_letters" {
  command = plan

  variables {
    domain_name      = "nest.xn--p1ai"
    next_domain_name = "next.xn--p1ai"
  }

  assert {
    condition     = contains(output.domain_names, "nest.xn--p1ai")
    error_message = "A top-level domain in xn-- is refused."
  }
}

run "refuses_a_url_as_next_domain" {
  command         = plan
  expect_failures = [var.next_domain_name]

  variables {
    next_domain_name = "https://staging.nest.owasp.org"
  }
}

run "refuses_a_url_as_domain" {
  command         = plan
  expect_failures = [var.domain_name]

  variables {
    domain_name = "https://staging.nest.owasp.org"
  }
}

run "leaves_the_policy_to_an_application_that_sends_its_own" {
  variables {
    content_security_policy = null
  }

  assert {
    condition     = terraform_data.policy_sender.output == "application"
    error_message = "The listener of before would stay, and its policy overrule the application's."
  }
}

run "refuses_a_policy_of_1001_characters" {
  command         = plan
  expect_failures = [var.content_security_policy]

  variables {
    content_security_policy = join("", [for number in range(1001) : "x"])
  }
}

run "refuses_two_wildcards" {
  command         = plan
  expect_failures = [var.backend_paths]

  variables {
    backend_paths = ["/a/*/b/*"]
  }
}

run "refuses_a_path_without_slash" {
  command         = plan
  expect_failures = [var.backend_paths]

  variables {
    backend_paths = ["graphql/*"]
  }
}

run "refuses_the_same_path_twice" {
  command         = plan
  expect_failures = [var.backend_paths]

  variables {
    backend_paths = ["/graphql/*", "/graphql/*"]
  }
}

run "refuses_an_old_tls_policy" {
  command         = plan
  expect_failures = [var.ssl_policy]

  variables {
    ssl_policy = "ELBSecurityPolicy-2016-08"
  }
}

run "refuses_a_function_arn" {
  command         = plan
  expect_failures = [var.lambda_function_name]

  variables {
    lambda_function_name = "arn:aws:lambda:us-east-1:000000000000:function:nest-staging"
  }
}

run "refuses_one_zone" {
  command         = plan
  expect_failures = [var.subnet_ids]

  variables {
    subnet_ids = ["subnet-a"]
  }
}

run "refuses_names_that_are_too_long" {
  command         = plan
  expect_failures = [var.environment]

  variables {
    project_name = "a-very-long-name"
    environment  = "staging"
  }
}

run "refuses_a_policy_of_two_lines" {
  command         = plan
  expect_failures = [var.content_security_policy]

  variables {
    content_security_policy = "default-src\n\u0027self\u0027"
  }
}

run "refuses_a_port_below_1024" {
  command         = plan
  expect_failures = [var.frontend_port, var.frontend_health_path]

  variables {
    frontend_port        = 80
    frontend_health_path = "health"
  }
}

run "refuses_a_version_as_alias" {
  command         = plan
  expect_failures = [var.lambda_alias, var.hsts_max_age, var.log_retention_days, var.waf_rate_limit]

  variables {
    lambda_alias       = "7"
    hsts_max_age       = -1
    log_retention_days = 31
    waf_rate_limit     = 9
  }
}

run "refuses_a_firewall_without_a_key_for_its_log" {
  command         = plan
  expect_failures = [var.kms_key_arn]

  variables {
    waf_enabled = true
  }
}

run "refuses_names_and_identifiers_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.project_name, var.security_group_ids]

  variables {
    project_name       = "Nest"
    security_group_ids = []
  }
}

run "refuses_an_environment_with_a_slash" {
  command         = plan
  expect_failures = [var.environment]

  variables {
    environment = "stag/ing"
  }
}
