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
  environments = ["production", "staging"]
}

run "gives_each_state_a_bucket_and_a_key" {
  command = plan

  assert {
    condition     = toset(keys(aws_kms_key.state)) == toset(["state", "bootstrap-production", "bootstrap-staging", "production", "staging"])
    error_message = "Every root and environment has a key."
  }

  assert {
    condition     = toset(keys(output.bootstrap_bucket_names)) == toset(["production", "staging"]) && toset(keys(output.environment_bucket_names)) == toset(["production", "staging"])
    error_message = "Every root and environment has a bucket."
  }

  assert {
    condition     = local.bucket_names["state"] == "nest-state-state-${substr(sha256("123456789012/us-east-1/nest/state"), 0, 8)}"
    error_message = "This root's own bucket counts as the environment state."
  }

  assert {
    condition     = local.bucket_names["bootstrap-staging"] == "nest-state-bootstrap-${substr(sha256("123456789012/us-east-1/nest/staging"), 0, 8)}"
    error_message = "The suffix of a bootstrap bucket is the environment's."
  }

  assert {
    condition     = length(distinct(values(local.bucket_names))) == 5
    error_message = "No two states share a bucket."
  }

  assert {
    condition     = alltrue([for key in aws_kms_key.state : key.enable_key_rotation])
    error_message = "Every key rotates."
  }
}
