mock_provider "aws" {
  mock_data "aws_region" {
    defaults = {
      id   = "us-east-1"
      name = "us-east-1"
    }
  }

  mock_resource "aws_ecr_repository" {
    defaults = {
      repository_url = "000000000000.dkr.ecr.us-east-1.amazonaws.com/nest-staging-backend"
    }
  }

  mock_resource "aws_ecs_cluster" {
    defaults = {
      arn = "arn:aws:ecs:us-east-1:000000000000:cluster/nest-staging-tasks-cluster"
    }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = {
      arn                  = "arn:aws:ecs:us-east-1:000000000000:task-definition/nest-staging-task:1"
      arn_without_revision = "arn:aws:ecs:us-east-1:000000000000:task-definition/nest-staging-task"
    }
  }
}

variables {
  project_name       = "nest"
  environment        = "staging"
  kms_key_arn        = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
  image_tag          = "0a1b2c3d"
  execution_role_arn = "arn:aws:iam::000000000000:role/execution"
  task_role_arn      = "arn:aws:iam::000000000000:role/task"
  scheduler_role_arn = "arn:aws:iam::000000000000:role/scheduler"
  subnet_ids         = ["subnet-a", "subnet-b"]
  security_group_ids = ["sg-ecs"]

  tasks = {
    migrate = {
      command     = ["python", "manage.py", "migrate"]
      environment = { ONLY_HERE = "1" }
    }
  }

  container_environment = { NEST_PARAMETERS_PATH = "/nest/staging/" }
}

run "one_definition_per_task" {
  assert {
    condition     = output.task_definitions["migrate"].family == "nest-staging-migrate" && output.cluster_name == "nest-staging-tasks-cluster"
    error_message = "The names are not those that people and tools look for."
  }
}

run "repository_keeps_what_was_pushed" {
  command = plan

  assert {
    condition     = aws_ecr_repository.backend.name == "nest-staging-backend" && aws_ecr_repository.backend.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.backend.image_scanning_configuration[0].scan_on_push
    error_message = "The repository is not the immutable, scanned nest-staging-backend."
  }

  assert {
    condition     = aws_ecr_repository.backend.encryption_configuration[0].kms_key == var.kms_key_arn && aws_cloudwatch_log_group.tasks.kms_key_id == var.kms_key_arn
    error_message = "Images or logs are not encrypted with the stack's key."
  }
}

run "spot_by_choice" {
  command = plan

  variables {
    use_fargate_spot = true
  }

  assert {
    condition     = one(aws_ecs_cluster_capacity_providers.tasks.default_capacity_provider_strategy).capacity_provider == "FARGATE_SPOT"
    error_message = "The cluster's default is not Spot."
  }
}

run "refuses_a_bad_tag" {
  command         = plan
  expect_failures = [var.image_tag]

  variables {
    image_tag = "with space"
  }
}

run "refuses_an_unknown_architecture" {
  command         = plan
  expect_failures = [var.cpu_architecture, var.keep_images, var.log_retention_days]

  variables {
    cpu_architecture   = "x86"
    keep_images        = 1
    log_retention_days = 31
  }
}

run "refuses_names_and_identifiers_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.project_name, var.kms_key_arn, var.execution_role_arn, var.task_role_arn, var.scheduler_role_arn, var.security_group_ids, var.subnet_ids, var.environment]

  variables {
    project_name       = "Nest"
    kms_key_arn        = "alias/nest-staging"
    execution_role_arn = "execution"
    task_role_arn      = "execution"
    scheduler_role_arn = "execution"
    security_group_ids = []
    subnet_ids         = []
    environment        = "stag/ing"
  }
}
