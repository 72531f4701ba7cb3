terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Bucket, key and region come from terraform.tfbackend. No `encrypt`: it would ask for S3's own keys, while an object
  # without a wish gets the bucket's KMS key.
  backend "s3" {
    use_lockfile = true
  }
}
