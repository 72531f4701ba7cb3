# What the platform knows and the application's manifest may ask for by {name}.

locals {
  # Apart from the values, because the manifest is checked before there are any.
  fact_names = [
    "alb_dns_name", "cache_host", "cache_port", "database_host", "database_name", "database_port", "database_username",
    "domain_name", "environment", "fixtures_bucket", "lambda_function_host", "lambda_function_url", "project", "region",
    "site_url", "static_bucket", "static_host", "static_url",
  ]

  # The content security policy gets what exists before anything runs, so that the listener waits for nothing else.
  policy_fact_names = ["domain_name", "site_url", "static_host", "static_url"]

  # Stands for what is not known yet; the application treats it as not configured.
  placeholder = "to-be-set-in-aws-console"

  facts = {
    alb_dns_name         = module.alb.alb_dns_name
    cache_host           = module.cache.host
    cache_port           = tostring(module.cache.port)
    database_host        = module.database.host
    database_name        = module.database.database_name
    database_port        = tostring(module.database.port)
    database_username    = module.database.username
    domain_name          = var.domain_name
    environment          = var.environment
    fixtures_bucket      = module.storage.fixtures_bucket_name
    lambda_function_host = local.lambda_function_host
    lambda_function_url  = local.lambda_function_url
    project              = var.project_name
    region               = data.aws_region.current.id
    site_url             = "https://${var.domain_name}"
    static_bucket        = module.frontend.static_bucket_name
    static_host          = module.frontend.static_host
    static_url           = module.frontend.static_url
  }

  facts_by_token = { for name, value in local.facts : "{${name}}" => value }

  # A text is cut into {facts} and what is between them; each fact is looked up, the rest stays.
  filled_values = {
    for name, parameter in var.application.parameters : name => join("", [
      for part in regexall("\\{[a-z_]+\\}|[^{]+|\\{", parameter.value) : lookup(local.facts_by_token, part, part)
    ]) if parameter.kind == "plain"
  }

  # An address that starts with something unknown is itself unknown, whatever path follows.
  plain_values = { for name, value in local.filled_values : name => startswith(value, local.placeholder) ? local.placeholder : value }

  policy_facts_by_token = {
    "{domain_name}" = var.domain_name
    "{site_url}"    = "https://${var.domain_name}"
    "{static_host}" = module.frontend.static_host
    "{static_url}"  = module.frontend.static_url
  }

  content_security_policy = join("", [
    for part in regexall("\\{[a-z_]+\\}|[^{]+|\\{", var.application.content_security_policy) : lookup(local.policy_facts_by_token, part, part)
  ])
}
