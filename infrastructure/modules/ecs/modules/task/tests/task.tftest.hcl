mock_provider "aws" {
  mock_data "aws_region" {
    defaults = {
      id   = "us-east-1"
      name = "us-east-1"
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
  name               = "migrate"
  image              = "repository:tag"
  command            = ["python", "manage.py", "migrate"]
  execution_role_arn = "arn:aws:iam::000000000000:role/execution"
  task_role_arn      = "arn:aws:iam::000000000000:role/task"
  log_group_name     = "/aws/ecs/nest-staging/tasks"
}

run "task_definition" {
  variables {
    cpu_architecture      = "ARM64"
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
  variables {
    name     = "update"
    command  = ["python", "manage.py", "update"]
    schedule = "cron(0 3 * * ? *)"
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

  variables {
    cpu    = "256"
    memory = "4096"
  }
}

run "refuses_a_cpu_that_fargate_lacks" {
  command         = plan
  expect_failures = [var.memory]

  variables {
    cpu = "500"
  }
}

run "refuses_a_schedule_in_cron_s_own_syntax" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = "0 3 * * *"
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

  variables {
    schedule = "rate(1 day)"
  }
}

run "refuses_no_command" {
  command         = plan
  expect_failures = [var.command]

  variables {
    command = []
  }
}

run "refuses_values_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.name, var.cpu_architecture]

  variables {
    name             = "Load Data"
    cpu_architecture = "x86"
  }
}

run "refuses_names_and_identifiers_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.project_name, var.execution_role_arn, var.task_role_arn, var.environment]

  variables {
    project_name       = "Nest"
    execution_role_arn = "execution"
    task_role_arn      = "execution"
    environment        = "stag/ing"
  }
}
