mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "000000000000"
    }
  }

  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{}"
    }
  }

  mock_resource "aws_sns_topic" {
    defaults = {
      arn = "arn:aws:sns:us-east-1:000000000000:nest-staging-alarms"
    }
  }
}

variables {
  project_name   = "nest"
  environment    = "staging"
  kms_key_arn    = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
  emails         = ["operations@example.org"]
  monthly_budget = 250

  watch = {
    alb_arn_suffix                   = "app/nest-staging-alb/0"
    frontend_target_group_arn_suffix = "targetgroup/frontend/0"
    backend_target_group_arn_suffix  = "targetgroup/backend/0"
    lambda_function_name             = "nest-staging"
    database_identifier              = "nest-staging-db"
    database_storage_gib             = 100
    cache_cluster_ids                = ["nest-staging-cache-001", "nest-staging-cache-002"]
  }
}

run "tells_people_by_an_encrypted_topic" {
  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.kms_key_arn && aws_sns_topic_subscription.email["operations@example.org"].protocol == "email"
    error_message = "The topic is not encrypted, or nobody is told."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.counted), values(aws_cloudwatch_metric_alarm.measured)) :
      alarm.alarm_actions == toset([aws_sns_topic.this.arn]) && alarm.ok_actions == toset([aws_sns_topic.this.arn])
    ])
    error_message = "An alarm does not reach the topic."
  }

  assert {
    condition = output.alarm_names == tolist([
      "nest-staging-backend-errors", "nest-staging-balancer-errors", "nest-staging-cache-memory-nest-staging-cache-001",
      "nest-staging-cache-memory-nest-staging-cache-002", "nest-staging-database-cpu", "nest-staging-database-storage",
      "nest-staging-frontend-errors", "nest-staging-frontend-unhealthy", "nest-staging-function-errors", "nest-staging-function-throttles",
    ])
    error_message = "The alarms are not those that are expected: ${join(", ", output.alarm_names)}."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.measured["database-storage"].threshold == 10737418240
    error_message = "A tenth of 100 GiB is 10 GiB."
  }

  assert {
    condition     = aws_budgets_budget.monthly[0].limit_amount == "250.0" && length(aws_budgets_budget.monthly[0].notification) == 3
    error_message = "The budget is not 250 dollars, or tells of less than it should."
  }

  assert {
    condition     = one(aws_budgets_budget.monthly[0].cost_filter).values == tolist(["user:Environment$staging"])
    error_message = "The budget counts other environments."
  }
}

run "watches_only_what_is_there" {
  variables {
    watch          = null
    monthly_budget = null
  }

  assert {
    condition     = length(output.alarm_names) == 0 && length(aws_budgets_budget.monthly) == 0
    error_message = "Nothing was to be watched."
  }
}

run "refuses_wrong_values" {
  command         = plan
  expect_failures = [var.emails, var.monthly_budget, var.errors_in_five_minutes]

  variables {
    emails                 = ["operations"]
    monthly_budget         = 0
    errors_in_five_minutes = 0
  }
}

run "refuses_names_and_identifiers_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.project_name, var.kms_key_arn, var.environment]

  variables {
    project_name = "Nest"
    kms_key_arn  = "alias/nest-staging"
    environment  = "stag/ing"
  }
}
