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
  description = "ARN of the KMS key that encrypts parameters and buckets; the roles may decrypt with it."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as \"arn:aws:kms:us-east-1:123456789012:key/1234abcd-...\"."
  }
}

variable "parameter_path" {
  type        = string
  description = "Path in Parameter Store under which the application's parameters lie, with a slash at both ends."
  nullable    = false

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+)+/$", var.parameter_path))
    error_message = "parameter_path starts and ends with a slash, such as \"/nest/staging/\"."
  }
}

variable "fixtures_bucket_arn" {
  type        = string
  description = "ARN of the fixtures bucket, which the backend tasks read."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]+$", var.fixtures_bucket_arn))
    error_message = "fixtures_bucket_arn is the ARN of a bucket, such as \"arn:aws:s3:::nest-fixtures-0a1b2c3d\"."
  }
}

variable "zappa_bucket_arn" {
  type        = string
  description = "ARN of the bucket with the backend's archives, which the function reads."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]+$", var.zappa_bucket_arn))
    error_message = "zappa_bucket_arn is the ARN of a bucket, such as \"arn:aws:s3:::nest-fixtures-0a1b2c3d\"."
  }
}

variable "vpc_id" {
  type        = string
  description = "VPC of the security groups."
  nullable    = false
}

variable "vpc_cidr_block" {
  type        = string
  description = "IPv4 range of the VPC."
  nullable    = false

  validation {
    condition     = can(cidrhost(var.vpc_cidr_block, 0))
    error_message = "vpc_cidr_block is an IPv4 range, such as \"10.0.0.0/16\"."
  }
}

variable "database_port" {
  type        = number
  description = "TCP port of the database."
  default     = 5432
  nullable    = false

  validation {
    condition     = var.database_port >= 1 && var.database_port <= 65535 && floor(var.database_port) == var.database_port
    error_message = "database_port is a TCP port: a whole number from 1 to 65535."
  }
}

variable "cache_port" {
  type        = number
  description = "TCP port of the cache."
  default     = 6379
  nullable    = false

  validation {
    condition     = var.cache_port >= 1 && var.cache_port <= 65535 && floor(var.cache_port) == var.cache_port
    error_message = "cache_port is a TCP port: a whole number from 1 to 65535."
  }
}

variable "frontend_port" {
  type        = number
  description = "TCP port of the frontend's tasks."
  default     = 3000
  nullable    = false

  validation {
    condition     = var.frontend_port >= 1 && var.frontend_port <= 65535 && floor(var.frontend_port) == var.frontend_port
    error_message = "frontend_port is a TCP port: a whole number from 1 to 65535."
  }
}

variable "alb_ingress_cidr_blocks" {
  type        = set(string)
  description = "IPv4 ranges that may reach the load balancer at 80 and 443."
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = length(var.alb_ingress_cidr_blocks) > 0 && alltrue([for block in var.alb_ingress_cidr_blocks : can(cidrhost(block, 0))])
    error_message = "alb_ingress_cidr_blocks takes at least one IPv4 range, such as \"0.0.0.0/0\" or \"198.51.100.0/24\"."
  }
}

variable "internet_egress_enabled" {
  type        = bool
  description = "Whether tasks and function may reach the internet at 443. Without it they reach the VPC's endpoints and S3 only, which is right for a VPC without NAT."
  default     = true
  nullable    = false
}

variable "s3_prefix_list_id" {
  type        = string
  description = "Prefix list of S3's gateway endpoint. Used when internet_egress_enabled is false."
  default     = null

  validation {
    condition     = var.internet_egress_enabled || var.s3_prefix_list_id != null
    error_message = "s3_prefix_list_id names S3's prefix list, such as \"pl-63a5400a\", because internet_egress_enabled is false."
  }
}

variable "database_proxy_enabled" {
  type        = bool
  description = "Whether an RDS Proxy shares the database's security group and so must reach the database through it."
  default     = false
  nullable    = false
}
