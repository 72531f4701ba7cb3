output "bucket_arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "bucket_name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.id
}

output "bucket_regional_domain_name" {
  description = "Host name of the bucket in its region."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}

output "policed_bucket_name" {
  description = "Name of the bucket, known once its policy is in place: for services that test at once whether they may write."
  value       = aws_s3_bucket_policy.this.bucket
}
