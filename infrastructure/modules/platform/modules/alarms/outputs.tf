output "topic_arn" {
  description = "Topic that alarms and budget notices are published to."
  value       = aws_sns_topic.this.arn
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = sort(concat(values(aws_cloudwatch_metric_alarm.counted)[*].alarm_name, values(aws_cloudwatch_metric_alarm.measured)[*].alarm_name))
}
