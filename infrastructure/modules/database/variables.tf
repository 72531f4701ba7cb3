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
}

variable "common_tags" {
  description = "Tags put on every resource of this module, besides the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "subnet_ids" {
  description = "Private subnets of the instance, in at least two availability zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "RDS needs subnets in at least two availability zones: pass two or more subnet_ids."
  }
}

variable "security_group_ids" {
  description = "Security groups of the instance (and of the proxy, when there is one)."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) >= 1
    error_message = "security_group_ids names at least one security group."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts storage, performance insights, exported logs and the proxy's secret."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-...: an alias will not do."
  }
}

variable "password_parameter_arn" {
  description = "ARN of the Parameter Store parameter that holds the master password. It is read while applying and is never kept in state."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter/", var.password_parameter_arn))
    error_message = "password_parameter_arn is the ARN of a parameter, such as arn:aws:ssm:us-east-1:123456789012:parameter/nest/staging/DJANGO_DB_PASSWORD."
  }
}

variable "password_version" {
  description = "Raise by one to send the parameter's present value to the instance as its new master password."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version is a whole number, 1 or more."
  }
}

variable "database_name" {
  description = "Database that is created with the instance."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "database_name starts with a letter and has up to 63 lower-case letters, digits and underscores, such as nest_staging."
  }
}

variable "username" {
  description = "Master user of the instance."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.username)) && !contains(["admin", "postgres", "rdsadmin"], var.username)
    error_message = "username starts with a letter, has up to 63 lower-case letters, digits and underscores, and is not admin, postgres or rdsadmin, which RDS keeps for itself or attackers try first."
  }
}

variable "engine_version" {
  description = "PostgreSQL version. The major version alone lets RDS choose and keep the minor one current."
  type        = string
  default     = "16"
  nullable    = false

  validation {
    condition     = can(regex("^16(\\.[0-9]+)?$", var.engine_version))
    error_message = "engine_version is PostgreSQL 16: \"16\", or a minor version of it such as \"16.9\"."
  }
}

variable "instance_class" {
  description = "Instance class, such as db.t3.medium."
  type        = string
  default     = "db.t3.medium"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class has the form db.<family>.<size>, such as db.t3.medium."
  }
}

variable "allocated_storage" {
  description = "Storage in GiB, 20 to 65536 (gp3's range)."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.allocated_storage >= 20 && var.allocated_storage <= 65536
    error_message = "allocated_storage is between 20 and 65536 GiB, which is what gp3 offers."
  }
}

variable "max_allocated_storage" {
  description = "Storage may grow by itself up to this many GiB; 0 turns that off."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.max_allocated_storage == 0 || var.max_allocated_storage >= ceil(var.allocated_storage * 1.1)
    error_message = "max_allocated_storage is 0 (off) or at least a tenth above allocated_storage."
  }
}

variable "multi_az" {
  description = "Whether a standby waits in a second availability zone."
  type        = bool
  default     = false
  nullable    = false
}

variable "backup_retention_days" {
  description = "Days that automated backups are kept, 1 to 35."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days is between 1 and 35."
  }
}

variable "backup_window" {
  description = "Daily backup window in UTC, hh:mm-hh:mm."
  type        = string
  default     = "03:00-04:00"
  nullable    = false

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", var.backup_window))
    error_message = "backup_window has the form hh:mm-hh:mm in UTC, such as 03:00-04:00."
  }
}

variable "maintenance_window" {
  description = "Weekly maintenance window in UTC, ddd:hh:mm-ddd:hh:mm. It must not overlap the backup window."
  type        = string
  default     = "sun:05:00-sun:06:00"
  nullable    = false

  validation {
    condition = can(regex(
      "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$",
      var.maintenance_window
    ))
    error_message = "maintenance_window has the form ddd:hh:mm-ddd:hh:mm in UTC, such as sun:05:00-sun:06:00."
  }

  # The four times as numbers, 03:00 as 300. Windows that run over midnight cannot be compared so; RDS checks them.
  validation {
    condition = try(alltrue([
      for times in [[for time in regexall("[0-9]{2}:[0-9]{2}", "${var.backup_window} ${var.maintenance_window}") : tonumber(replace(time, ":", ""))]] :
      times[1] < times[0] || times[3] < times[2] || times[1] < times[2] || times[3] < times[0]
    ]), true)
    error_message = "maintenance_window overlaps or touches backup_window; RDS refuses that. Leave some minutes between them."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the instance."
  type        = bool
  default     = false
  nullable    = false
}

variable "skip_final_snapshot" {
  description = "Whether the instance is deleted without a last snapshot."
  type        = bool
  default     = false
  nullable    = false
}

variable "performance_insights_enabled" {
  description = "Whether performance insights are kept for seven days (free of charge)."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that exported PostgreSQL logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one that CloudWatch Logs offers, such as 7, 30, 90 or 365."
  }
}

variable "apply_immediately" {
  description = "Whether changes are made now; otherwise in the maintenance window."
  type        = bool
  default     = true
  nullable    = false
}

variable "proxy_enabled" {
  description = "Whether an RDS Proxy pools connections. Its address then replaces the instance's in the outputs."
  type        = bool
  default     = false
  nullable    = false
}

variable "proxy_kept" {
  description = "Whether a proxy stays although proxy_enabled no longer asks for one, with the instance's own address in the outputs: for those that still connect to it."
  type        = bool
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the policy that bounds the roles which this module makes. Without one, they have no bound."
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of a policy, such as \"arn:aws:iam::123456789012:policy/nest-staging-terraform-boundary\"."
  }
}
