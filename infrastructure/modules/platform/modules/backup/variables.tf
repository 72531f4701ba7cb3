variable "project_name" {
  type        = string
  description = "Short name of the project; the first part of every resource name."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.project_name))
    error_message = "project_name has 2 to 16 lower-case letters, digits and hyphens and starts with a letter, such as nest."
  }
}

variable "environment" {
  type        = string
  description = "Name of the environment; the second part of every resource name."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment))
    error_message = "environment has 2 to 16 lower-case letters, digits and hyphens and starts with a letter, such as staging."
  }
}

variable "common_tags" {
  type        = map(string)
  description = "Tags for every resource that takes tags."
  default     = {}
  nullable    = false
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the vault."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-...: an alias will not do."
  }
}

variable "resource_arns" {
  type        = list(string)
  description = "What is backed up: ARNs of databases."
  nullable    = false

  validation {
    condition     = length(var.resource_arns) >= 1
    error_message = "resource_arns names at least one resource: AWS Backup takes no empty selection as \"nothing\"."
  }
}

variable "retention_days" {
  type        = number
  description = "Days that a backup is kept."
  default     = 35
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 36500 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days is a whole number from 1 to 36500."
  }
}

variable "schedule" {
  type        = string
  description = "When the daily backup begins, in UTC. RDS refuses one within an hour of its own backup or maintenance window (03:00-04:00, Sunday 05:00-06:00)."
  default     = "cron(0 10 * * ? *)"
  nullable    = false

  validation {
    condition     = can(regex("^cron\\([^()]+\\)$", var.schedule)) && length(split(" ", var.schedule)) == 6
    error_message = "schedule is a cron expression of six fields, such as \"cron(0 10 * * ? *)\"."
  }
}

variable "force_destroy" {
  type        = bool
  description = "Whether a destroy deletes the backups first. Off, a vault with backups stops the destroy."
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the policy that bounds the role which this module makes. Without one, it has no bound."
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of a policy, such as \"arn:aws:iam::123456789012:policy/nest-staging-terraform-boundary\"."
  }
}
