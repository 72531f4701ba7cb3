# Nothing here waits for the validation: the records are an output, and the listener is made once the
# certificate is issued.
resource "aws_acm_certificate" "this" {
  domain_name       = var.domain_name
  validation_method = "DNS"
  tags              = merge(var.common_tags, { Name = var.domain_name })

  lifecycle {
    create_before_destroy = true
  }
}
