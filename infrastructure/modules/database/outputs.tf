output "identifier" {
  description = "Identifier of the instance."
  value       = aws_db_instance.this.identifier
}

output "arn" {
  description = "ARN of the instance."
  value       = aws_db_instance.this.arn
}

output "endpoint" {
  description = "host:port of the instance itself."
  value       = aws_db_instance.this.endpoint
}

output "host" {
  description = "Host that the application connects to: the proxy's when there is one, else the instance's."
  value       = var.proxy_enabled ? aws_db_proxy.this[0].endpoint : aws_db_instance.this.address
}

output "proxy_name" {
  description = "Name of the proxy; null when there is none."
  value       = local.has_proxy ? aws_db_proxy.this[0].name : null
}

output "port" {
  description = "Port that the application connects to."
  value       = aws_db_instance.this.port
}

output "database_name" {
  description = "Database that was created with the instance."
  value       = aws_db_instance.this.db_name
}

output "username" {
  description = "Master user of the instance."
  value       = aws_db_instance.this.username
}

output "log_group_names" {
  description = "Log groups of the exported PostgreSQL logs, by kind of log."
  value       = { for kind, group in aws_cloudwatch_log_group.export : kind => group.name }
}
