# The provider is real, so that the policy is rendered, but has no need to call AWS.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  bucket_name      = "nest-fixtures-0a1b2c3d"
  kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  policy_documents = ["{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Theirs\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"logging.s3.amazonaws.com\"},\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::nest-fixtures-0a1b2c3d/*\"}]}"]
}

run "refuses_requests_without_tls" {
  command = plan

  assert {
    condition     = one([for s in jsondecode(data.aws_iam_policy_document.this.json).Statement : s.Effect if s.Sid == "DenyWithoutTls"]) == "Deny"
    error_message = "Requests without TLS are denied."
  }

  assert {
    condition     = contains(jsondecode(data.aws_iam_policy_document.this.json).Statement[*].Sid, "Theirs")
    error_message = "Statements of others are kept."
  }
}
