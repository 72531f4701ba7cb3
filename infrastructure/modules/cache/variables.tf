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
  description = "Private subnets of the nodes."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1
    error_message = "Pass at least one private subnet in subnet_ids."
  }
}

variable "security_group_ids" {
  description = "Security groups of the nodes."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) >= 1
    error_message = "security_group_ids names at least one security group."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts data at rest and the slow log."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-...: an alias will not do."
  }
}

variable "engine" {
  description = "valkey or redis; both speak the Redis protocol, Valkey costs a fifth less."
  type        = string
  default     = "valkey"
  nullable    = false

  validation {
    condition     = contains(["valkey", "redis"], var.engine)
    error_message = "engine is valkey or redis."
  }
}

variable "engine_version" {
  description = "Version of the engine, major.minor: 7.2 or 8.x for valkey, 7.0 or 7.1 for redis."
  type        = string
  default     = "7.2"
  nullable    = false

  validation {
    condition     = can(regex(var.engine == "redis" ? "^7\\.[01]$" : "^(7\\.2|8\\.[0-9]+)$", var.engine_version))
    error_message = "engine_version is 7.2 or 8.x for valkey, 7.0 or 7.1 for redis."
  }
}

variable "node_type" {
  description = "Node type, such as cache.t3.medium."
  type        = string
  default     = "cache.t3.medium"
  nullable    = false

  validation {
    condition     = can(regex("^cache\\.[a-z0-9-]+\\.[a-z0-9]+$", var.node_type))
    error_message = "node_type has the form cache.<family>.<size>, such as cache.t3.medium."
  }
}

variable "multi_az" {
  description = "Whether a replica in another availability zone takes over when the primary fails."
  type        = bool
  default     = false
  nullable    = false
}

variable "snapshot_retention_days" {
  description = "Days that daily snapshots are kept; 0 makes none. What is cached can be computed again, sessions cannot."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.snapshot_retention_days >= 0 && var.snapshot_retention_days <= 35
    error_message = "snapshot_retention_days is between 0 (none) and 35."
  }
}

variable "log_retention_days" {
  description = "Days that the slow log is kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one that CloudWatch Logs offers, such as 7, 30, 90 or 365."
  }
}

variable "slow_log_enabled" {
  description = "Whether slow commands are written to CloudWatch Logs."
  type        = bool
  default     = false
  nullable    = false
}

variable "apply_immediately" {
  description = "Whether changes are made now; otherwise in the maintenance window."
  type        = bool
  default     = true
  nullable    = false
}
