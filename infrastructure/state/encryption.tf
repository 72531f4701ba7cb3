# An object that names no encryption, as Terraform writes its state, gets the bucket's key. One that names another kind or
# another key would lie outside this key's policy, and is refused.

locals {
  kind_header         = "s3:x-amz-server-side-encryption"
  key_header          = "s3:x-amz-server-side-encryption-aws-kms-key-id"
  customer_key_header = "s3:x-amz-server-side-encryption-customer-algorithm"

  # Conditions of each denial. A negated operator also holds for a header that is not sent, with and without IfExists:
  # "Null" beside it leaves those requests alone.
  denied_encryption = {
    for key in keys(local.states) : key => {
      DenyOtherEncryption = [
        { test = "Null", variable = local.kind_header, value = "false" },
        { test = "StringNotEquals", variable = local.kind_header, value = "aws:kms" },
      ]
      DenyOtherKeys = [
        { test = "Null", variable = local.key_header, value = "false" },
        { test = "StringNotEquals", variable = local.key_header, value = aws_kms_key.state[key].arn },
      ]
      # "aws:kms" without a key is the key aws/s3, not the bucket's.
      DenyKeyLeftOpen = [
        { test = "Null", variable = local.kind_header, value = "false" },
        { test = "Null", variable = local.key_header, value = "true" },
      ]
      DenyKeysFromCustomers = [
        { test = "Null", variable = local.customer_key_header, value = "false" },
      ]
    }
  }
}

data "aws_iam_policy_document" "only_this_key" {
  for_each = local.denied_encryption

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = statement.key
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["arn:${local.partition}:s3:::${local.bucket_names[each.key]}/*"]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      dynamic "condition" {
        for_each = statement.value

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = [condition.value.value]
        }
      }
    }
  }
}
