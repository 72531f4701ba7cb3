variable "common_tags" {
  type        = map(string)
  description = "Tags for every resource that takes tags."
  default     = {}
  nullable    = false
}

variable "bucket_name" {
  type        = string
  description = "Name of the bucket, unique in all of AWS."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name takes 3 to 63 lower-case letters, digits and hyphens, such as \"nest-fixtures-0a1b2c3d\"."
  }
}

variable "force_destroy" {
  type        = bool
  description = "Whether a destroy empties the bucket first. Off, content stops the destroy."
  default     = false
  nullable    = false
}

variable "versioning_enabled" {
  type        = bool
  description = "Whether replaced and deleted objects are kept as versions."
  default     = true
  nullable    = false
}

variable "sse_algorithm" {
  type        = string
  description = "Encryption at rest: \"aws:kms\" with kms_key_arn, or \"AES256\" for buckets into which AWS's log services write."
  default     = "aws:kms"
  nullable    = false

  validation {
    condition     = contains(["aws:kms", "AES256"], var.sse_algorithm)
    error_message = "sse_algorithm is \"aws:kms\" or \"AES256\"."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the KMS key that encrypts the objects. Required when sse_algorithm is \"aws:kms\"."
  default     = null

  validation {
    condition     = var.sse_algorithm != "aws:kms" || var.kms_key_arn != null
    error_message = "kms_key_arn is the ARN of a key, such as \"arn:aws:kms:us-east-1:123456789012:key/1234abcd-...\", because sse_algorithm is \"aws:kms\"."
  }
}

variable "object_ownership" {
  type        = string
  description = "Who owns an object: \"BucketOwnerEnforced\" (no ACLs at all) or \"BucketOwnerPreferred\" (for writers that still send ACLs)."
  default     = "BucketOwnerEnforced"
  nullable    = false

  validation {
    condition     = contains(["BucketOwnerEnforced", "BucketOwnerPreferred"], var.object_ownership)
    error_message = "object_ownership is \"BucketOwnerEnforced\" or \"BucketOwnerPreferred\"."
  }
}

variable "policy_documents" {
  type        = list(string)
  description = "Policy documents as JSON whose statements join the bucket's TLS-only statement."
  default     = []
  nullable    = false
}

variable "access_logs" {
  type = object({
    bucket = string
    prefix = string
  })
  description = "Bucket and key prefix for the S3 server access logs. Without it, access is not logged."
  default     = null
}

variable "lifecycle_rules" {
  type = object({
    expiration_days                    = optional(number)
    noncurrent_version_expiration_days = optional(number, 30)
    infrequent_access_days             = optional(number)
    abort_multipart_days               = optional(number, 7)
  })
  description = "Days after which objects expire, replaced versions expire, objects move to infrequent access (30 or more), and unfinished uploads are dropped."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for days in values(var.lifecycle_rules) : days == null ? true : days >= 1 && floor(days) == days])
    error_message = "lifecycle_rules takes whole numbers of days, 1 or more."
  }

  validation {
    condition     = var.lifecycle_rules.infrequent_access_days == null ? true : var.lifecycle_rules.infrequent_access_days >= 30
    error_message = "lifecycle_rules.infrequent_access_days is 30 or more: S3 moves nothing sooner."
  }

  validation {
    condition     = var.lifecycle_rules.infrequent_access_days == null || var.lifecycle_rules.expiration_days == null ? true : var.lifecycle_rules.expiration_days > var.lifecycle_rules.infrequent_access_days
    error_message = "lifecycle_rules.expiration_days is greater than infrequent_access_days."
  }
}
