variable "project_name" {
  type        = string
  description = "Short name of the project; the first part of every resource name."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.project_name))
    error_message = "project_name takes 2 to 16 lower-case letters, digits and hyphens, and starts with a letter, such as \"nest\"."
  }
}

variable "environment" {
  type        = string
  description = "Name of the environment; the second part of every resource name."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment))
    error_message = "environment takes 2 to 16 lower-case letters, digits and hyphens, and starts with a letter, such as \"staging\"."
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
  description = "ARN of the KMS key that encrypts fixtures, backups and archives."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as \"arn:aws:kms:us-east-1:123456789012:key/1234abcd-...\"."
  }
}

variable "force_destroy" {
  type        = bool
  description = "Whether a destroy empties the buckets first. Off, a bucket with content stops the destroy."
  default     = false
  nullable    = false
}

variable "log_retention_in_days" {
  type        = number
  description = "Days for which access logs and the audit trail are kept in the logs bucket."
  default     = 90
  nullable    = false

  validation {
    condition     = var.log_retention_in_days >= 1 && floor(var.log_retention_in_days) == var.log_retention_in_days
    error_message = "log_retention_in_days is a whole number of days, 1 or more."
  }
}

variable "backup_retention_in_days" {
  type        = number
  description = "Days for which an object stays in the backups bucket."
  default     = 365
  nullable    = false

  validation {
    condition     = var.backup_retention_in_days >= 31 && floor(var.backup_retention_in_days) == var.backup_retention_in_days
    error_message = "backup_retention_in_days is a whole number of days, 31 or more: objects move to cheaper storage after 30."
  }
}

variable "noncurrent_version_retention_in_days" {
  type        = number
  description = "Days for which a replaced or deleted version of an object is kept."
  default     = 30
  nullable    = false

  validation {
    condition     = var.noncurrent_version_retention_in_days >= 1 && floor(var.noncurrent_version_retention_in_days) == var.noncurrent_version_retention_in_days
    error_message = "noncurrent_version_retention_in_days is a whole number of days, 1 or more."
  }
}
