# What the platform knows and the application's manifest may ask for by {name}.

locals {
  # Apart from the values, because the manifest is checked before there are any.
  fact_names = [
    "alb_dns_name", "cache_host", "cache_port", "database_host", "database_name", "database_port", "database_username",
    "domain_name", "domain_names", "environment", "fixtures_bucket", "lambda_function_host", "lambda_function_url", "project", "region",
    "site_url", "site_urls", "static_bucket", "static_host", "static_url",
  ]

  # The content security policy gets what exists before anything runs, so that the listener waits for nothing else.
  policy_fact_names = ["domain_name", "site_url", "static_host", "static_url"]

  # No fact: it stays in a policy, for the application to fill with another one in each answer.
  nonce = "nonce"

  # Stands for what is not known yet; the application treats it as not configured.
  placeholder = "to-be-set-in-aws-console"

  site_url = "https://${var.domain_name}"

  facts = {
    alb_dns_name         = module.alb.alb_dns_name
    cache_host           = module.cache.host
    cache_port           = tostring(module.cache.port)
    database_host        = module.database.host
    database_name        = module.database.database_name
    database_port        = tostring(module.database.port)
    database_username    = module.database.username
    domain_name          = var.domain_name
    domain_names         = join(",", module.alb.domain_names)
    environment          = var.environment
    fixtures_bucket      = module.storage.fixtures_bucket_name
    lambda_function_host = local.lambda_function_host
    lambda_function_url  = local.lambda_function_url
    project              = var.project_name
    region               = data.aws_region.current.id
    site_url             = local.site_url
    site_urls            = join(",", [for domain in module.alb.domain_names : "https://${domain}"])
    static_bucket        = module.frontend.static_bucket_name
    static_host          = module.frontend.static_host
    static_url           = module.frontend.static_url
  }
}

module "plain_values" {
  source = "./modules/template"

  texts       = { for name, parameter in var.application.parameters : name => parameter.value if parameter.kind == "plain" }
  facts       = local.facts
  placeholder = local.placeholder
}

module "content_security_policy" {
  source = "./modules/template"

  texts       = { policy = var.application.content_security_policy }
  placeholder = local.placeholder
  facts = {
    domain_name = var.domain_name
    site_url    = local.site_url
    static_host = module.frontend.static_host
    static_url  = module.frontend.static_url
  }
}
