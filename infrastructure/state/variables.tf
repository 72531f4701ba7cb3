variable "aws_region" {
  type        = string
  description = "Region of the state buckets."
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is the code of an AWS region, such as \"us-east-1\"."
  }
}

variable "project_name" {
  type        = string
  description = "Short name of the project; the first part of every resource name."
  default     = "nest"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.project_name))
    error_message = "project_name takes 2 to 16 lower-case letters, digits and hyphens, and starts with a letter, such as \"nest\"."
  }
}

variable "identity_user_name" {
  type        = string
  description = "IAM user that applies this root and may change the policies of its keys; without one, <project_name>-state. KMS refuses a user who is not there."
  default     = null

  validation {
    condition     = var.identity_user_name == null ? true : can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.identity_user_name))
    error_message = "identity_user_name is the name of an IAM user, such as \"nest-state\", not its ARN."
  }
}

variable "environments" {
  type        = set(string)
  description = "Environments that keep their state here. Each gets a bucket and a key for its own root and for its bootstrap root."
  default     = ["staging"]
  nullable    = false

  validation {
    condition     = alltrue([for environment in var.environments : can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", environment))])
    error_message = "environments: a name takes 2 to 16 lower-case letters, digits and hyphens, and starts with a letter, such as \"staging\"."
  }

  validation {
    condition     = alltrue([for environment in var.environments : !contains(["bootstrap", "logs", "state"], split("-", environment)[0])])
    error_message = "environments: names that are or begin with \"bootstrap\", \"logs\" and \"state\" are kept for buckets and keys of their own. Choose another name, such as \"staging\"."
  }

  # A role may do as it likes with whatever bears its environment's name and a hyphen.
  validation {
    condition = alltrue([
      for environment in var.environments : alltrue([for other in var.environments : !startswith(environment, "${other}-")])
    ])
    error_message = "environments: the role of an environment reaches whatever is named <environment>-..., so that no other may begin so: \"staging\" and \"staging-eu\" exclude each other."
  }
}

variable "access_log_retention_in_days" {
  type        = number
  description = "Days for which the record of who read and wrote state is kept."
  default     = 365
  nullable    = false

  validation {
    condition     = var.access_log_retention_in_days >= 1 && floor(var.access_log_retention_in_days) == var.access_log_retention_in_days
    error_message = "access_log_retention_in_days is a whole number of days, 1 or more."
  }
}

variable "state_version_retention_in_days" {
  type        = number
  description = "Days for which a replaced version of a state can be brought back."
  default     = 90
  nullable    = false

  validation {
    condition     = var.state_version_retention_in_days >= 1 && floor(var.state_version_retention_in_days) == var.state_version_retention_in_days
    error_message = "state_version_retention_in_days is a whole number of days, 1 or more."
  }
}

variable "deletion_window_in_days" {
  type        = number
  description = "Days between the deletion of a key and the moment its state can never be read again."
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30 && floor(var.deletion_window_in_days) == var.deletion_window_in_days
    error_message = "deletion_window_in_days is a whole number from 7 to 30."
  }
}

variable "force_destroy" {
  type        = bool
  description = "Whether a destroy deletes buckets that still hold state. Apply with true first, then destroy."
  default     = false
  nullable    = false
}
