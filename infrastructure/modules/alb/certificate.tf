# Nothing here waits for the validation: the records are an output, and the listener is made once the
# certificate is issued. While the site moves to another domain it has two: the one that serves, and the one that waits.
resource "aws_acm_certificate" "this" {
  for_each = toset(compact([var.domain_name, var.next_domain_name]))

  domain_name       = each.value
  validation_method = "DNS"
  tags              = merge(var.common_tags, { Name = each.value })

  # The listener lets go of a certificate before that is deleted.
  lifecycle {
    create_before_destroy = true
  }
}
