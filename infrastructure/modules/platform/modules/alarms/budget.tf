locals {
  # Per cent of the budget at which a notice goes out, and of what.
  budget_notices = {
    most     = { type = "ACTUAL", percent = 80 }
    all      = { type = "ACTUAL", percent = 100 }
    forecast = { type = "FORECASTED", percent = 100 }
  }
}

# Only what carries the provider's default tag counts, once `Environment` is active as a cost allocation tag.
resource "aws_budgets_budget" "monthly" {
  count = var.monthly_budget == null ? 0 : 1

  name         = "${local.name}-monthly"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = format("%.1f", var.monthly_budget)
  limit_unit   = "USD"
  tags         = merge(var.common_tags, { Name = "${local.name}-monthly" })

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:Environment$%s", var.environment)]
  }

  dynamic "notification" {
    for_each = local.budget_notices

    content {
      notification_type         = notification.value.type
      comparison_operator       = "GREATER_THAN"
      threshold                 = notification.value.percent
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.this.arn]
    }
  }

  depends_on = [aws_sns_topic_policy.this]
}
