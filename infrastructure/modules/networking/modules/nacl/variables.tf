variable "common_tags" {
  type        = map(string)
  description = "Tags for every resource that takes tags."
  default     = {}
  nullable    = false
}

variable "name" {
  type        = string
  description = "Name tag of the network ACL."
  nullable    = false

  validation {
    condition     = length(var.name) > 0 && length(var.name) <= 255
    error_message = "name takes 1 to 255 characters."
  }
}

variable "vpc_id" {
  type        = string
  description = "VPC of the network ACL."
  nullable    = false
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets that the network ACL guards."
  nullable    = false
}

variable "ingress_rules" {
  type = map(object({
    number     = number
    action     = optional(string, "allow")
    protocol   = optional(string, "tcp")
    cidr_block = string
    from_port  = optional(number, 0)
    to_port    = optional(number, 0)
  }))
  description = "Rules for what comes in, by a name for the reader. The lowest number wins; what no rule names is denied."
  nullable    = false

  validation {
    condition     = alltrue([for rule in values(var.ingress_rules) : rule.number >= 1 && rule.number <= 32766])
    error_message = "ingress_rules: a rule's number is from 1 to 32766."
  }

  validation {
    condition     = length(distinct([for rule in values(var.ingress_rules) : rule.number])) == length(var.ingress_rules)
    error_message = "ingress_rules: each rule has a number of its own."
  }

  validation {
    condition     = alltrue([for rule in values(var.ingress_rules) : contains(["allow", "deny"], rule.action)])
    error_message = "ingress_rules: a rule's action is \"allow\" or \"deny\"."
  }

  validation {
    condition     = alltrue([for rule in values(var.ingress_rules) : can(cidrhost(rule.cidr_block, 0))])
    error_message = "ingress_rules: a rule's cidr_block is an IPv4 range, such as \"10.0.0.0/16\"."
  }

  validation {
    condition     = alltrue([for rule in values(var.ingress_rules) : rule.from_port >= 0 && rule.from_port <= rule.to_port && rule.to_port <= 65535])
    error_message = "ingress_rules: from_port and to_port are from 0 to 65535, the lower one first."
  }
}

variable "egress_rules" {
  type = map(object({
    number     = number
    action     = optional(string, "allow")
    protocol   = optional(string, "tcp")
    cidr_block = string
    from_port  = optional(number, 0)
    to_port    = optional(number, 0)
  }))
  description = "Rules for what goes out, by a name for the reader. The lowest number wins; what no rule names is denied."
  nullable    = false

  validation {
    condition     = alltrue([for rule in values(var.egress_rules) : rule.number >= 1 && rule.number <= 32766])
    error_message = "egress_rules: a rule's number is from 1 to 32766."
  }

  validation {
    condition     = length(distinct([for rule in values(var.egress_rules) : rule.number])) == length(var.egress_rules)
    error_message = "egress_rules: each rule has a number of its own."
  }

  validation {
    condition     = alltrue([for rule in values(var.egress_rules) : contains(["allow", "deny"], rule.action)])
    error_message = "egress_rules: a rule's action is \"allow\" or \"deny\"."
  }

  validation {
    condition     = alltrue([for rule in values(var.egress_rules) : can(cidrhost(rule.cidr_block, 0))])
    error_message = "egress_rules: a rule's cidr_block is an IPv4 range, such as \"10.0.0.0/16\"."
  }

  validation {
    condition     = alltrue([for rule in values(var.egress_rules) : rule.from_port >= 0 && rule.from_port <= rule.to_port && rule.to_port <= 65535])
    error_message = "egress_rules: from_port and to_port are from 0 to 65535, the lower one first."
  }
}
