# What IAM can scope by name is scoped to the environment's names; what has no name of its own (network, CloudFront,
# certificates, keys) to the account and region, and what destroys it to the environment's tags. Reading descriptions is
# open, because most services cannot scope it.

locals {
  # IAM's limit for a managed policy; it does not count white space, and neither does minified JSON.
  policy_size_limit = 6144

  policies = {
    compute  = data.aws_iam_policy_document.compute.minified_json
    data     = data.aws_iam_policy_document.data.minified_json
    edge     = data.aws_iam_policy_document.edge.minified_json
    identity = data.aws_iam_policy_document.identity.minified_json
    network  = data.aws_iam_policy_document.network.minified_json
    storage  = data.aws_iam_policy_document.storage.minified_json
    watching = data.aws_iam_policy_document.watching.minified_json
  }

  # For what has no name: Terraform tags everything that it makes with these.
  own_tags = {
    "aws:ResourceTag/Project"     = var.project_name
    "aws:ResourceTag/Environment" = var.environment
  }
}
