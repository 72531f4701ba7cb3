# The function itself, its versions and the alias belong to the deploying tool; Terraform owns what stands around it.

locals {
  lambda_alias = "live"
  has_function = var.lambda_function_name != null

  # Without the slash at its end, so that a path can be put behind it.
  lambda_function_url = local.has_function ? trimsuffix(aws_lambda_function_url.backend[0].function_url, "/") : local.placeholder

  # Without scheme and port, as Django's ALLOWED_HOSTS wants it.
  lambda_function_host = local.has_function ? regex("^https?://([^/:]+)", aws_lambda_function_url.backend[0].function_url)[0] : local.placeholder
}

# Made before the function: Lambda would otherwise create a group that is kept for ever and not encrypted.
resource "aws_cloudwatch_log_group" "lambda" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.kms.key_arn
  tags              = merge(var.common_tags, { Name = "${local.name}-lambda" })
}

# The frontend's server calls the backend here, past the load balancer. IAM cannot guard it, since Next.js signs no
# requests: the application answers only those that show a secret which both sides read from Parameter Store.
resource "aws_lambda_function_url" "backend" {
  count = local.has_function ? 1 : 0

  function_name      = var.lambda_function_name
  qualifier          = local.lambda_alias
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "function_url" {
  count = local.has_function ? 1 : 0

  statement_id           = "${local.name}-function-url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function_url.backend[0].function_name
  qualifier              = local.lambda_alias
  principal              = "*"
  function_url_auth_type = "NONE"
}
