provider "aws" {
  region      = var.aws_region
  max_retries = var.max_retries

  default_tags {
    tags = merge(
      {
        Project     = var.project_name
        Environment = var.environment
        ManagedBy   = "terraform"
      },
      var.tags,
    )
  }
}
