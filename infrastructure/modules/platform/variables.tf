variable "project_name" {
  description = "Name of the project; the first part of every resource's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.project_name))
    error_message = "project_name has 2 to 16 lower-case letters, digits and hyphens and starts with a letter, such as nest."
  }
}

variable "environment" {
  description = "Name of the environment; the second part of every resource's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment))
    error_message = "environment has 2 to 16 lower-case letters, digits and hyphens and starts with a letter, such as staging."
  }

  # The target group's name, with its port, has at most 32 characters.
  validation {
    condition     = length(var.project_name) + length(var.environment) <= 16
    error_message = "project_name and environment have at most 16 characters together, because a load balancer's target group has a short name."
  }
}

variable "common_tags" {
  description = "Tags put on every resource, besides the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "domain_name" {
  description = "Domain of the site, such as staging.nest.owasp.org."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$", var.domain_name)) && length(var.domain_name) <= 253
    error_message = "domain_name is a full domain in lower case without scheme, port or path, such as staging.nest.owasp.org."
  }
}

variable "next_domain_name" {
  description = "Domain that the site moves to: its certificate is requested, and all else stays until it is issued and domain_name names it. Null while the site does not move."
  type        = string
  default     = null

  validation {
    condition     = var.next_domain_name == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$", var.next_domain_name)) && length(var.next_domain_name) <= 253
    error_message = "next_domain_name is a full domain in lower case without scheme, port or path, such as staging.nest.owasp.org."
  }
}

variable "certificate_issued" {
  description = "Whether ACM has issued the certificate. While false the site is served over HTTP."
  type        = bool
  default     = true
  nullable    = false
}

# --- network -----------------------------------------------------------------

variable "vpc_cidr" {
  description = "IPv4 range of the VPC, /16 to /24."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false
}

variable "availability_zone_count" {
  description = "Availability zones in use, 2 or more."
  type        = number
  default     = 2
  nullable    = false
}

variable "excluded_zone_ids" {
  description = "Ids of zones that are left out, because they lack a part of the site (Fargate in all of the default; RDS Proxy and others in use1-az3). A zone's id is the same in every account, its name is not. Subnets that exist stay where they are."
  type        = set(string)
  default     = ["apne1-az3", "cac1-az3", "cac1-az4", "use1-az3", "usw1-az2"]
  nullable    = false
}

variable "nat_gateway_mode" {
  description = "The private subnets' way to the internet: single (one NAT gateway for all zones), per_zone, instance (one small EC2 instance instead: cheap, no failover), or none (private subnets then reach AWS through interface endpoints only, and nothing else)."
  type        = string
  default     = "single"
  nullable    = false

  validation {
    condition     = contains(["none", "single", "per_zone", "instance"], var.nat_gateway_mode)
    error_message = "nat_gateway_mode is none, single, per_zone or instance."
  }
}

variable "interface_endpoints" {
  description = "AWS services with an interface endpoint in the private subnets, such as ssm or ecr.api. Null means: those that the stack needs when nat_gateway_mode is none, none otherwise."
  type        = set(string)
  default     = null
}

# --- data --------------------------------------------------------------------

variable "db_instance_class" {
  description = "Instance class of the database, such as db.t3.medium."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9]+$", var.db_instance_class))
    error_message = "db_instance_class has the form db.<family>.<size>, such as db.t3.medium."
  }
}

variable "db_allocated_storage" {
  description = "Storage of the database in GiB, 20 to 65536."
  type        = number
  nullable    = false

  validation {
    condition     = var.db_allocated_storage >= 20 && var.db_allocated_storage <= 65536
    error_message = "db_allocated_storage is between 20 and 65536 GiB."
  }
}

variable "db_multi_az" {
  description = "Whether the database has a standby in a second availability zone."
  type        = bool
  default     = false
  nullable    = false
}

variable "db_backup_retention_days" {
  description = "Days that automated backups of the database are kept, 1 to 35."
  type        = number
  default     = 7
  nullable    = false
}

variable "db_skip_final_snapshot" {
  description = "Whether the database is deleted without a last snapshot. A snapshot is encrypted with the stack's key, which a destroy schedules for deletion."
  type        = bool
  default     = false
  nullable    = false
}

variable "db_performance_insights_enabled" {
  description = "Whether performance insights are kept for seven days; not every small instance class has them."
  type        = bool
  default     = false
  nullable    = false
}

variable "db_proxy_enabled" {
  description = "Whether an RDS Proxy pools the connections of many function instances."
  type        = bool
  default     = false
  nullable    = false
}

variable "db_proxy_kept" {
  description = "Whether an RDS Proxy that db_proxy_enabled no longer asks for stays, unused by what starts from now on: a run keeps it while a version of the function that is live connects to it."
  type        = bool
  default     = false
  nullable    = false
}

variable "db_password_version" {
  description = "Raise by one after the password in Parameter Store was changed, to set it on the database."
  type        = number
  default     = 1
  nullable    = false
}

variable "cache_node_type" {
  description = "Node type of the cache, such as cache.t3.medium."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^cache\\.[a-z0-9-]+\\.[a-z0-9]+$", var.cache_node_type))
    error_message = "cache_node_type has the form cache.<family>.<size>, such as cache.t3.medium."
  }
}

variable "cache_multi_az" {
  description = "Whether the cache has a replica in a second availability zone."
  type        = bool
  default     = false
  nullable    = false
}

variable "cache_snapshot_retention_days" {
  description = "Days that daily snapshots of the cache are kept; 0 makes none."
  type        = number
  default     = 0
  nullable    = false
}

# --- compute -----------------------------------------------------------------

variable "lambda_function_name" {
  description = "Function that runs the backend; null while it does not exist. Its alias live receives the requests."
  type        = string
  default     = null

  # Role, log group and rights are made for this one name.
  validation {
    condition     = var.lambda_function_name == null || var.lambda_function_name == "${var.project_name}-${var.environment}"
    error_message = "lambda_function_name is <project_name>-<environment>, such as nest-staging, which is what Zappa calls it."
  }
}

variable "backend_image_tag" {
  description = "Tag of the backend image that the tasks run."
  type        = string
  nullable    = false
}

variable "frontend_image_tag" {
  description = "Tag of the frontend image that the service runs."
  type        = string
  nullable    = false
}

variable "frontend_desired_count" {
  description = "Frontend tasks that are kept running; 0 makes the service and starts none."
  type        = number
  default     = 1
  nullable    = false
}

variable "frontend_task_cpu" {
  description = "CPU units of a frontend task, as a string: 256 is a quarter of a vCPU."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["256", "512", "1024", "2048", "4096", "8192", "16384"], var.frontend_task_cpu)
    error_message = "frontend_task_cpu is one of Fargate's: \"256\", \"512\", \"1024\", \"2048\", \"4096\", \"8192\", \"16384\"."
  }
}

variable "frontend_task_memory" {
  description = "Memory of a frontend task in MiB, as a string; Fargate fixes which go with which frontend_task_cpu."
  type        = string
  nullable    = false

  validation {
    condition     = contains(try(local.fargate_memory[var.frontend_task_cpu], []), try(tonumber(var.frontend_task_memory), 0))
    error_message = "Fargate does not offer frontend_task_memory \"${var.frontend_task_memory}\" with frontend_task_cpu \"${var.frontend_task_cpu}\". With that cpu it offers: ${join(", ", try(local.fargate_memory[var.frontend_task_cpu], []))}."
  }
}

variable "frontend_autoscaling" {
  description = "Lets the number of frontend tasks follow their load, between min and max; null keeps frontend_desired_count."
  type = object({
    min         = number
    max         = number
    cpu_percent = optional(number, 60)
  })
  default = null
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64, for tasks and frontend; the images must be built for it."
  type        = string
  default     = "X86_64"
  nullable    = false

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture is X86_64 or ARM64."
  }
}

variable "frontend_cpu_architecture" {
  description = "X86_64 or ARM64, for the frontend while its image is another than cpu_architecture asks for; null is the same. A run sets it until the new image is wanted."
  type        = string
  default     = null

  validation {
    condition     = var.frontend_cpu_architecture == null ? true : contains(["X86_64", "ARM64"], var.frontend_cpu_architecture)
    error_message = "frontend_cpu_architecture is X86_64 or ARM64."
  }
}

variable "fargate_spot_for_tasks" {
  description = "Whether the tasks run on Fargate Spot: cheaper, and AWS may stop them with two minutes' notice."
  type        = bool
  default     = false
  nullable    = false
}

variable "fargate_spot_for_frontend" {
  description = "Whether the frontend runs on Fargate Spot."
  type        = bool
  default     = false
  nullable    = false
}

variable "container_insights_enabled" {
  description = "Whether CloudWatch keeps detailed metrics of both clusters (charged per metric)."
  type        = bool
  default     = false
  nullable    = false
}

# --- keeping and watching ----------------------------------------------------

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the database and the load balancer."
  type        = bool
  default     = false
  nullable    = false
}

variable "force_destroy" {
  description = "Whether buckets and repositories may be deleted with content in them."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that log groups keep their events."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or whole years up to ten in days."
  }
}

variable "cloudtrail_enabled" {
  description = "Whether a trail of the account's API calls is written to the logs bucket. The first trail of an account is free of charge."
  type        = bool
  default     = true
  nullable    = false
}

variable "waf_enabled" {
  description = "Whether a web application firewall stands before the load balancer."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarms_enabled" {
  description = "Whether alarms on errors, unhealthy tasks, the database's storage and the cache's memory are published to a topic."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = length(var.alarm_emails) == 0 || var.alarms_enabled || var.monthly_budget != null
    error_message = "alarm_emails get nothing without alarms_enabled or a monthly_budget."
  }
}

variable "alarm_emails" {
  description = "Addresses that get alarms and budget notices. Each has to confirm its subscription once."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "monthly_budget" {
  description = "US dollars a month for the environment; a notice goes out at 80 % of them, at all of them, and when the forecast passes them. Null watches no costs."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget == null ? true : var.monthly_budget >= 1 && var.monthly_budget <= 1000000000 && length(var.alarm_emails) > 0
    error_message = "monthly_budget is from 1 to 1000000000 US dollars, and alarm_emails names who is told."
  }
}

variable "backup_plan_retention_days" {
  description = "Days that AWS Backup keeps a daily copy of the database in a vault of its own; 0 makes none."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.backup_plan_retention_days >= 0 && var.backup_plan_retention_days <= 36500 && floor(var.backup_plan_retention_days) == var.backup_plan_retention_days
    error_message = "backup_plan_retention_days is 0 (none) or a whole number of days up to 36500."
  }
}
