variable "aws_region" {
  description = "AWS region of the environment, such as us-east-1."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is the name of an AWS region, such as us-east-1."
  }
}

variable "max_retries" {
  description = "Attempts that the provider makes for a call that AWS throttles or fails to answer."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.max_retries >= 1 && floor(var.max_retries) == var.max_retries
    error_message = "max_retries is a whole number, 1 or more."
  }
}

variable "tags" {
  description = "Tags put on every resource, besides Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "project_name" {
  description = "Name of the project; the first part of every resource's name."
  type        = string
  default     = "nest"
  nullable    = false
}

variable "environment" {
  description = "Name of the environment; the second part of every resource's name."
  type        = string
  default     = "production"
  nullable    = false
}

variable "domain_name" {
  description = "Domain of the site, such as staging.nest.owasp.org."
  type        = string
  nullable    = false
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
  default     = 3
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
  default     = "per_zone"
  nullable    = false
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
  default     = "db.m6g.large"
  nullable    = false
}

variable "db_allocated_storage" {
  description = "Storage of the database in GiB, 20 to 65536."
  type        = number
  default     = 100
  nullable    = false
}

variable "db_multi_az" {
  description = "Whether the database has a standby in a second availability zone."
  type        = bool
  default     = true
  nullable    = false
}

variable "db_backup_retention_days" {
  description = "Days that automated backups of the database are kept, 1 to 35."
  type        = number
  default     = 30
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
  default     = true
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
  default     = "cache.m6g.large"
  nullable    = false
}

variable "cache_multi_az" {
  description = "Whether the cache has a replica in a second availability zone."
  type        = bool
  default     = true
  nullable    = false
}

variable "cache_snapshot_retention_days" {
  description = "Days that daily snapshots of the cache are kept; 0 makes none."
  type        = number
  default     = 7
  nullable    = false
}

# --- compute -----------------------------------------------------------------

variable "lambda_function_name" {
  description = "Function that runs the backend; null while it does not exist. Its alias live receives the requests."
  type        = string
  default     = null
}

variable "backend_image_tag" {
  description = "Tag of the backend image that the tasks run."
  type        = string
  default     = "latest"
  nullable    = false
}

variable "frontend_image_tag" {
  description = "Tag of the frontend image that the service runs."
  type        = string
  default     = "latest"
  nullable    = false
}

variable "frontend_desired_count" {
  description = "Frontend tasks that are kept running; 0 makes the service and starts none."
  type        = number
  default     = 2
  nullable    = false
}

variable "frontend_task_cpu" {
  description = "CPU units of a frontend task, as a string: 256 is a quarter of a vCPU."
  type        = string
  default     = "1024"
  nullable    = false
}

variable "frontend_task_memory" {
  description = "Memory of a frontend task in MiB, as a string; Fargate fixes which go with which frontend_task_cpu."
  type        = string
  default     = "2048"
  nullable    = false
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
}

variable "frontend_cpu_architecture" {
  description = "X86_64 or ARM64, for the frontend while its image is another than cpu_architecture asks for; null is the same. A run sets it until the new image is wanted."
  type        = string
  default     = null
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
  default     = true
  nullable    = false
}

# --- keeping and watching ----------------------------------------------------

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the database and the load balancer."
  type        = bool
  default     = true
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
  default     = 90
  nullable    = false
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
  default     = true
  nullable    = false
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
}

variable "backup_plan_retention_days" {
  description = "Days that AWS Backup keeps a daily copy of the database in a vault of its own; 0 makes none."
  type        = number
  default     = 35
  nullable    = false
}

# --- what is deployed: application.auto.tfvars.json, made from the manifest nest.toml ---

variable "application" {
  description = "The application: backend paths, frontend, tasks, parameters and content security policy. Values of plain parameters and the policy may hold {facts} such as {database_host}; the README of modules/platform lists them."
  type = object({
    backend = object({
      paths       = list(string)
      environment = optional(map(string), {})
    })
    frontend = object({
      port        = optional(number, 3000)
      health_path = string
      command     = optional(list(string))
      environment = optional(map(string), {})
    })
    tasks = map(object({
      command     = list(string)
      cpu         = optional(string, "512")
      memory      = optional(string, "1024")
      schedule    = optional(string)
      environment = optional(map(string), {})
    }))
    parameters = map(object({
      kind        = string
      description = optional(string, "")
      value       = optional(string)
      use         = optional(string)
      services    = optional(list(string), [])
    }))
    content_security_policy = string
  })
  nullable = false
}
