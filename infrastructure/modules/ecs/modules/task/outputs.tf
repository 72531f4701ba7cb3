output "family" {
  description = "Family of the task definition."
  value       = aws_ecs_task_definition.this.family
}

output "arn" {
  description = "ARN of the task definition's present revision."
  value       = aws_ecs_task_definition.this.arn
}

output "container_name" {
  description = "Name of the container in the task."
  value       = var.name
}
