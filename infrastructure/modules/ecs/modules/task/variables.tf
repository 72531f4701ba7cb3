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

variable "name" {
  description = "Key of the task, such as migrate; the family is <project>-<environment>-<name>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,62}$", var.name))
    error_message = "name starts with a lower-case letter and has up to 63 lower-case letters, digits and hyphens, such as load-data."
  }
}

variable "image" {
  description = "Image with its tag."
  type        = string
  nullable    = false
}

variable "command" {
  description = "Command of the container, one word per element."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.command) >= 1
    error_message = "command holds at least one word: an empty one would run the image's own command."
  }
}

variable "cpu" {
  description = "CPU units of the task, as a string: 256 is a quarter of a vCPU."
  type        = string
  default     = "512"
  nullable    = false
}

variable "memory" {
  description = "Memory of the task in MiB, as a string; Fargate fixes which go with which cpu."
  type        = string
  default     = "1024"
  nullable    = false

  validation {
    condition = contains(try({
      "256"   = [512, 1024, 2048]
      "512"   = range(1024, 4097, 1024)
      "1024"  = range(2048, 8193, 1024)
      "2048"  = range(4096, 16385, 1024)
      "4096"  = range(8192, 30721, 1024)
      "8192"  = range(16384, 61441, 4096)
      "16384" = range(32768, 122881, 8192)
    }[var.cpu], []), try(tonumber(var.memory), 0))
    error_message = "Fargate does not offer cpu ${var.cpu} with memory ${var.memory}. It offers: 256 with 512, 1024, 2048; 512 with 1024 to 4096; 1024 with 2048 to 8192; 2048 with 4096 to 16384; 4096 with 8192 to 30720 (steps of 1024); 8192 with 16384 to 61440 (steps of 4096); 16384 with 32768 to 122880 (steps of 8192)."
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

variable "container_environment" {
  description = "Plain environment of the container; secrets are read from Parameter Store by the application."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "execution_role_arn" {
  description = "Role with which ECS pulls the image and writes logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", var.execution_role_arn))
    error_message = "execution_role_arn is the ARN of a role, such as arn:aws:iam::123456789012:role/nest-staging-ecs-execution."
  }
}

variable "task_role_arn" {
  description = "Role of the application in the container."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/", var.task_role_arn))
    error_message = "task_role_arn is the ARN of a role, such as arn:aws:iam::123456789012:role/nest-staging-ecs-execution."
  }
}

variable "log_group_name" {
  description = "Log group of the container."
  type        = string
  nullable    = false
}

variable "schedule" {
  description = "EventBridge Scheduler expression, such as cron(0 3 * * ? *) or rate(1 day); null for a task that is only run by hand."
  type        = string
  default     = null

  validation {
    condition     = var.schedule == null || can(regex("^(cron|rate|at)\\([^()]+\\)$", var.schedule))
    error_message = "schedule is cron(...), rate(...) or at(...), such as cron(0 3 * * ? *)."
  }
}

variable "schedule_target" {
  description = "Where a scheduled task runs: cluster, role of the scheduler, subnets, security groups, capacity provider. Needed with schedule."
  type = object({
    cluster_arn        = string
    role_arn           = string
    subnet_ids         = list(string)
    security_group_ids = list(string)
    capacity_provider  = optional(string, "FARGATE")
    kms_key_arn        = optional(string)
  })
  default = null

  validation {
    condition     = var.schedule == null || var.schedule_target != null
    error_message = "A task with a schedule needs schedule_target: it says where the task runs."
  }
}
