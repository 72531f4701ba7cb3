# What is deployed, as the application's manifest describes it.

variable "application" {
  description = "The application: backend paths, frontend, tasks, parameters and content security policy. Values of plain parameters and the policy may hold {facts} such as {database_host}; README.md lists them."
  type = object({
    backend = object({
      paths       = list(string)
      environment = optional(map(string), {})
    })
    frontend = object({
      port        = optional(number, 3000)
      health_path = string
      command     = optional(list(string))
      environment = optional(map(string), {})
    })
    tasks = map(object({
      command     = list(string)
      cpu         = optional(string, "512")
      memory      = optional(string, "1024")
      schedule    = optional(string)
      environment = optional(map(string), {})
    }))
    parameters = map(object({
      kind        = string
      description = optional(string, "")
      value       = optional(string)
      use         = optional(string)
      services    = optional(list(string), [])
    }))
    content_security_policy = string
  })
  nullable = false

  validation {
    condition     = length(var.application.backend.paths) >= 1 && length(var.application.backend.paths) <= 100
    error_message = "application.backend.paths holds 1 to 100 path patterns, such as /graphql/*."
  }

  validation {
    condition     = alltrue([for path in var.application.backend.paths : startswith(path, "/") && length(path) <= 128 && length(regexall("[*?]", path)) <= 1])
    error_message = "Each of application.backend.paths starts with /, has at most 128 characters and at most one wildcard, such as /graphql/*."
  }

  validation {
    condition     = alltrue([for key in keys(var.application.tasks) : can(regex("^[a-z][a-z0-9-]{0,62}$", key))])
    error_message = "A key of application.tasks starts with a lower-case letter and has up to 63 lower-case letters, digits and hyphens, such as load-data."
  }

  validation {
    condition = alltrue([
      for task in values(var.application.tasks) : contains(try(local.fargate_memory[task.cpu], []), try(tonumber(task.memory), 0))
    ])
    error_message = "Fargate does not offer cpu and memory of: ${join("; ", [
      for key, task in var.application.tasks : "${key} (cpu ${task.cpu}, memory ${task.memory}; with that cpu: ${join(", ", try(local.fargate_memory[task.cpu], ["nothing"]))})"
      if !contains(try(local.fargate_memory[task.cpu], []), try(tonumber(task.memory), 0))
    ])}."
  }

  validation {
    condition     = alltrue([for parameter in values(var.application.parameters) : contains(["secret", "generated", "plain"], parameter.kind)])
    error_message = "Each of application.parameters has the kind secret, generated or plain."
  }

  validation {
    condition = alltrue([
      for parameter in values(var.application.parameters) : (parameter.kind == "plain") == (parameter.value != null)
    ])
    error_message = "In application.parameters, plain ones have a value and the others have none: ${join(", ", [
      for name, parameter in var.application.parameters : name if(parameter.kind == "plain") != (parameter.value != null)
    ])}."
  }

  validation {
    condition = sort([
      for parameter in values(var.application.parameters) : "${parameter.kind} ${parameter.use}" if parameter.use != null
    ]) == tolist(["generated cache_auth_token", "generated database_password"])
    error_message = "Of application.parameters exactly one is generated with use database_password and one with use cache_auth_token, and no other has a use."
  }

  validation {
    condition = alltrue([
      for parameter in values(var.application.parameters) : alltrue([for service in parameter.services : service == "frontend"])
    ])
    error_message = "services of a parameter names the services that get it as environment: frontend is the only one."
  }

  validation {
    condition = alltrue([
      for parameter in values(var.application.parameters) :
      alltrue([for token in regexall("\\{[a-z_]+\\}", coalesce(parameter.value, " ")) : contains(concat(local.fact_names, [local.nonce]), trim(token, "{}"))])
    ])
    error_message = "application.parameters holds an unknown {fact}: ${join(", ", distinct(flatten([
      for name, parameter in var.application.parameters : [
        for token in regexall("\\{[a-z_]+\\}", coalesce(parameter.value, " ")) : "${token} in ${name}" if !contains(concat(local.fact_names, [local.nonce]), trim(token, "{}"))
      ]
    ])))}. Known are: ${join(", ", local.fact_names)}."
  }

  validation {
    condition = alltrue([
      for token in regexall("\\{[a-z_]+\\}", var.application.content_security_policy) : contains(concat(local.policy_fact_names, [local.nonce]), trim(token, "{}"))
    ])
    error_message = "application.content_security_policy may hold these {facts} and no other: ${join(", ", local.policy_fact_names)}."
  }

  validation {
    condition     = length(var.application.content_security_policy) >= 1 && length(var.application.content_security_policy) <= 1000
    error_message = "application.content_security_policy has 1 to 1,000 characters: a load balancer refuses a longer header."
  }
}

locals {
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
  fargate_memory = {
    "256"   = [512, 1024, 2048]
    "512"   = range(1024, 4097, 1024)
    "1024"  = range(2048, 8193, 1024)
    "2048"  = range(4096, 16385, 1024)
    "4096"  = range(8192, 30721, 1024)
    "8192"  = range(16384, 61441, 4096)
    "16384" = range(32768, 122881, 8192)
  }
}
