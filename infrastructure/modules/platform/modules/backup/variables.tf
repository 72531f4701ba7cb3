variable "project_name" {
  type        = string
  description = "Short name of the project; the first part of every resource name."
  nullable    = false
}

variable "environment" {
  type        = string
  description = "Name of the environment; the second part of every resource name."
  nullable    = false
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
