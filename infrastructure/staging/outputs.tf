output "acm_certificate_arn" {
  description = "ARN of the site's certificate."
  value       = module.platform.acm_certificate_arn
}

output "acm_certificate_arns" {
  description = "ARN of each certificate by its domain: the site's, and the next one's while the site moves."
  value       = module.platform.acm_certificate_arns
}

output "acm_certificate_domain_validation_options" {
  description = "Records to put into DNS so that ACM issues the certificate that is waited for."
  value       = module.platform.acm_certificate_domain_validation_options
}

output "alarm_topic_arn" {
  description = "Topic of alarms and budget notices; null while there is none."
  value       = module.platform.alarm_topic_arn
}

output "alb_arn" {
  description = "ARN of the load balancer."
  value       = module.platform.alb_arn
}

output "alb_dns_name" {
  description = "DNS name of the load balancer; the domain's CNAME points to it."
  value       = module.platform.alb_dns_name
}

output "alb_zone_id" {
  description = "Hosted zone of the load balancer, for an alias record in Route 53."
  value       = module.platform.alb_zone_id
}

output "backend_repository_url" {
  description = "Repository of the backend image."
  value       = module.platform.backend_repository_url
}

output "backups_bucket_name" {
  description = "Bucket for database dumps."
  value       = module.platform.backups_bucket_name
}

output "cache_auth_token_parameter" {
  description = "Name in Parameter Store of the cache's token."
  value       = module.platform.cache_auth_token_parameter
}

output "cache_replication_group_id" {
  description = "Identifier of the cache."
  value       = module.platform.cache_replication_group_id
}

output "cloudfront_distribution_id" {
  description = "CloudFront distribution of the static files."
  value       = module.platform.cloudfront_distribution_id
}

output "database_endpoint" {
  description = "host:port of the database instance."
  value       = module.platform.database_endpoint
}

output "database_proxy_name" {
  description = "Name of the RDS Proxy before the database; null when there is none."
  value       = module.platform.database_proxy_name
}

output "database_identifier" {
  description = "Identifier of the database instance."
  value       = module.platform.database_identifier
}

output "ecs_security_group_id" {
  description = "Security group of the backend's tasks."
  value       = module.platform.ecs_security_group_id
}

output "frontend_cluster_name" {
  description = "Cluster of the frontend."
  value       = module.platform.frontend_cluster_name
}

output "frontend_repository_url" {
  description = "Repository of the frontend image."
  value       = module.platform.frontend_repository_url
}

output "frontend_service_name" {
  description = "Service of the frontend."
  value       = module.platform.frontend_service_name
}

output "frontend_task_definition" {
  description = "ARN of the frontend's task definition."
  value       = module.platform.frontend_task_definition
}

output "kms_key_arn" {
  description = "Key that encrypts the environment."
  value       = module.platform.kms_key_arn
}

output "lambda_function_url" {
  description = "Address of the backend's function, without a slash at its end; null while there is no function."
  value       = module.platform.lambda_function_url
}

output "lambda_role_arn" {
  description = "Role that the backend's function runs as."
  value       = module.platform.lambda_role_arn
}

output "lambda_security_group_id" {
  description = "Security group of the backend's function."
  value       = module.platform.lambda_security_group_id
}

output "log_group_names" {
  description = "Log groups by what writes to them."
  value       = module.platform.log_group_names
}

output "logs_bucket_name" {
  description = "Bucket of access logs and the audit trail."
  value       = module.platform.logs_bucket_name
}

output "nat_public_ips" {
  description = "Addresses from which function and tasks reach the internet."
  value       = module.platform.nat_public_ips
}

output "parameter_names" {
  description = "Full names in Parameter Store, by parameter."
  value       = module.platform.parameter_names
}

output "parameter_path" {
  description = "Path in Parameter Store that the application reads."
  value       = module.platform.parameter_path
}

output "private_subnet_ids" {
  description = "Private subnets, one per zone."
  value       = module.platform.private_subnet_ids
}

output "public_subnet_ids" {
  description = "Public subnets, one per zone."
  value       = module.platform.public_subnet_ids
}

output "s3_fixtures_bucket_name" {
  description = "Bucket of the database fixture."
  value       = module.platform.s3_fixtures_bucket_name
}

output "static_bucket_name" {
  description = "Bucket of the static files."
  value       = module.platform.static_bucket_name
}

output "static_url" {
  description = "Address of the CDN, without a slash at its end."
  value       = module.platform.static_url
}

output "task_definitions" {
  description = "Family, ARN and container of each task, by the task's key."
  value       = module.platform.task_definitions
}

output "tasks_cluster_name" {
  description = "Cluster in which the tasks run."
  value       = module.platform.tasks_cluster_name
}

output "vpc_id" {
  description = "The VPC."
  value       = module.platform.vpc_id
}

output "zappa_bucket_name" {
  description = "Bucket of the backend's archives."
  value       = module.platform.zappa_bucket_name
}
