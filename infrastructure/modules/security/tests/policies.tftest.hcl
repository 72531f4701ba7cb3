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
  project_name        = "nest"
  environment         = "staging"
  kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  parameter_path      = "/nest/staging/"
  vpc_id              = "vpc-0123456789abcdef0"
  vpc_cidr_block      = "10.0.0.0/16"
  fixtures_bucket_arn = "arn:aws:s3:::nest-fixtures-0a1b2c3d"
  zappa_bucket_arn    = "arn:aws:s3:::nest-staging-zappa-0a1b2c3d"
}

run "grants_no_more_than_named" {
  command = plan

  assert {
    condition     = alltrue([for json in values(local.policies) : alltrue([for s in jsondecode(json).Statement : !contains(flatten([s.Action]), "*")])])
    error_message = "No statement allows everything."
  }

  assert {
    condition     = toset([for s in jsondecode(local.policies["lambda"]).Statement : s.Sid if contains(flatten([s.Resource]), "*") && s.Effect == "Allow"]) == toset(["AttachToTheVpc"])
    error_message = "The function reaches beyond named resources for its network interfaces only."
  }

  assert {
    condition     = toset([for s in jsondecode(local.policies["ecs-execution"]).Statement : s.Sid if contains(flatten([s.Resource]), "*")]) == toset(["LogInToTheRegistry"])
    error_message = "Starting a task reaches beyond named resources for the registry log-in only."
  }

  assert {
    condition     = alltrue([for s in jsondecode(local.policies["ecs-task"]).Statement : !contains(flatten([s.Resource]), "*")])
    error_message = "Tasks reach named resources only."
  }

  assert {
    condition     = toset(one([for s in jsondecode(local.policies["lambda"]).Statement : s.Resource if s.Sid == "ReadParameters"])) == toset(["arn:aws:ssm:us-east-1:123456789012:parameter/nest/staging", "arn:aws:ssm:us-east-1:123456789012:parameter/nest/staging/*"])
    error_message = "The function reads the environment's parameters and no others."
  }

  assert {
    condition     = !contains(keys(local.policies), "frontend-task")
    error_message = "The frontend has no AWS permission."
  }
}
