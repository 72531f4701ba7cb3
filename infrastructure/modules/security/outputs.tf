# A role is told once its policy is in place: a task or schedule that starts before fails, and so does one that outlives it.

output "alb_security_group_id" {
  description = "Security group of the load balancer."
  value       = aws_security_group.this["alb"].id
}

output "cache_security_group_id" {
  description = "Security group of the cache."
  value       = aws_security_group.this["cache"].id
}

output "database_security_group_id" {
  description = "Security group of the database."
  value       = aws_security_group.this["database"].id
}

output "ecs_execution_role_arn" {
  description = "ARN of the role with which ECS starts tasks: pulls images, reads secrets, writes logs."
  value       = aws_iam_role.this["ecs-execution"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "ecs_security_group_id" {
  description = "Security group of the backend's tasks."
  value       = aws_security_group.this["ecs"].id
}

output "ecs_task_role_arn" {
  description = "ARN of the role that the backend's tasks run as."
  value       = aws_iam_role.this["ecs-task"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "endpoint_security_group_id" {
  description = "Security group of the VPC's interface endpoints."
  value       = aws_security_group.this["endpoint"].id
}

output "frontend_security_group_id" {
  description = "Security group of the frontend's tasks."
  value       = aws_security_group.this["frontend"].id
}

output "frontend_task_role_arn" {
  description = "ARN of the role that the frontend's tasks run as."
  value       = aws_iam_role.this["frontend-task"].arn
}

output "lambda_role_arn" {
  description = "ARN of the role that the backend's function runs as."
  value       = aws_iam_role.this["lambda"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "lambda_security_group_id" {
  description = "Security group of the backend's function."
  value       = aws_security_group.this["lambda"].id
}

output "scheduler_role_arn" {
  description = "ARN of the role with which EventBridge Scheduler starts tasks."
  value       = aws_iam_role.this["scheduler"].arn

  depends_on = [aws_iam_role_policy.this]
}

output "permissions_boundary_arn" {
  description = "ARN of the policy that bounds every role of the stack."
  value       = local.permissions_boundary_arn
}
