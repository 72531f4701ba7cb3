# Certificate, content delivery, logs and the audit trail.

data "aws_iam_policy_document" "edge" {
  statement {
    sid = "Unscopable"
    actions = [
      "acm:RequestCertificate",
      "cloudfront:Get*",
      "cloudfront:List*",
      "cloudtrail:DescribeTrails",
      "logs:DescribeLogGroups",
    ]
    resources = ["*"]
  }

  statement {
    sid = "Certificate"
    actions = [
      "acm:AddTagsToCertificate",
      "acm:DescribeCertificate",
      "acm:ListTagsForCertificate",
      "acm:RemoveTagsFromCertificate",
      "acm:UpdateCertificateOptions",
    ]
    resources = ["${local.arn}:acm:${local.here}:certificate/*"]

    dynamic "condition" {
      for_each = local.own_tags

      content {
        test     = "StringEqualsIfExists"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }

  statement {
    sid       = "RemoveOwnCertificate"
    actions   = ["acm:DeleteCertificate"]
    resources = ["${local.arn}:acm:${local.here}:certificate/*"]

    dynamic "condition" {
      for_each = local.own_tags

      content {
        test     = "StringEquals"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }

  # CloudFront gives its own ids, and all but distributions take no tags.
  statement {
    sid = "ContentDelivery"
    actions = [
      "cloudfront:CreateDistribution",
      "cloudfront:CreateInvalidation",
      "cloudfront:CreateOriginAccessControl",
      "cloudfront:CreateResponseHeadersPolicy",
      "cloudfront:DeleteOriginAccessControl",
      "cloudfront:DeleteResponseHeadersPolicy",
      "cloudfront:TagResource",
      "cloudfront:UpdateOriginAccessControl",
      "cloudfront:UpdateResponseHeadersPolicy",
    ]
    resources = ["${local.arn}:cloudfront::${local.account_id}:*"]

    dynamic "condition" {
      for_each = local.own_tags

      content {
        test     = "StringEqualsIfExists"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }

  statement {
    sid       = "ChangeOwnDistribution"
    actions   = ["cloudfront:DeleteDistribution", "cloudfront:UntagResource", "cloudfront:UpdateDistribution"]
    resources = ["${local.arn}:cloudfront::${local.account_id}:distribution/*"]

    dynamic "condition" {
      for_each = local.own_tags

      content {
        test     = "StringEquals"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "Logs"
    actions = [
      "logs:AssociateKmsKey",
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:DeleteRetentionPolicy",
      "logs:DescribeLogStreams",
      "logs:DisassociateKmsKey",
      "logs:FilterLogEvents",
      "logs:GetLogEvents",
      "logs:ListTagsForResource",
      "logs:PutRetentionPolicy",
      "logs:StartLiveTail",
      "logs:TagResource",
      "logs:UntagResource",
    ]
    # With ":*" a group's streams are meant, and by some calls the group itself.
    resources = [
      "${local.arn}:logs:${local.here}:log-group:/aws/*/${local.name}",
      "${local.arn}:logs:${local.here}:log-group:/aws/*/${local.name}-*",
      "${local.arn}:logs:${local.here}:log-group:/aws/*/${local.name}/*",
      "${local.arn}:logs:${local.here}:log-group:/aws/*/${local.name}:*",
      "${local.arn}:logs:${local.here}:log-group:aws-waf-logs-${local.name}-alb",
      "${local.arn}:logs:${local.here}:log-group:aws-waf-logs-${local.name}-alb:*",
    ]
  }

  # The cache's slow log is a vended log; its delivery knows no resource.
  statement {
    sid = "LogDelivery"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    resources = ["*"]
  }

  statement {
    sid = "AuditTrail"
    actions = [
      "cloudtrail:AddTags",
      "cloudtrail:CreateTrail",
      "cloudtrail:DeleteTrail",
      "cloudtrail:GetTrailStatus",
      "cloudtrail:ListTags",
      "cloudtrail:RemoveTags",
      "cloudtrail:StartLogging",
      "cloudtrail:StopLogging",
      "cloudtrail:UpdateTrail",
    ]
    resources = ["${local.arn}:cloudtrail:${local.here}:trail/${local.name}"]
  }
}
