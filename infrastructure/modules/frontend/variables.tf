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
  description = "Key that encrypts images and logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-...: an alias will not do."
  }
}

variable "static_bucket_name" {
  description = "Name of the bucket of static files. Its objects are public through CloudFront only."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.static_bucket_name))
    error_message = "static_bucket_name takes 3 to 63 lower-case letters, digits and hyphens, such as nest-static-0a1b2c3d."
  }
}

variable "logs_bucket_name" {
  description = "Bucket for the static bucket's access logs, under s3/static/. Its policy must already let S3 write there."
  type        = string
  nullable    = false
}

variable "image_tag" {
  description = "Tag of the frontend image that the service runs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag))
    error_message = "image_tag is a container image tag: up to 128 letters, digits, dots, hyphens and underscores."
  }
}

variable "container_command" {
  description = "Command of the container, one word per element; null runs the image's own."
  type        = list(string)
  default     = null
}

variable "container_port" {
  description = "Port that the container listens on."
  type        = number
  default     = 3000
  nullable    = false

  validation {
    condition     = var.container_port >= 1024 && var.container_port <= 65535
    error_message = "container_port is between 1024 and 65535: the container does not run as root."
  }
}

variable "container_health_path" {
  description = "Path that answers 200 when the container can serve."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^/[A-Za-z0-9_./~%-]*$", var.container_health_path))
    error_message = "container_health_path is a plain path, such as /api/health: it starts with / and has no query and no quotes."
  }
}

variable "container_environment" {
  description = "Plain environment of the container."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "container_secrets" {
  description = "Environment of the container that ECS fills from Parameter Store: name to the parameter's ARN."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "task_cpu" {
  description = "CPU units of a task, as a string: 256 is a quarter of a vCPU."
  type        = string
  default     = "512"
  nullable    = false
}

variable "task_memory" {
  description = "Memory of a task in MiB, as a string; Fargate fixes which go with which task_cpu."
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
    }[var.task_cpu], []), try(tonumber(var.task_memory), 0))
    error_message = "Fargate does not offer cpu ${var.task_cpu} with memory ${var.task_memory} (frontend_task_cpu, frontend_task_memory). It offers: 256 with 512, 1024, 2048; 512 with 1024 to 4096; 1024 with 2048 to 8192; 2048 with 4096 to 16384; 4096 with 8192 to 30720 (steps of 1024); 8192 with 16384 to 61440 (steps of 4096); 16384 with 32768 to 122880 (steps of 8192)."
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

variable "desired_count" {
  description = "Tasks that the service keeps running; 0 makes the service and starts none."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.desired_count >= 0 && var.desired_count <= 5000 && floor(var.desired_count) == var.desired_count
    error_message = "desired_count is a whole number from 0 to 5000, which is as many tasks as ECS runs for a service."
  }
}

variable "autoscaling" {
  description = "Lets the number of tasks follow their CPU load, between min and max; null keeps desired_count. While it is on, pass the present number of tasks as desired_count, or an apply sets it back."
  type = object({
    min         = number
    max         = number
    cpu_percent = optional(number, 60)
  })
  default = null

  validation {
    condition     = var.autoscaling == null ? true : var.autoscaling.min >= 1 && var.autoscaling.max >= var.autoscaling.min && var.autoscaling.max <= 5000
    error_message = "autoscaling.min is 1 or more, autoscaling.max is not below it, and at most 5000: as many tasks as ECS runs for a service."
  }

  validation {
    condition     = var.autoscaling == null ? true : var.autoscaling.cpu_percent >= 1 && var.autoscaling.cpu_percent <= 100
    error_message = "autoscaling.cpu_percent is between 1 and 100."
  }
}

variable "health_check_grace_seconds" {
  description = "Seconds after its start in which a task's failing load balancer checks do not count."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.health_check_grace_seconds >= 0 && floor(var.health_check_grace_seconds) == var.health_check_grace_seconds
    error_message = "health_check_grace_seconds is a whole number, 0 or more."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the tasks."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1
    error_message = "subnet_ids names at least one private subnet."
  }
}

variable "security_group_ids" {
  description = "Security groups of the tasks."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) >= 1
    error_message = "security_group_ids names at least one security group."
  }
}

variable "target_group_arn" {
  description = "Target group that the tasks join."
  type        = string
  nullable    = false
}

variable "execution_role_arn" {
  description = "Role with which ECS pulls images, reads the parameters and writes logs."
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

variable "cdn_price_class" {
  description = "Edge locations of CloudFront: PriceClass_100 (North America, Europe), PriceClass_200, PriceClass_All."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.cdn_price_class)
    error_message = "cdn_price_class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "keep_images" {
  description = "Images kept in the repository; older ones expire."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.keep_images >= 2
    error_message = "keep_images is 2 or more, so that there is one to roll back to."
  }
}

variable "force_delete" {
  description = "Whether the repository and the static bucket may be deleted with content in them."
  type        = bool
  default     = false
  nullable    = false
}
