# The provider is real, so that policies are rendered, but has no need to call AWS: what it would ask is given below.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  project_name = "nest"
  environment  = "staging"
}

run "lets_each_service_in_for_this_account_only" {
  command = plan

  assert {
    condition     = alltrue([for s in jsondecode(data.aws_iam_policy_document.key.json).Statement : can(s.Condition) || can(s.Principal.AWS)])
    error_message = "Every statement on a service has a condition."
  }

  assert {
    condition     = toset([for s in jsondecode(data.aws_iam_policy_document.key.json).Statement : s.Principal.AWS if can(s.Principal.AWS)]) == toset(["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/nest-staging-terraform"])
    error_message = "Nobody but the account and the deploying role is let in by name."
  }

  assert {
    condition     = one([for s in jsondecode(data.aws_iam_policy_document.key.json).Statement : s.Action if s.Sid == "WhoMakesTheKeyMayChangeThisPolicy"]) == "kms:PutKeyPolicy"
    error_message = "Who makes the key is given nothing but what KMS asks for."
  }

  assert {
    condition     = one([for s in jsondecode(data.aws_iam_policy_document.key.json).Statement : s.Principal.Service if s.Sid == "CloudWatchLogs"]) == "logs.us-east-1.amazonaws.com"
    error_message = "CloudWatch Logs of the region may use the key."
  }

  assert {
    condition     = one([for s in jsondecode(data.aws_iam_policy_document.key.json).Statement : s.Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"] if s.Sid == "CloudWatchLogs"]) == "arn:aws:logs:us-east-1:123456789012:log-group:*"
    error_message = "CloudWatch Logs is bound to this account's log groups."
  }

  assert {
    condition     = one([for s in jsondecode(data.aws_iam_policy_document.key.json).Statement : s.Condition.StringEquals["aws:SourceArn"] if s.Sid == "CloudTrailEncrypts"]) == "arn:aws:cloudtrail:us-east-1:123456789012:trail/nest-staging"
    error_message = "CloudTrail is bound to the environment's trail."
  }
}
