data "aws_region" "current" {}

locals {
  name           = "${var.project_name}-${var.environment}"
  parameter_path = "/${var.project_name}/${var.environment}/"

  # SQL names have no hyphens.
  database_name     = replace("${var.project_name}_${var.environment}", "-", "_")
  database_username = replace(var.project_name, "-", "_")

  # What AWS itself listens on; security groups and network ACLs open these.
  database_port = 5432
  cache_port    = 6379

  has_internet_egress = var.nat_gateway_mode != "none"

  # Without NAT, tasks and function reach these services through the VPC or not at all.
  interface_endpoints = var.interface_endpoints != null ? var.interface_endpoints : toset(
    local.has_internet_egress ? [] : ["ecr.api", "ecr.dkr", "kms", "logs", "ssm"]
  )
}

module "kms" {
  source = "../kms"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags
}

module "networking" {
  source = "../networking"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  vpc_cidr                    = var.vpc_cidr
  availability_zone_count     = var.availability_zone_count
  excluded_zone_ids           = var.excluded_zone_ids
  nat_gateway_mode            = var.nat_gateway_mode
  interface_endpoints         = local.interface_endpoints
  endpoint_security_group_ids = [module.security.endpoint_security_group_id]
  application_ports           = [var.application.frontend.port, local.database_port, local.cache_port]
  flow_log_retention_in_days  = var.log_retention_days
  kms_key_arn                 = module.kms.key_arn

  permissions_boundary_arn = module.security.permissions_boundary_arn
}

module "security" {
  source = "../security"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  vpc_id                  = module.networking.vpc_id
  vpc_cidr_block          = module.networking.vpc_cidr_block
  s3_prefix_list_id       = module.networking.s3_prefix_list_id
  internet_egress_enabled = local.has_internet_egress
  database_port           = local.database_port
  database_proxy_enabled  = var.db_proxy_enabled || var.db_proxy_kept
  cache_port              = local.cache_port
  frontend_port           = var.application.frontend.port
  parameter_path          = local.parameter_path
  kms_key_arn             = module.kms.key_arn
  fixtures_bucket_arn     = module.storage.fixtures_bucket_arn
  zappa_bucket_arn        = module.storage.zappa_bucket_arn
}

module "storage" {
  source = "../storage"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  kms_key_arn   = module.kms.key_arn
  force_destroy = var.force_destroy
}

module "parameters" {
  source = "../parameters"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  parameter_path = local.parameter_path
  kms_key_arn    = module.kms.key_arn
  placeholder    = local.placeholder
  parameters     = var.application.parameters
  plain_values   = module.plain_values.texts
}

module "database" {
  source = "../database"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  subnet_ids         = module.networking.private_subnet_ids
  security_group_ids = [module.security.database_security_group_id]
  kms_key_arn        = module.kms.key_arn

  database_name          = local.database_name
  username               = local.database_username
  password_parameter_arn = module.parameters.use["database_password"].arn
  password_version       = var.db_password_version

  instance_class               = var.db_instance_class
  allocated_storage            = var.db_allocated_storage
  multi_az                     = var.db_multi_az
  backup_retention_days        = var.db_backup_retention_days
  skip_final_snapshot          = var.db_skip_final_snapshot
  performance_insights_enabled = var.db_performance_insights_enabled
  proxy_enabled                = var.db_proxy_enabled
  proxy_kept                   = var.db_proxy_kept
  deletion_protection          = var.deletion_protection
  log_retention_days           = var.log_retention_days

  permissions_boundary_arn = module.security.permissions_boundary_arn
}

module "cache" {
  source = "../cache"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  subnet_ids         = module.networking.private_subnet_ids
  security_group_ids = [module.security.cache_security_group_id]
  kms_key_arn        = module.kms.key_arn

  node_type               = var.cache_node_type
  multi_az                = var.cache_multi_az
  snapshot_retention_days = var.cache_snapshot_retention_days
  log_retention_days      = var.log_retention_days
}

module "alb" {
  source = "../alb"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  vpc_id             = module.networking.vpc_id
  subnet_ids         = module.networking.public_subnet_ids
  security_group_ids = [module.security.alb_security_group_id]
  logs_bucket_name   = module.storage.logs_bucket_name

  domain_name        = var.domain_name
  next_domain_name   = var.next_domain_name
  certificate_issued = var.certificate_issued
  # One policy on all answers cannot hold a nonce: then the frontend sends it, from a parameter that holds the same text.
  content_security_policy = strcontains(var.application.content_security_policy, "{${local.nonce}}") ? null : module.content_security_policy.texts["policy"]
  backend_paths           = var.application.backend.paths
  lambda_function_name    = var.lambda_function_name
  lambda_alias            = local.lambda_alias
  frontend_port           = var.application.frontend.port
  frontend_health_path    = var.application.frontend.health_path
  deletion_protection     = var.deletion_protection
  waf_enabled             = var.waf_enabled
  kms_key_arn             = module.kms.key_arn
  log_retention_days      = var.log_retention_days
}

module "ecs" {
  source = "../ecs"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  kms_key_arn = module.kms.key_arn
  image_tag   = var.backend_image_tag
  tasks       = var.application.tasks
  container_environment = merge(var.application.backend.environment, {
    AWS_REGION           = data.aws_region.current.id
    NEST_PARAMETERS_PATH = local.parameter_path
  })

  execution_role_arn = module.security.ecs_execution_role_arn
  task_role_arn      = module.security.ecs_task_role_arn
  scheduler_role_arn = module.security.scheduler_role_arn
  subnet_ids         = module.networking.private_subnet_ids
  security_group_ids = [module.security.ecs_security_group_id]

  cpu_architecture           = var.cpu_architecture
  use_fargate_spot           = var.fargate_spot_for_tasks
  container_insights_enabled = var.container_insights_enabled
  log_retention_days         = var.log_retention_days
  force_delete               = var.force_destroy
}

module "frontend" {
  source = "../frontend"

  project_name = var.project_name
  environment  = var.environment
  common_tags  = var.common_tags

  kms_key_arn        = module.kms.key_arn
  static_bucket_name = "${local.name}-static-${module.storage.suffix}"
  logs_bucket_name   = module.storage.logs_bucket_name

  image_tag             = var.frontend_image_tag
  container_port        = var.application.frontend.port
  container_health_path = var.application.frontend.health_path
  container_command     = var.application.frontend.command
  container_environment = merge(var.application.frontend.environment, { NEST_RELEASE = var.frontend_image_tag })
  container_secrets = {
    for name, parameter in var.application.parameters : name => module.parameters.arns[name] if contains(parameter.services, "frontend")
  }

  task_cpu           = var.frontend_task_cpu
  task_memory        = var.frontend_task_memory
  desired_count      = var.frontend_desired_count
  autoscaling        = var.frontend_autoscaling
  subnet_ids         = module.networking.private_subnet_ids
  security_group_ids = [module.security.frontend_security_group_id]
  target_group_arn   = module.alb.frontend_target_group_arn
  execution_role_arn = module.security.ecs_execution_role_arn
  task_role_arn      = module.security.frontend_task_role_arn

  cpu_architecture           = coalesce(var.frontend_cpu_architecture, var.cpu_architecture)
  use_fargate_spot           = var.fargate_spot_for_frontend
  container_insights_enabled = var.container_insights_enabled
  log_retention_days         = var.log_retention_days
  force_delete               = var.force_destroy
}
