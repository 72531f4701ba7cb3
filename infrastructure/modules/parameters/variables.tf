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
  description = "ARN of the KMS key that encrypts the parameters."
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

variable "parameters" {
  type = map(object({
    kind        = string
    description = optional(string, "")
    value       = optional(string)
    use         = optional(string)
    services    = optional(list(string), [])
  }))
  description = "Parameters by name. Kind \"secret\" and \"generated\" hold a placeholder until someone sets them; \"generated\" with a use gets a random password once; \"plain\" holds its value, which Terraform keeps current."
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.parameters) : can(regex("^[A-Za-z0-9_.-]+$", name))])
    error_message = "parameters: a name takes letters, digits, dots, hyphens and underscores, such as \"DJANGO_SECRET_KEY\"."
  }

  validation {
    condition     = alltrue([for parameter in values(var.parameters) : contains(["secret", "generated", "plain"], parameter.kind)])
    error_message = "parameters: a kind is \"secret\", \"generated\" or \"plain\"."
  }

  validation {
    condition     = alltrue([for parameter in values(var.parameters) : parameter.kind == "plain" ? true : parameter.value == null])
    error_message = "parameters: only a \"plain\" parameter has a value; a secret never stands in the configuration."
  }

  validation {
    condition     = alltrue([for parameter in values(var.parameters) : parameter.kind != "plain" ? true : coalesce(parameter.value, " ") != " "])
    error_message = "parameters: a \"plain\" parameter has a value, and Parameter Store takes no empty one."
  }

  validation {
    condition     = alltrue([for parameter in values(var.parameters) : parameter.use == null ? true : parameter.kind == "generated" && contains(["database_password", "cache_auth_token"], parameter.use)])
    error_message = "parameters: a use is \"database_password\" or \"cache_auth_token\", of a \"generated\" parameter."
  }

  validation {
    condition     = length([for parameter in values(var.parameters) : parameter.use if parameter.use != null]) == length(distinct([for parameter in values(var.parameters) : parameter.use if parameter.use != null]))
    error_message = "parameters: each use belongs to one parameter."
  }
}

variable "plain_values" {
  type        = map(string)
  description = "Values of \"plain\" parameters, by name, in which the placeholders are filled in; a name left out takes the value in parameters. They come in apart from parameters because they depend on the database, which itself needs a parameter from here."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.plain_values) : try(var.parameters[name].kind, "") == "plain"])
    error_message = "plain_values names \"plain\" parameters only."
  }
}

variable "placeholder" {
  type        = string
  description = "Value of a secret that nobody has set yet."
  default     = "to-be-set-in-aws-console"
  nullable    = false

  validation {
    condition     = length(var.placeholder) > 0
    error_message = "placeholder takes at least one character."
  }
}
