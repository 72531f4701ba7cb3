# What tells people of trouble and keeps a second copy: options, because each costs a little.

locals {
  has_alarms = var.alarms_enabled || var.monthly_budget != null
}

module "alarms" {
  source = "./modules/alarms"
  count  = local.has_alarms ? 1 : 0

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  kms_key_arn    = module.kms.key_arn
  emails         = var.alarm_emails
  monthly_budget = var.monthly_budget

  watch = !var.alarms_enabled ? null : {
    alb_arn_suffix                   = module.alb.alb_arn_suffix
    frontend_target_group_arn_suffix = module.alb.frontend_target_group_arn_suffix
    backend_target_group_arn_suffix  = module.alb.backend_target_group_arn_suffix
    lambda_function_name             = var.lambda_function_name
    database_identifier              = module.database.identifier
    database_storage_gib             = var.db_allocated_storage
    cache_cluster_ids                = module.cache.cluster_ids
  }
}

module "backup" {
  source = "./modules/backup"
  count  = var.backup_plan_retention_days > 0 ? 1 : 0

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  kms_key_arn    = module.kms.key_arn
  resource_arns  = [module.database.arn]
  retention_days = var.backup_plan_retention_days
  force_destroy  = var.force_destroy

  permissions_boundary_arn = module.security.permissions_boundary_arn
}
