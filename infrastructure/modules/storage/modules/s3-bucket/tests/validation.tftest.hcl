# No call leaves this machine: the provider is a mock, its data the least that the module reads.
mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}", minified_json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  bucket_name = "nest-fixtures-0a1b2c3d"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
}

run "refuses_a_name_with_capitals" {
  command = plan

  variables {
    bucket_name = "Nest_Fixtures"
  }

  expect_failures = [var.bucket_name]
}

run "refuses_an_unknown_encryption" {
  command = plan

  variables {
    sse_algorithm = "aws:kms:dsse"
  }

  expect_failures = [var.sse_algorithm]
}

run "refuses_kms_without_a_key" {
  command = plan

  variables {
    kms_key_arn = null
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_an_unknown_ownership" {
  command = plan

  variables {
    object_ownership = "ObjectWriter"
  }

  expect_failures = [var.object_ownership]
}

run "refuses_half_days" {
  command = plan

  variables {
    lifecycle_rules = { expiration_days = 0.5 }
  }

  expect_failures = [var.lifecycle_rules]
}

run "refuses_a_move_before_thirty_days" {
  command = plan

  variables {
    lifecycle_rules = { infrequent_access_days = 29 }
  }

  expect_failures = [var.lifecycle_rules]
}

run "refuses_an_expiry_before_the_move" {
  command = plan

  variables {
    lifecycle_rules = { infrequent_access_days = 30, expiration_days = 30 }
  }

  expect_failures = [var.lifecycle_rules]
}

run "refuses_an_alias_of_a_key" {
  command = plan

  variables {
    kms_key_arn = "alias/nest-staging"
  }

  expect_failures = [aws_s3_bucket.this]
}

run "refuses_the_arn_of_an_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/nest-staging"
  }

  expect_failures = [aws_s3_bucket.this]
}
