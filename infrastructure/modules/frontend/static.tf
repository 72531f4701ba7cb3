module "static_bucket" {
  source = "../storage/modules/s3-bucket"

  bucket_name = var.static_bucket_name
  common_tags = var.common_tags

  # Everything in it is public anyway, and CloudFront needs no right to a key.
  sse_algorithm = "AES256"
  force_destroy = var.force_delete

  policy_documents = [data.aws_iam_policy_document.static.json]
  access_logs      = { bucket = var.logs_bucket_name, prefix = "s3/static/" }
}

data "aws_iam_policy_document" "static" {
  statement {
    sid       = "ReadThroughCloudFront"
    actions   = ["s3:GetObject"]
    resources = ["${module.static_bucket.bucket_arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.static.arn]
    }
  }

  # With the right to list, a file that is not there is a 404; without it, a 403.
  statement {
    sid       = "ListThroughCloudFront"
    actions   = ["s3:ListBucket"]
    resources = [module.static_bucket.bucket_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.static.arn]
    }
  }
}

resource "aws_cloudfront_origin_access_control" "static" {
  name                              = var.static_bucket_name
  description                       = "Lets the distribution of ${local.prefix} read ${var.static_bucket_name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# Fonts and scripts with the crossorigin attribute come from another host than the page, so browsers ask for
# these headers. The files are public and read without cookies, so any origin may read them.
resource "aws_cloudfront_response_headers_policy" "static" {
  name    = "${local.prefix}-static"
  comment = "CORS and safety headers of the static files of ${local.prefix}"

  cors_config {
    access_control_allow_credentials = false
    access_control_max_age_sec       = 86400
    origin_override                  = true

    access_control_allow_headers {
      items = ["*"]
    }

    access_control_allow_methods {
      items = ["GET", "HEAD", "OPTIONS"]
    }

    access_control_allow_origins {
      items = ["*"]
    }
  }

  security_headers_config {
    content_type_options {
      override = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }

    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }
  }
}

resource "aws_cloudfront_distribution" "static" {
  comment             = "Static files of ${local.prefix}"
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = var.cdn_price_class
  wait_for_deployment = false

  # A key that never exists: without one, "/" would list the bucket to whoever asks.
  default_root_object = "no-such-page"

  origin {
    origin_id                = "static"
    domain_name              = module.static_bucket.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.static.id
  }

  default_cache_behavior {
    target_origin_id       = "static"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD", "OPTIONS"]
    cached_methods         = ["GET", "HEAD"]
    compress               = true

    # AWS's managed policy CachingOptimized: the object's own Cache-Control within a year, no cookies, no query.
    cache_policy_id            = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    response_headers_policy_id = aws_cloudfront_response_headers_policy.static.id
  }

  # A file that a deploy is about to upload must not stay missing for long.
  custom_error_response {
    error_code            = 404
    error_caching_min_ttl = 10
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }

  tags = merge(var.common_tags, { Name = "${local.prefix}-static" })
}
