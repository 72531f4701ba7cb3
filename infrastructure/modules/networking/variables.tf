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
  description = "ARN of the KMS key that encrypts the flow logs."
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn is the ARN of a key, such as \"arn:aws:kms:us-east-1:123456789012:key/1234abcd-...\"."
  }
}

variable "vpc_cidr" {
  type        = string
  description = "IPv4 range of the VPC. Each subnet gets a sixteenth of it."
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 4, 15)) && can(regex("^[0-9.]+/(1[6-9]|2[0-4])$", var.vpc_cidr))
    error_message = "vpc_cidr is an IPv4 range from /16 to /24, such as \"10.0.0.0/16\"."
  }

  validation {
    # What no host of a network has: this network, loopback, link-local, multicast and reserved (RFC 6890).
    condition     = !can(regex("^(0|127|169\\.254|22[4-9]|2[3-5][0-9])\\.", var.vpc_cidr))
    error_message = "vpc_cidr is none of 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 and 224.0.0.0 upwards, which AWS takes for no VPC; such as \"10.0.0.0/16\"."
  }
}

variable "availability_zone_count" {
  type        = number
  description = "Zones that get a public and a private subnet each. The load balancer and the database need two."
  default     = 2
  nullable    = false

  validation {
    condition     = var.availability_zone_count >= 2 && var.availability_zone_count <= 6 && floor(var.availability_zone_count) == var.availability_zone_count
    error_message = "availability_zone_count is a whole number from 2 to 6."
  }
}

# Fargate: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
variable "excluded_zone_ids" {
  type        = set(string)
  description = "Ids of zones that are left out, because they lack a part of the site (Fargate in all of the default; RDS Proxy and others in use1-az3). A zone's id is the same in every account, its name is not. Subnets that exist stay where they are."
  default     = ["apne1-az3", "cac1-az3", "cac1-az4", "use1-az3", "usw1-az2"]
  nullable    = false

  validation {
    condition     = alltrue([for id in var.excluded_zone_ids : can(regex("^[a-z]+[0-9]+-az[0-9]+$", id))])
    error_message = "excluded_zone_ids takes ids of zones such as \"use1-az3\", not names such as \"us-east-1a\"."
  }
}

variable "nat_gateway_mode" {
  type        = string
  description = "The private subnets' way to the internet: \"single\" (one NAT gateway for all zones), \"per_zone\" (survives the loss of a zone), \"instance\" (one small EC2 instance, for a ninth of the price) or \"none\" (private subnets reach AWS through interface_endpoints only)."
  default     = "single"
  nullable    = false

  validation {
    condition     = contains(["none", "single", "per_zone", "instance"], var.nat_gateway_mode)
    error_message = "nat_gateway_mode is one of \"none\", \"single\", \"per_zone\" and \"instance\"."
  }
}

variable "interface_endpoints" {
  type        = set(string)
  description = "AWS services that get an interface endpoint in the private subnets, by the last part of their service name, such as \"ssm\" or \"ecr.api\"."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z0-9][a-z0-9.-]*$", service)) && service != "s3"])
    error_message = "interface_endpoints takes short service names, such as \"ssm\", \"logs\" or \"ecr.dkr\". S3 is left out: its gateway endpoint always exists."
  }
}

variable "endpoint_security_group_ids" {
  type        = list(string)
  description = "Security groups of the interface endpoints. Required when interface_endpoints is not empty."
  default     = []
  nullable    = false

  validation {
    condition     = length(var.interface_endpoints) == 0 || length(var.endpoint_security_group_ids) > 0
    error_message = "endpoint_security_group_ids names at least one security group, such as [\"sg-0123456789abcdef0\"], because interface_endpoints is not empty."
  }
}

variable "application_ports" {
  type        = set(number)
  description = "TCP ports at which something in the private subnets serves the rest of the VPC: frontend, database, cache."
  default     = [3000, 5432, 6379]
  nullable    = false

  validation {
    condition     = length(var.application_ports) <= 12 && alltrue([for port in var.application_ports : port >= 1 && port <= 65535 && floor(port) == port])
    error_message = "application_ports takes at most 12 TCP ports, each a whole number from 1 to 65535, such as [3000, 5432, 6379]."
  }
}

variable "flow_log_retention_in_days" {
  type        = number
  description = "Days for which the VPC's flow logs are kept."
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log_retention_in_days)
    error_message = "flow_log_retention_in_days takes a number of days that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827 or more years up to 3653."
  }
}

variable "flow_log_traffic_type" {
  type        = string
  description = "Traffic that the flow logs record: \"ALL\", \"ACCEPT\" or \"REJECT\"."
  default     = "ALL"
  nullable    = false

  validation {
    condition     = contains(["ALL", "ACCEPT", "REJECT"], var.flow_log_traffic_type)
    error_message = "flow_log_traffic_type is one of \"ALL\", \"ACCEPT\" and \"REJECT\"."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  description = "ARN of the policy that bounds the roles which this module makes. Without one, they have no bound."
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is the ARN of a policy, such as \"arn:aws:iam::123456789012:policy/nest-staging-terraform-boundary\"."
  }
}
