output "backups_bucket_arn" {
  description = "ARN of the bucket for database dumps."
  value       = module.bucket["backups"].bucket_arn
}

output "backups_bucket_name" {
  description = "Name of the bucket for database dumps."
  value       = module.bucket["backups"].bucket_name
}

output "fixtures_bucket_arn" {
  description = "ARN of the bucket with the database fixture."
  value       = module.bucket["fixtures"].bucket_arn
}

output "fixtures_bucket_name" {
  description = "Name of the bucket with the database fixture."
  value       = module.bucket["fixtures"].bucket_name
}

output "logs_bucket_arn" {
  description = "ARN of the bucket for access logs and the audit trail."
  value       = module.logs_bucket.bucket_arn
}

output "logs_bucket_name" {
  description = "Name of the bucket for access logs and the audit trail; known once its policy lets the log services write."
  value       = module.logs_bucket.policed_bucket_name
}

output "suffix" {
  description = "Suffix of the bucket names: a hash of account, region, project and environment."
  value       = local.suffix
}

output "zappa_bucket_arn" {
  description = "ARN of the bucket with the backend's archives."
  value       = module.bucket["zappa"].bucket_arn
}

output "zappa_bucket_name" {
  description = "Name of the bucket with the backend's archives."
  value       = module.bucket["zappa"].bucket_name
}
