mock_provider "aws" {}

variables {
  project_name       = "nest"
  environment        = "staging"
  subnet_ids         = ["subnet-a", "subnet-b"]
  security_group_ids = ["sg-cache"]
  kms_key_arn        = "arn:aws:kms:us-east-1:000000000000:key/0"
}

run "encrypts_at_rest_and_in_transit" {
  command = plan

  assert {
    condition     = aws_elasticache_replication_group.this.replication_group_id == "nest-staging-cache"
    error_message = "The group's name is not the one that tools look for."
  }

  assert {
    condition     = tobool(aws_elasticache_replication_group.this.at_rest_encryption_enabled) && aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.kms_key_id == var.kms_key_arn
    error_message = "The cache is not encrypted at rest with the stack's key and in transit."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == null
    error_message = "A token in the configuration would lie in state."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 1 && !aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "One node is what staging pays for."
  }

  assert {
    condition     = length(aws_elasticache_parameter_group.this.parameter) == 0
    error_message = "A parameter that has its default may not be set: AWS keeps its source system, and the plan is never empty."
  }

  assert {
    condition     = aws_elasticache_parameter_group.this.family == "valkey7"
    error_message = "The parameter group's family does not follow the engine."
  }
}

run "fails_over_to_another_zone" {
  command = plan

  variables {
    multi_az                = true
    snapshot_retention_days = 7
    engine                  = "redis"
    engine_version          = "7.1"
    slow_log_enabled        = true
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 2 && aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "multi_az needs two nodes and automatic failover."
  }

  assert {
    condition     = aws_elasticache_parameter_group.this.family == "redis7" && aws_elasticache_replication_group.this.snapshot_window == "02:00-03:00"
    error_message = "Engine or snapshot window are not as asked for."
  }

  assert {
    condition     = length(aws_elasticache_replication_group.this.log_delivery_configuration) == 1
    error_message = "The slow log is not delivered."
  }
}

run "refuses_a_database_class" {
  command         = plan
  expect_failures = [var.node_type]

  variables {
    node_type = "db.t3.medium"
  }
}

run "refuses_a_version_of_the_other_engine" {
  command         = plan
  expect_failures = [var.engine_version]

  variables {
    engine         = "redis"
    engine_version = "7.2"
  }
}

run "refuses_an_unknown_engine" {
  command         = plan
  expect_failures = [var.engine]

  variables {
    engine = "memcached"
  }
}

run "refuses_too_many_days" {
  command         = plan
  expect_failures = [var.snapshot_retention_days]

  variables {
    snapshot_retention_days = 36
  }
}

run "refuses_no_subnets" {
  command         = plan
  expect_failures = [var.subnet_ids, var.log_retention_days]

  variables {
    subnet_ids         = []
    log_retention_days = 31
  }
}

run "refuses_names_and_identifiers_of_a_wrong_form" {
  command         = plan
  expect_failures = [var.project_name, var.kms_key_arn, var.security_group_ids, var.environment]

  variables {
    project_name       = "Nest"
    kms_key_arn        = "alias/nest-staging"
    security_group_ids = []
    environment        = "stag/ing"
  }
}
