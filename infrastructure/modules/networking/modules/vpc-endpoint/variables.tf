variable "common_tags" {
  type        = map(string)
  description = "Tags for every resource that takes tags."
  default     = {}
  nullable    = false
}

variable "name" {
  type        = string
  description = "Name tag of the endpoint."
  nullable    = false
}

variable "vpc_id" {
  type        = string
  description = "VPC of the endpoint."
  nullable    = false
}

variable "service" {
  type        = string
  description = "Last part of the AWS service's endpoint name, such as \"s3\" or \"ecr.api\"."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]*$", var.service))
    error_message = "service is the short name of an AWS service, such as \"s3\", \"ssm\" or \"ecr.dkr\"."
  }
}

variable "type" {
  type        = string
  description = "Kind of endpoint: \"Gateway\" (free; S3 and DynamoDB only) or \"Interface\" (an address in each subnet, charged by the hour)."
  default     = "Interface"
  nullable    = false

  validation {
    condition     = contains(["Gateway", "Interface"], var.type)
    error_message = "type is \"Gateway\" or \"Interface\"."
  }

  validation {
    condition     = var.type != "Gateway" || contains(["s3", "dynamodb"], var.service)
    error_message = "type is \"Gateway\" for \"s3\" and \"dynamodb\" only; every other service takes \"Interface\"."
  }
}

variable "route_table_ids" {
  type        = list(string)
  description = "Route tables that lead to a gateway endpoint. An interface endpoint ignores them."
  default     = []
  nullable    = false
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets in which an interface endpoint has an address. A gateway endpoint ignores them."
  default     = []
  nullable    = false
}

variable "security_group_ids" {
  type        = list(string)
  description = "Security groups of an interface endpoint. A gateway endpoint ignores them."
  default     = []
  nullable    = false
}

variable "policy_json" {
  type        = string
  description = "Policy of the endpoint as JSON. Without one, everything that IAM allows may pass."
  default     = null

  validation {
    condition     = var.policy_json == null || can(jsondecode(var.policy_json))
    error_message = "policy_json is an IAM policy as JSON."
  }
}
