# The provider is real, so that policies are rendered, but has no need to call AWS: what it would ask is given below.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

variables {
  aws_role_external_id = "0123456789abcdef0123456789abcdef"
}

run "makes_a_role_for_one_environment" {
  command = plan

  assert {
    condition     = aws_iam_role.terraform.name == "nest-staging-terraform"
    error_message = "The role bears the name that the guide gives it."
  }

  assert {
    condition     = alltrue([for size in values(output.policy_sizes) : size <= 6144])
    error_message = "Every policy fits."
  }

  assert {
    condition     = length(aws_iam_policy.terraform) <= 10
    error_message = "A role takes ten policies."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "GitHub is not let in unless asked for."
  }
}

run "leaves_other_environments_alone" {
  command = plan

  assert {
    condition = alltrue([
      for s in flatten([for json in values(local.policies) : jsondecode(json).Statement]) :
      try(s.Condition.StringEqualsIfExists, {}) == local.own_tags
      if contains(["BackupPlan", "BuildNetwork", "Certificate", "ContentDelivery", "SetKeysUp"], s.Sid)
    ])
    error_message = "What has no name of its own is changed and tagged only where it bears no other environment's tags."
  }

  assert {
    condition = toset(flatten([
      for s in flatten([for json in values(local.policies) : jsondecode(json).Statement]) :
      [for action in flatten([s.Action]) : action if strcontains(lower(action), "tag") && !startswith(action, "ec2:Describe") && contains(["ec2", "kms", "acm", "cloudfront"], split(":", action)[0])]
      if try(s.Condition, null) == null
    ])) == toset([])
    error_message = "No tag that a condition looks at can be set without that condition."
  }
}

run "trusts_one_user_with_the_external_id" {
  command = plan

  assert {
    condition     = one(jsondecode(data.aws_iam_policy_document.trust.json).Statement).Condition.StringEquals["sts:ExternalId"] == var.aws_role_external_id
    error_message = "The external id is required."
  }

  assert {
    condition     = one(jsondecode(data.aws_iam_policy_document.trust.json).Statement).Condition.ArnEquals["aws:PrincipalArn"] == "arn:aws:iam::123456789012:user/nest-staging"
    error_message = "Only the environment's user may assume the role."
  }
}

run "trusts_others_by_name" {
  command = plan

  variables {
    identity_user_name = "deploy"
    identity_arns      = ["arn:aws:iam::123456789012:role/deployers"]
  }

  assert {
    condition     = toset(one(jsondecode(data.aws_iam_policy_document.trust.json).Statement).Condition.ArnEquals["aws:PrincipalArn"]) == toset(["arn:aws:iam::123456789012:user/deploy", "arn:aws:iam::123456789012:role/deployers"])
    error_message = "User and role are both named."
  }
}

run "lets_one_repository_in" {
  command = plan

  variables {
    github_repository        = "OWASP/Nest"
    github_oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = one([for s in jsondecode(data.aws_iam_policy_document.trust.json).Statement : s.Condition.StringEquals["token.actions.githubusercontent.com:sub"] if s.Sid == "GithubWorkflows"]) == "repo:OWASP/Nest:environment:staging"
    error_message = "Only the repository's GitHub environment may assume the role."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "A provider that exists is used."
  }
}

run "makes_githubs_provider" {
  command = plan

  variables {
    github_repository = "OWASP/Nest"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 1
    error_message = "The provider is made."
  }
}

run "allows_nothing_on_everything" {
  command = plan

  assert {
    condition     = alltrue(flatten([for json in values(local.policies) : [for s in jsondecode(json).Statement : s.Effect == "Deny" || !contains(flatten([s.Action]), "*")]]))
    error_message = "No statement allows every action."
  }

  assert {
    condition     = alltrue(flatten([for json in values(local.policies) : [for s in jsondecode(json).Statement : can(s.Condition) if contains(flatten([s.Action]), "iam:PassRole") && s.Effect == "Allow"]]))
    error_message = "Roles are passed to named services only."
  }

  assert {
    condition     = anytrue([for s in jsondecode(local.policies["identity"]).Statement : s.Effect == "Deny" && s.Resource == "arn:aws:iam::123456789012:role/nest-*-terraform"])
    error_message = "The role cannot change itself."
  }

  assert {
    condition     = alltrue(flatten([for json in values(local.policies) : [for s in jsondecode(json).Statement : [for action in flatten([s.Action]) : endswith(action, ":*") == false]]]))
    error_message = "No statement allows all of a service."
  }
}

run "fits_with_the_longest_names" {
  command = plan

  variables {
    project_name = "sixteen-letters0"
    environment  = "sixteen-letters1"
  }

  assert {
    condition     = alltrue([for size in values(output.policy_sizes) : size <= 6144])
    error_message = "Every policy fits."
  }
}

run "bounds_what_terraform_may_write_into_roles" {
  command = plan

  assert {
    condition     = aws_iam_policy.boundary.name == "nest-staging-terraform-boundary"
    error_message = "The boundary bears the name that the modules give to their roles."
  }

  assert {
    condition     = alltrue(flatten([for s in jsondecode(local.policies["identity"]).Statement : [for action in flatten([s.Action]) : s.Condition.StringEquals["iam:PermissionsBoundary"] == "arn:aws:iam::123456789012:policy/nest-staging-terraform-boundary" if s.Effect == "Allow" && startswith(action, "iam:Put")]]))
    error_message = "Policies are written into bound roles only."
  }

  assert {
    condition     = alltrue(flatten([for json in values(local.policies) : [for s in jsondecode(json).Statement : [for action in flatten([s.Action]) : !contains(["iam:DeleteRolePermissionsBoundary", "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"], action) || s.Effect == "Deny"]]]))
    error_message = "The role can neither change the boundary nor take it off."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.boundary.minified_json) <= local.policy_size_limit
    error_message = "The boundary fits."
  }

  assert {
    condition     = !contains(keys(aws_iam_role_policy_attachment.terraform), "boundary")
    error_message = "The boundary is no right of the deploying role."
  }
}
