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

  # A target group's name has at most 32 characters: these two, "-frontend-" and a port.
  validation {
    condition     = length(var.project_name) + length(var.environment) <= 16
    error_message = "project_name and environment have at most 16 characters together, because a target group has a short name."
  }

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

variable "vpc_id" {
  description = "VPC of the frontend's target group."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Public subnets of the load balancer, in at least two availability zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A load balancer needs subnets in at least two availability zones: pass two or more subnet_ids."
  }
}

variable "security_group_ids" {
  description = "Security groups of the load balancer."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) >= 1
    error_message = "security_group_ids names at least one security group."
  }
}

variable "logs_bucket_name" {
  description = "Bucket that access logs are delivered to, under alb/. Its policy must already let the load balancer write there."
  type        = string
  nullable    = false
}

variable "domain_name" {
  description = "Domain of the site; the certificate is made for it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$", var.domain_name)) && length(var.domain_name) <= 253
    error_message = "domain_name is a full domain in lower case without scheme, port or path, such as staging.nest.owasp.org."
  }
}

variable "next_domain_name" {
  description = "Domain that the site moves to: its certificate is requested, and all else stays until it is issued and domain_name names it. Null while the site does not move."
  type        = string
  default     = null

  validation {
    condition     = var.next_domain_name == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$", var.next_domain_name)) && length(var.next_domain_name) <= 253
    error_message = "next_domain_name is a full domain in lower case without scheme, port or path, such as staging.nest.owasp.org."
  }
}

variable "certificate_issued" {
  description = "Whether ACM has issued the certificate. While false the site is served over HTTP, because a listener cannot use a certificate that is still pending."
  type        = bool
  default     = true
  nullable    = false
}

variable "ssl_policy" {
  description = "TLS policy of the HTTPS listener: one of the TLS 1.3 policies."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  nullable    = false

  validation {
    condition     = can(regex("^ELBSecurityPolicy-TLS13-1-[23]-", var.ssl_policy))
    error_message = "ssl_policy is a TLS 1.3 policy without TLS 1.0 and 1.1, such as ELBSecurityPolicy-TLS13-1-2-2021-06."
  }
}

variable "content_security_policy" {
  description = "Content-Security-Policy that the load balancer puts on every answer, at most 1,000 characters. Null where the application sends its own, as one with a nonce must be."
  type        = string
  default     = null

  validation {
    condition     = var.content_security_policy == null ? true : length(var.content_security_policy) >= 1 && length(var.content_security_policy) <= 1000
    error_message = "content_security_policy has 1 to 1,000 characters: a load balancer refuses a longer one. Shorten it, for example by joining sources under one directive."
  }

  validation {
    condition     = var.content_security_policy == null ? true : !can(regex("[\r\n]", var.content_security_policy))
    error_message = "content_security_policy is one line: a header cannot hold a line break."
  }
}

variable "hsts_max_age" {
  description = "Seconds for which browsers use HTTPS only (Strict-Transport-Security)."
  type        = number
  default     = 31536000
  nullable    = false

  validation {
    condition     = var.hsts_max_age >= 0 && floor(var.hsts_max_age) == var.hsts_max_age
    error_message = "hsts_max_age is a whole number of seconds, 0 or more."
  }
}

variable "backend_paths" {
  description = "Path patterns that go to the backend; everything else goes to the frontend."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.backend_paths) >= 1 && length(var.backend_paths) <= 100 && length(distinct(var.backend_paths)) == length(var.backend_paths)
    error_message = "backend_paths holds 1 to 100 different patterns."
  }

  # Five patterns make one rule, and a rule may hold six wildcards.
  validation {
    condition = alltrue([
      for path in var.backend_paths :
      can(regex("^/[A-Za-z0-9_.$/~\"'@:+&-]*[*]?[A-Za-z0-9_.$/~\"'@:+&-]*$", path)) && length(path) <= 128
    ])
    error_message = "Each of backend_paths starts with /, has at most 128 characters of those that a load balancer allows, and at most one wildcard (*), such as /graphql/*."
  }
}

variable "lambda_function_name" {
  description = "Function behind the backend paths; null while there is none, and these paths then answer 503."
  type        = string
  default     = null

  validation {
    condition     = var.lambda_function_name == null || can(regex("^[A-Za-z0-9_-]{1,64}$", var.lambda_function_name))
    error_message = "lambda_function_name is the bare name of a function, such as nest-staging: up to 64 letters, digits, hyphens and underscores."
  }
}

variable "lambda_alias" {
  description = "Alias of the function that receives the requests."
  type        = string
  default     = "live"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_-][A-Za-z0-9_-]{0,127}$", var.lambda_alias))
    error_message = "lambda_alias is the name of an alias, such as live: no version number."
  }
}

variable "frontend_port" {
  description = "Port that the frontend's containers listen on."
  type        = number
  default     = 3000
  nullable    = false

  validation {
    condition     = var.frontend_port >= 1024 && var.frontend_port <= 65535
    error_message = "frontend_port is between 1024 and 65535: the container does not run as root."
  }
}

variable "frontend_health_path" {
  description = "Path that answers 200 when a frontend container can serve."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.frontend_health_path, "/")
    error_message = "frontend_health_path starts with /, such as /api/health."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer."
  type        = bool
  default     = false
  nullable    = false
}

variable "waf_enabled" {
  description = "Whether a web application firewall with AWS's common rules and a rate limit stands before the load balancer."
  type        = bool
  default     = false
  nullable    = false
}

variable "waf_rate_limit" {
  description = "Requests that one address may make in five minutes before the firewall blocks it."
  type        = number
  default     = 2000
  nullable    = false

  validation {
    condition     = var.waf_rate_limit >= 10 && var.waf_rate_limit <= 2000000000
    error_message = "waf_rate_limit is between 10 and 2,000,000,000 requests in five minutes."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the firewall's log."
  type        = string
  default     = null

  validation {
    condition     = !var.waf_enabled || var.kms_key_arn != null
    error_message = "waf_enabled needs kms_key_arn, the key of the firewall's log."
  }
}

variable "log_retention_days" {
  description = "Days that the firewall's log is kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one that CloudWatch Logs offers, such as 7, 30, 90 or 365."
  }
}
