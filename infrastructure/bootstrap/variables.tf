variable "aws_region" {
  type        = string
  description = "Region in which the role may work."
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is the code of an AWS region, such as \"us-east-1\"."
  }
}

variable "project_name" {
  type        = string
  description = "Short name of the project; the first part of every resource name."
  default     = "nest"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.project_name))
    error_message = "project_name takes 2 to 16 lower-case letters, digits and hyphens, and starts with a letter, such as \"nest\"."
  }
}

variable "environment" {
  type        = string
  description = "Environment that the role deploys."
  default     = "staging"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.environment))
    error_message = "environment takes 2 to 16 lower-case letters, digits and hyphens, and starts with a letter, such as \"staging\"."
  }
}

variable "aws_role_external_id" {
  type        = string
  description = "External id that a caller must name to assume the role. Make one with `openssl rand -hex 32`."
  nullable    = false
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@:/-]+$", var.aws_role_external_id)) && length(var.aws_role_external_id) >= 32 && length(var.aws_role_external_id) <= 1224
    error_message = "aws_role_external_id takes 32 to 1224 letters, digits and the signs +=,.@:/-. Make one with: openssl rand -hex 32"
  }
}

variable "identity_user_name" {
  type        = string
  description = "IAM user that may assume the role; without one, <project_name>-<environment>. It may be created after the role."
  default     = null

  validation {
    condition     = var.identity_user_name == null ? true : can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.identity_user_name))
    error_message = "identity_user_name is the name of an IAM user, such as \"nest-staging\", not its ARN."
  }
}

variable "identity_arns" {
  type        = set(string)
  description = "Further users and roles that may assume the role with the external id, by ARN; for a role that is itself assumed (single sign-on), the role's ARN."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.identity_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(user|role)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "identity_arns takes ARNs of IAM users and roles, such as \"arn:aws:iam::123456789012:role/deployers\"."
  }
}

variable "max_session_duration_in_seconds" {
  type        = number
  description = "Longest session of the role. An apply that waits for DNS or a database needs more than the hour that AWS gives by itself."
  default     = 7200
  nullable    = false

  validation {
    condition     = var.max_session_duration_in_seconds >= 3600 && var.max_session_duration_in_seconds <= 43200
    error_message = "max_session_duration_in_seconds is from 3600 to 43200."
  }
}

variable "github_repository" {
  type        = string
  description = "GitHub repository whose workflows may assume the role without a stored key, in their GitHub environment of the same name. Without one, none may."
  default     = null

  validation {
    condition     = var.github_repository == null ? true : can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository is the owner and name of a repository, such as \"OWASP/Nest\"."
  }
}

variable "github_oidc_provider_arn" {
  type        = string
  description = "ARN of GitHub's OIDC provider where the account already has one. Without it, this root makes the provider; an account takes only one."
  default     = null

  validation {
    condition     = var.github_oidc_provider_arn == null ? true : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token.actions.githubusercontent.com$", var.github_oidc_provider_arn))
    error_message = "github_oidc_provider_arn is the ARN of GitHub's provider, such as \"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com\"."
  }
}
