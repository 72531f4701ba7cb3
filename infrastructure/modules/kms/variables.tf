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

variable "deletion_window_in_days" {
  type        = number
  description = "Days between the key's deletion and the moment nothing can be decrypted any more."
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30 && floor(var.deletion_window_in_days) == var.deletion_window_in_days
    error_message = "deletion_window_in_days is a whole number from 7 to 30."
  }
}

variable "rotation_period_in_days" {
  type        = number
  description = "Days after which AWS makes new key material."
  default     = 365
  nullable    = false

  validation {
    condition     = var.rotation_period_in_days >= 90 && var.rotation_period_in_days <= 2560 && floor(var.rotation_period_in_days) == var.rotation_period_in_days
    error_message = "rotation_period_in_days is a whole number from 90 to 2560."
  }
}
