output "policy_sizes" {
  description = "Characters of each of the role's policies; IAM takes 6,144."
  value       = { for concern, policy in local.policies : concern => length(policy) }
}

output "role_arn" {
  description = "ARN of the role that deploys the environment."
  value       = aws_iam_role.terraform.arn
}

output "role_name" {
  description = "Name of the role that deploys the environment."
  value       = aws_iam_role.terraform.name
}
