output "cluster_name" {
  description = "Cluster of the frontend."
  value       = aws_ecs_cluster.frontend.name
}

output "service_name" {
  description = "Service of the frontend."
  value       = aws_ecs_service.frontend.name
}

output "task_definition_arn" {
  description = "ARN of the task definition's present revision."
  value       = aws_ecs_task_definition.frontend.arn
}

output "task_definition_family" {
  description = "Family of the task definition."
  value       = aws_ecs_task_definition.frontend.family
}

output "repository_url" {
  description = "Repository of the frontend image."
  value       = aws_ecr_repository.frontend.repository_url
}

output "repository_name" {
  description = "Name of the frontend image's repository."
  value       = aws_ecr_repository.frontend.name
}

output "static_bucket_name" {
  description = "Bucket of static files."
  value       = module.static_bucket.bucket_name
}

output "static_bucket_arn" {
  description = "ARN of the bucket of static files."
  value       = module.static_bucket.bucket_arn
}

output "static_host" {
  description = "Host of the CDN."
  value       = aws_cloudfront_distribution.static.domain_name
}

output "static_url" {
  description = "Address of the CDN, without a slash at its end."
  value       = "https://${aws_cloudfront_distribution.static.domain_name}"
}

output "distribution_id" {
  description = "CloudFront distribution of the static files."
  value       = aws_cloudfront_distribution.static.id
}

output "log_group_name" {
  description = "Log group of the service."
  value       = aws_cloudwatch_log_group.frontend.name
}
