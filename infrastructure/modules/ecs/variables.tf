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

variable "kms_key_arn" {
  description = "Key that encrypts images, logs and schedules."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-...: an alias will not do."
  }
}

variable "image_tag" {
  description = "Tag of the backend image that the tasks run."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag))
    error_message = "image_tag is a container image tag: up to 128 letters, digits, dots, hyphens and underscores."
  }
}

variable "tasks" {
  description = "Tasks that run the backend image, by key; one task definition <project>-<environment>-<key> each."
  type = map(object({
    command     = list(string)
    cpu         = optional(string, "512")
    memory      = optional(string, "1024")
    schedule    = optional(string)
    environment = optional(map(string), {})
  }))
  nullable = false
}

variable "container_environment" {
  description = "Plain environment of every task; a task's own environment wins."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "execution_role_arn" {
  description = "Role with which ECS pulls images and writes logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", var.execution_role_arn))
    error_message = "execution_role_arn is the ARN of a role, such as arn:aws:iam::123456789012:role/nest-staging-ecs-execution."
  }
}

variable "task_role_arn" {
  description = "Role of the application in the tasks."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", var.task_role_arn))
    error_message = "task_role_arn is the ARN of a role, such as arn:aws:iam::123456789012:role/nest-staging-ecs-execution."
  }
}

variable "scheduler_role_arn" {
  description = "Role with which EventBridge Scheduler starts tasks."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", var.scheduler_role_arn))
    error_message = "scheduler_role_arn is the ARN of a role, such as arn:aws:iam::123456789012:role/nest-staging-ecs-execution."
  }
}

variable "subnet_ids" {
  description = "Private subnets of scheduled tasks."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1
    error_message = "subnet_ids names at least one private subnet."
  }
}

variable "security_group_ids" {
  description = "Security groups of scheduled tasks."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) >= 1
    error_message = "security_group_ids names at least one security group."
  }
}

variable "cpu_architecture" {
  description = "X86_64 or ARM64; the image must be built for it."
  type        = string
  default     = "X86_64"
  nullable    = false

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture is X86_64 or ARM64."
  }
}

variable "use_fargate_spot" {
  description = "Whether tasks run on Fargate Spot: up to 70 % cheaper, and AWS may stop them with two minutes' notice."
  type        = bool
  default     = false
  nullable    = false
}

variable "container_insights_enabled" {
  description = "Whether CloudWatch keeps detailed metrics of the cluster (charged per metric)."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that the tasks' logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one that CloudWatch Logs offers, such as 7, 30, 90 or 365."
  }
}

variable "keep_images" {
  description = "Tagged images kept in the repository; older ones expire."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.keep_images >= 2
    error_message = "keep_images is 2 or more, so that there is one to roll back to."
  }
}

variable "force_delete" {
  description = "Whether the repository may be deleted with images in it."
  type        = bool
  default     = false
  nullable    = false
}
