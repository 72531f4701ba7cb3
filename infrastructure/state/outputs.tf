output "access_logs_bucket_name" {
  description = "Bucket with the record of who read and wrote state."
  value       = module.logs_bucket.bucket_name
}

output "bootstrap_bucket_names" {
  description = "State bucket of the bootstrap root, by environment."
  value       = { for environment in var.environments : environment => module.bucket["bootstrap-${environment}"].bucket_name }
}

output "environment_bucket_names" {
  description = "State bucket of the environment's own root, by environment."
  value       = { for environment in var.environments : environment => module.bucket[environment].bucket_name }
}

output "kms_key_arns" {
  description = "ARNs of the keys, by the state that they encrypt: state, bootstrap-<environment> and <environment>."
  value       = { for key, state in aws_kms_key.state : key => state.arn }
}

output "state_bucket_name" {
  description = "Bucket of this root's own state."
  value       = module.bucket["state"].bucket_name
}
