resource "aws_cloudtrail" "this" {
  count = var.cloudtrail_enabled ? 1 : 0

  # The policies of key and bucket let the trail of this name write.
  name                          = local.name
  s3_bucket_name                = module.storage.logs_bucket_name
  s3_key_prefix                 = "cloudtrail"
  kms_key_id                    = module.kms.key_arn
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  tags                          = merge(var.common_tags, { Name = local.name })
}
