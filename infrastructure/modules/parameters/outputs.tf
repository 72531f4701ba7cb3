output "arns" {
  description = "ARNs of all parameters, by name."
  value       = merge(local.secret_arns, { for name, parameter in aws_ssm_parameter.plain : name => parameter.arn })
}

output "names" {
  description = "Full names in Parameter Store of all parameters, by name."
  value       = { for name in keys(var.parameters) : name => "${var.parameter_path}${name}" }
}

output "parameter_path" {
  description = "Path under which the parameters lie."
  value       = var.parameter_path
}

output "secret_arns" {
  description = "ARNs of the secret and generated parameters, by name. Depends on no plain value."
  value       = local.secret_arns
}

output "use" {
  description = "Full name and ARN of the parameter for each use (database_password, cache_auth_token). Depends on no plain value."
  value       = { for name, parameter in aws_ssm_parameter.generated : var.parameters[name].use => { name = parameter.name, arn = parameter.arn } }
}
