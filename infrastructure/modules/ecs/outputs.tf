output "cluster_name" {
  description = "Cluster in which the tasks run."
  value       = aws_ecs_cluster.tasks.name
}

output "cluster_arn" {
  description = "ARN of the cluster in which the tasks run."
  value       = aws_ecs_cluster.tasks.arn
}

output "repository_url" {
  description = "Repository of the backend image."
  value       = aws_ecr_repository.backend.repository_url
}

output "repository_name" {
  description = "Name of the backend image's repository."
  value       = aws_ecr_repository.backend.name
}

output "task_definitions" {
  description = "Family, ARN and container of each task definition, by the task's key."
  value = {
    for key, task in module.task : key => {
      family         = task.family
      arn            = task.arn
      container_name = task.container_name
    }
  }
}

output "log_group_name" {
  description = "Log group of the tasks; each key has its own stream prefix."
  value       = aws_cloudwatch_log_group.tasks.name
}
