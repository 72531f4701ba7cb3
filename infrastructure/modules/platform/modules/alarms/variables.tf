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
  description = "Key that encrypts the topic. Its policy must let CloudWatch and Budgets use it."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-...: an alias will not do."
  }
}

variable "emails" {
  type        = set(string)
  description = "Addresses that get every notice. Each has to confirm its subscription once."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for email in var.emails : can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", email))])
    error_message = "emails holds addresses, such as \"operations@example.org\"."
  }
}

variable "monthly_budget" {
  type        = number
  description = "US dollars a month; a notice goes out at 80 % of them, at all of them, and when the forecast passes them. Null watches no costs."
  default     = null

  validation {
    condition     = var.monthly_budget == null ? true : var.monthly_budget >= 1
    error_message = "monthly_budget is 1 or more US dollars, or null."
  }
}

variable "watch" {
  type = object({
    alb_arn_suffix                   = string
    frontend_target_group_arn_suffix = string
    backend_target_group_arn_suffix  = string
    lambda_function_name             = optional(string)
    database_identifier              = string
    database_storage_gib             = number
    cache_cluster_ids                = set(string)
  })
  description = "What is watched, as CloudWatch's metrics name it; null makes no alarms, only the topic and the budget."
  default     = null
}

variable "errors_in_five_minutes" {
  type        = number
  description = "Failed requests or invocations in five minutes that raise an alarm when there are as many twice in a row."
  default     = 5
  nullable    = false

  validation {
    condition     = var.errors_in_five_minutes >= 1 && floor(var.errors_in_five_minutes) == var.errors_in_five_minutes
    error_message = "errors_in_five_minutes is a whole number, 1 or more."
  }
}
