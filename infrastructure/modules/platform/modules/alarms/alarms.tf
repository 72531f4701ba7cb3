locals {
  gib = 1024 * 1024 * 1024

  # What is counted fails where there is much of it; nothing counted is nothing failed.
  counted = var.watch == null ? {} : merge(
    {
      balancer-errors = {
        description = "The load balancer answered with 5xx itself: no target could."
        namespace   = "AWS/ApplicationELB"
        metric      = "HTTPCode_ELB_5XX_Count"
        dimensions  = { LoadBalancer = var.watch.alb_arn_suffix }
      }
      frontend-errors = {
        description = "The frontend answered with 5xx."
        namespace   = "AWS/ApplicationELB"
        metric      = "HTTPCode_Target_5XX_Count"
        dimensions  = { LoadBalancer = var.watch.alb_arn_suffix, TargetGroup = var.watch.frontend_target_group_arn_suffix }
      }
      backend-errors = {
        description = "The backend answered with 5xx."
        namespace   = "AWS/ApplicationELB"
        metric      = "HTTPCode_Target_5XX_Count"
        dimensions  = { LoadBalancer = var.watch.alb_arn_suffix, TargetGroup = var.watch.backend_target_group_arn_suffix }
      }
    },
    var.watch.lambda_function_name == null ? {} : {
      function-errors = {
        description = "Invocations of the function failed."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = var.watch.lambda_function_name }
      }
      function-throttles = {
        description = "Requests were turned away because too many ran at once."
        namespace   = "AWS/Lambda"
        metric      = "Throttles"
        dimensions  = { FunctionName = var.watch.lambda_function_name }
      }
    },
  )

  # What is measured has a limit, above or below which something is about to break.
  measured = var.watch == null ? {} : merge(
    {
      frontend-unhealthy = {
        description = "A frontend task does not answer its health check."
        namespace   = "AWS/ApplicationELB"
        metric      = "UnHealthyHostCount"
        statistic   = "Maximum"
        operator    = "GreaterThanThreshold"
        threshold   = 0
        dimensions  = { LoadBalancer = var.watch.alb_arn_suffix, TargetGroup = var.watch.frontend_target_group_arn_suffix }
      }
      database-storage = {
        description = "Less than a tenth of the database's storage is free."
        namespace   = "AWS/RDS"
        metric      = "FreeStorageSpace"
        statistic   = "Minimum"
        operator    = "LessThanThreshold"
        threshold   = floor(var.watch.database_storage_gib * local.gib / 10)
        dimensions  = { DBInstanceIdentifier = var.watch.database_identifier }
      }
      database-cpu = {
        description = "The database's processor is busy all the time."
        namespace   = "AWS/RDS"
        metric      = "CPUUtilization"
        statistic   = "Average"
        operator    = "GreaterThanThreshold"
        threshold   = 90
        dimensions  = { DBInstanceIdentifier = var.watch.database_identifier }
      }
    },
    {
      for id in var.watch.cache_cluster_ids : "cache-memory-${id}" => {
        description = "The cache's memory is nearly full, and it drops what it holds."
        namespace   = "AWS/ElastiCache"
        metric      = "DatabaseMemoryUsagePercentage"
        statistic   = "Maximum"
        operator    = "GreaterThanThreshold"
        threshold   = 90
        dimensions  = { CacheClusterId = id }
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "counted" {
  for_each = local.counted

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.errors_in_five_minutes
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
  tags                = merge(var.common_tags, { Name = "${local.name}-${each.key}" })
}

resource "aws_cloudwatch_metric_alarm" "measured" {
  for_each = local.measured

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 3
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
  tags                = merge(var.common_tags, { Name = "${local.name}-${each.key}" })
}
