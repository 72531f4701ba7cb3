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

run "task_definition" {
  module {
    source = "./modules/task"
  }

  variables {
    name                  = "migrate"
    image                 = "repository:tag"
    command               = ["python", "manage.py", "migrate"]
    cpu_architecture      = "ARM64"
    log_group_name        = "/aws/ecs/nest-staging/tasks"
    container_environment = { B = "2", A = "1" }
  }

  assert {
    condition     = aws_ecs_task_definition.this.cpu == "512" && aws_ecs_task_definition.this.memory == "1024" && aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "Size or architecture are not as asked for."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment == [{ name = "A", value = "1" }, { name = "B", value = "2" }]
    error_message = "The environment is not complete and sorted."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].command == ["python", "manage.py", "migrate"] && length(aws_scheduler_schedule.this) == 0
    error_message = "The task does not run its command, or runs by itself."
  }
}

run "scheduled_task" {
  module {
    source = "./modules/task"
  }

  variables {
    name           = "update"
    image          = "repository:tag"
    command        = ["python", "manage.py", "update"]
    log_group_name = "/aws/ecs/nest-staging/tasks"
    schedule       = "cron(0 3 * * ? *)"
    schedule_target = {
      cluster_arn        = "arn:aws:ecs:us-east-1:000000000000:cluster/nest-staging-tasks-cluster"
      role_arn           = "arn:aws:iam::000000000000:role/scheduler"
      subnet_ids         = ["subnet-a"]
      security_group_ids = ["sg-ecs"]
    }
  }

  assert {
    condition     = aws_scheduler_schedule.this[0].name == "nest-staging-update" && aws_scheduler_schedule.this[0].schedule_expression == "cron(0 3 * * ? *)"
    error_message = "The schedule is not the task's."
  }

  assert {
    condition     = aws_scheduler_schedule.this[0].target[0].ecs_parameters[0].network_configuration[0].assign_public_ip == false
    error_message = "A scheduled task gets a public address."
  }
}

run "refuses_a_size_that_fargate_lacks" {
  command         = plan
  expect_failures = [var.memory]

  module {
    source = "./modules/task"
  }

  variables {
    name           = "migrate"
    image          = "repository:tag"
    command        = ["python"]
    log_group_name = "/aws/ecs/nest-staging/tasks"
    cpu            = "256"
    memory         = "4096"
  }
}

run "refuses_a_cpu_that_fargate_lacks" {
  command         = plan
  expect_failures = [var.memory]

  module {
    source = "./modules/task"
  }

  variables {
    name           = "migrate"
    image          = "repository:tag"
    command        = ["python"]
    log_group_name = "/aws/ecs/nest-staging/tasks"
    cpu            = "500"
  }
}

run "refuses_a_schedule_in_cron_s_own_syntax" {
  command         = plan
  expect_failures = [var.schedule]

  module {
    source = "./modules/task"
  }

  variables {
    name           = "migrate"
    image          = "repository:tag"
    command        = ["python"]
    log_group_name = "/aws/ecs/nest-staging/tasks"
    schedule       = "0 3 * * *"
    schedule_target = {
      cluster_arn        = "arn:aws:ecs:us-east-1:000000000000:cluster/nest-staging-tasks-cluster"
      role_arn           = "arn:aws:iam::000000000000:role/scheduler"
      subnet_ids         = ["subnet-a"]
      security_group_ids = ["sg-ecs"]
    }
  }
}

run "refuses_a_schedule_without_a_place" {
  command         = plan
  expect_failures = [var.schedule_target]

  module {
    source = "./modules/task"
  }

  variables {
    name           = "migrate"
    image          = "repository:tag"
    command        = ["python"]
    log_group_name = "/aws/ecs/nest-staging/tasks"
    schedule       = "rate(1 day)"
  }
}

run "refuses_no_command" {
  command         = plan
  expect_failures = [var.command]

  module {
    source = "./modules/task"
  }

  variables {
    name           = "migrate"
    image          = "repository:tag"
    command        = []
    log_group_name = "/aws/ecs/nest-staging/tasks"
  }
}

run "refuses_a_bad_tag" {
  command         = plan
  expect_failures = [var.image_tag]

  variables {
    image_tag = "with space"
  }
}
