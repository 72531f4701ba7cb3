# Parameters and database hold ephemeral values, which Terraform cannot mock, so the real provider plans here. The
# application below is refused in every run, so that no ephemeral value is asked for; what is filled into parameters is
# tested in modules/template. The target keeps the runs about the application short.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
}

override_data {
  target = module.kms.data.aws_caller_identity.current
  values = {
    account_id = "000000000000"
  }
}

override_data {
  target = module.networking.data.aws_caller_identity.current
  values = {
    account_id = "000000000000"
  }
}

override_data {
  target = module.security.data.aws_caller_identity.current
  values = {
    account_id = "000000000000"
  }
}

override_data {
  target = module.storage.data.aws_caller_identity.current
  values = {
    account_id = "000000000000"
  }
}

override_data {
  target = module.alb.data.aws_caller_identity.current
  values = {
    account_id = "000000000000"
  }
}

override_data {
  target = module.networking.data.aws_availability_zones.available
  values = {
    names = ["us-east-1a", "us-east-1b", "us-east-1c"]
  }
}

variables {
  project_name         = "nest"
  environment          = "staging"
  domain_name          = "staging.nest.owasp.org"
  db_instance_class    = "db.t3.medium"
  db_allocated_storage = 100
  cache_node_type      = "cache.t3.medium"
  frontend_task_cpu    = "512"
  frontend_task_memory = "1024"
  backend_image_tag    = "backend1"
  frontend_image_tag   = "frontend1"

  application = {
    backend                 = { paths = [] }
    frontend                = { health_path = "/api/health" }
    tasks                   = {}
    parameters              = {}
    content_security_policy = "default-src 'self'"
  }
}

run "refuses_a_task_of_a_wrong_size" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"], cpu = "256", memory = "8192" } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_a_task_with_a_bad_name" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { "Load Data" = { command = ["load"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_no_paths" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = [] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_101_paths" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = [for number in range(101) : "/path-${number}/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_two_wildcards_in_a_path" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/*/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_an_unknown_kind" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
        A           = { kind = "public" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_a_secret_with_a_value" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
        A           = { kind = "secret", value = "x" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_a_plain_parameter_without_a_value" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
        A           = { kind = "plain" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_a_fact_that_nobody_knows" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
        A           = { kind = "plain", value = "{database_hots}" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_two_database_passwords" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
        A           = { kind = "generated", use = "database_password" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_no_cache_token" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_an_unknown_service" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
        A           = { kind = "secret", services = ["worker"] }
      }
      content_security_policy = "default-src 'self'"
    }
  }
}

run "refuses_a_policy_of_1001_characters" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
      }
      content_security_policy = join("", [for number in range(1001) : "x"])
    }
  }
}

run "refuses_a_secret_in_the_policy" {
  command         = plan
  expect_failures = [var.application]

  plan_options {
    target = [module.alb.aws_lb_target_group.frontend]
  }

  variables {
    application = {
      backend  = { paths = ["/graphql/*"] }
      frontend = { health_path = "/api/health" }
      tasks    = { migrate = { command = ["migrate"] } }
      parameters = {
        DB_PASSWORD = { kind = "generated", use = "database_password" }
        CACHE_TOKEN = { kind = "generated", use = "cache_auth_token" }
      }
      content_security_policy = "default-src {database_host}"
    }
  }
}

run "refuses_values_of_a_wrong_form" {
  command = plan
  expect_failures = [
    var.domain_name,
    var.next_domain_name,
    var.environment,
    var.db_instance_class,
    var.db_allocated_storage,
    var.cache_node_type,
    var.frontend_task_cpu,
    var.nat_gateway_mode,
    var.log_retention_days,
    var.cpu_architecture,
    var.frontend_cpu_architecture,
    var.backup_plan_retention_days,
    var.monthly_budget,
    var.application,
  ]

  variables {
    domain_name          = "https://staging.nest.owasp.org/"
    next_domain_name     = "next.nest.owasp.org:443"
    environment          = "Staging"
    db_instance_class    = "cache.t3.medium"
    db_allocated_storage = 5
    cache_node_type      = "db.t3.medium"
    frontend_task_cpu    = "300"
    nat_gateway_mode     = "double"
    log_retention_days   = 31

    cpu_architecture           = "x86"
    frontend_cpu_architecture  = "arm"
    backup_plan_retention_days = -1
    monthly_budget             = 100
  }
}

run "refuses_values_that_do_not_go_together" {
  command = plan
  expect_failures = [
    var.environment,
    var.frontend_task_memory,
    var.alarms_enabled,
    var.application,
  ]

  variables {
    environment          = "a-long-environme"
    frontend_task_memory = "512"
    alarm_emails         = ["operations@example.org"]
  }
}

run "refuses_a_function_that_has_no_role" {
  command         = plan
  expect_failures = [var.lambda_function_name, var.application]

  variables {
    lambda_function_name = "nest-production"
  }
}

# Apart, because Terraform checks nothing against a variable that is refused itself.
run "refuses_a_project_name_in_capitals" {
  command         = plan
  expect_failures = [var.project_name, var.application]

  variables {
    project_name = "Nest"
  }
}

run "refuses_a_budget_beyond_all_bounds" {
  command         = plan
  expect_failures = [var.monthly_budget, var.application]

  variables {
    monthly_budget = 2000000000
    alarm_emails   = ["web@owasp.org"]
  }
}
