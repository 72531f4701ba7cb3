mock_provider "aws" {
  mock_data "aws_region" {
    defaults = {
      id   = "us-east-1"
      name = "us-east-1"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
    }
  }

  mock_resource "aws_ecr_repository" {
    defaults = {
      repository_url = "000000000000.dkr.ecr.us-east-1.amazonaws.com/nest-staging-frontend"
    }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = {
      arn = "arn:aws:ecs:us-east-1:000000000000:task-definition/nest-staging-frontend:1"
    }
  }

  mock_resource "aws_cloudfront_distribution" {
    defaults = {
      arn         = "arn:aws:cloudfront::000000000000:distribution/E000"
      domain_name = "d000.cloudfront.net"
    }
  }
}

variables {
  project_name          = "nest"
  environment           = "staging"
  kms_key_arn           = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
  static_bucket_name    = "nest-staging-static-0a1b2c3d"
  logs_bucket_name      = "nest-staging-logs-0a1b2c3d"
  image_tag             = "0a1b2c3d"
  container_health_path = "/api/health"
  container_environment = { NEST_RELEASE = "0a1b2c3d" }
  container_secrets     = { NEXTAUTH_SECRET = "arn:aws:ssm:us-east-1:000000000000:parameter/nest/staging/NEXTAUTH_SECRET" }
  subnet_ids            = ["subnet-a", "subnet-b"]
  security_group_ids    = ["sg-frontend"]
  target_group_arn      = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/nest/0000000000000000"
  execution_role_arn    = "arn:aws:iam::000000000000:role/execution"
  task_role_arn         = "arn:aws:iam::000000000000:role/task"
}

run "service_rolls_back_and_does_not_hang" {
  command = plan

  assert {
    condition     = aws_ecs_service.frontend.name == "nest-staging-frontend-service" && aws_ecs_cluster.frontend.name == "nest-staging-frontend-cluster"
    error_message = "The names are not those that people and tools look for."
  }

  assert {
    condition     = aws_ecs_service.frontend.deployment_circuit_breaker[0].enable && aws_ecs_service.frontend.deployment_circuit_breaker[0].rollback
    error_message = "A bad image would be tried for ever."
  }

  assert {
    condition     = aws_ecs_service.frontend.wait_for_steady_state == false && aws_ecs_service.frontend.health_check_grace_period_seconds >= 60
    error_message = "The apply would wait for the service, or a new task would be killed before it is up."
  }

  assert {
    condition     = aws_ecs_service.frontend.network_configuration[0].assign_public_ip == false
    error_message = "The tasks get public addresses."
  }

  assert {
    condition     = aws_ecs_task_definition.frontend.skip_destroy
    error_message = "The circuit breaker could not return to the revision before."
  }
}

run "container_gets_environment_secrets_and_health_check" {
  assert {
    condition     = jsondecode(aws_ecs_task_definition.frontend.container_definitions)[0].image == "000000000000.dkr.ecr.us-east-1.amazonaws.com/nest-staging-frontend:0a1b2c3d"
    error_message = "The container does not run the tag asked for."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.frontend.container_definitions)[0].secrets == [{ name = "NEXTAUTH_SECRET", valueFrom = var.container_secrets["NEXTAUTH_SECRET"] }]
    error_message = "The secret does not come from Parameter Store."
  }

  assert {
    condition     = { for pair in jsondecode(aws_ecs_task_definition.frontend.container_definitions)[0].environment : pair.name => pair.value } == { HOSTNAME = "0.0.0.0", NEST_RELEASE = "0a1b2c3d", PORT = "3000" }
    error_message = "The environment is not complete."
  }

  assert {
    condition     = strcontains(jsondecode(aws_ecs_task_definition.frontend.container_definitions)[0].healthCheck.command[3], "'/api/health'")
    error_message = "The container's health is not asked at the health path."
  }

  assert {
    condition     = output.static_url == "https://d000.cloudfront.net" && output.static_bucket_name != ""
    error_message = "The CDN's address is not an output."
  }
}

run "static_files_are_read_through_the_cdn_only" {
  command = plan

  assert {
    condition     = aws_cloudfront_distribution.static.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https" && aws_cloudfront_distribution.static.wait_for_deployment == false
    error_message = "Static files are served without TLS, or the apply waits for the edge."
  }

  assert {
    condition     = aws_cloudfront_origin_access_control.static.signing_behavior == "always"
    error_message = "CloudFront does not sign its requests to the bucket."
  }
}

run "scales_by_choice" {
  variables {
    desired_count = 1
    autoscaling   = { min = 2, max = 4 }
  }

  assert {
    condition     = aws_ecs_service.frontend.desired_count == 2 && aws_appautoscaling_target.frontend[0].max_capacity == 4 && length(aws_appautoscaling_policy.cpu) == 1
    error_message = "The service does not scale between min and max."
  }
}

run "starts_nothing_at_zero" {
  command = plan

  variables {
    desired_count = 0
  }

  assert {
    condition     = aws_ecs_service.frontend.desired_count == 0 && length(aws_appautoscaling_target.frontend) == 0
    error_message = "A task starts although none was asked for."
  }
}

run "refuses_a_size_that_fargate_lacks" {
  command         = plan
  expect_failures = [var.task_memory]

  variables {
    task_cpu    = "256"
    task_memory = "4096"
  }
}

run "refuses_a_maximum_below_the_minimum" {
  command         = plan
  expect_failures = [var.autoscaling]

  variables {
    autoscaling = { min = 3, max = 2 }
  }
}

run "refuses_half_a_task" {
  command         = plan
  expect_failures = [var.desired_count]

  variables {
    desired_count = 0.5
  }
}

run "refuses_more_tasks_than_ecs_runs" {
  command         = plan
  expect_failures = [var.desired_count, var.autoscaling]

  variables {
    autoscaling   = { min = 1, max = 5001 }
    desired_count = 5001
  }
}

run "refuses_a_quote_in_the_health_path" {
  command         = plan
  expect_failures = [var.container_health_path]

  variables {
    container_health_path = "/health');process.exit(0)//"
  }
}

run "refuses_a_target_of_no_cpu" {
  command         = plan
  expect_failures = [var.autoscaling]

  variables {
    autoscaling = { min = 1, max = 2, cpu_percent = 0 }
  }
}

run "refuses_values_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.cdn_price_class, var.container_port, var.cpu_architecture, var.health_check_grace_seconds, var.image_tag, var.keep_images, var.log_retention_days]

  variables {
    cdn_price_class            = "PriceClass_300"
    container_port             = 80
    cpu_architecture           = "x86"
    health_check_grace_seconds = -1
    image_tag                  = "with space"
    keep_images                = 1
    log_retention_days         = 31
  }
}

run "refuses_names_and_identifiers_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.project_name, var.kms_key_arn, var.execution_role_arn, var.task_role_arn, var.security_group_ids, var.subnet_ids, var.static_bucket_name, var.environment]

  variables {
    project_name       = "Nest"
    kms_key_arn        = "alias/nest-staging"
    execution_role_arn = "execution"
    task_role_arn      = "execution"
    security_group_ids = []
    subnet_ids         = []
    static_bucket_name = "Nest_Static"
    environment        = "stag/ing"
  }
}
