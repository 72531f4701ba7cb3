output "replication_group_id" {
  description = "Identifier of the replication group."
  value       = aws_elasticache_replication_group.this.id
}

output "cluster_ids" {
  description = "Identifiers of the nodes, as CloudWatch metrics name them."
  value       = toset([for number in range(var.multi_az ? 2 : 1) : format("%s-%03d", local.name, number + 1)])
}

output "host" {
  description = "Host of the primary endpoint."
  value       = data.aws_elasticache_replication_group.this.primary_endpoint_address
}

output "port" {
  description = "Port of the primary endpoint; it speaks TLS only."
  value       = data.aws_elasticache_replication_group.this.port
}

output "log_group_names" {
  description = "Log groups of the cache, by kind of log."
  value       = { for group in aws_cloudwatch_log_group.slow : "slow" => group.name }
}
