# VPC, load balancer and web application firewall.

data "aws_iam_policy_document" "network" {
  statement {
    sid       = "ReadNetwork"
    actions   = ["ec2:Describe*", "elasticloadbalancing:Describe*"]
    resources = ["*"]
  }

  # What is being made has no tags yet, and EC2 has none for some of it. What bears another environment's is out of reach.
  statement {
    sid = "BuildNetwork"
    actions = [
      "ec2:AllocateAddress",
      "ec2:AssociateAddress",
      "ec2:AssociateRouteTable",
      "ec2:AttachInternetGateway",
      "ec2:AuthorizeSecurityGroupEgress",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:CreateFlowLogs",
      "ec2:CreateInternetGateway",
      "ec2:CreateNatGateway",
      "ec2:CreateNetworkAcl",
      "ec2:CreateNetworkAclEntry",
      "ec2:CreateRoute",
      "ec2:CreateRouteTable",
      "ec2:CreateSecurityGroup",
      "ec2:CreateSubnet",
      "ec2:CreateTags",
      "ec2:CreateVpc",
      "ec2:CreateVpcEndpoint",
      "ec2:DeleteNetworkAclEntry",
      "ec2:DeleteRoute",
      "ec2:DeleteTags",
      "ec2:DetachInternetGateway",
      "ec2:DisassociateAddress",
      "ec2:DisassociateRouteTable",
      "ec2:ModifySecurityGroupRules",
      "ec2:ModifySubnetAttribute",
      "ec2:ModifyVpcAttribute",
      "ec2:ModifyVpcEndpoint",
      "ec2:ReplaceNetworkAclAssociation",
      "ec2:ReplaceNetworkAclEntry",
      "ec2:ReplaceRoute",
      "ec2:ReplaceRouteTableAssociation",
      "ec2:RevokeSecurityGroupEgress",
      "ec2:RevokeSecurityGroupIngress",
      "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
      "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
    ]
    resources = ["${local.arn}:ec2:${local.here}:*/*"]

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
    sid = "RemoveOwnNetwork"
    actions = [
      "ec2:DeleteFlowLogs",
      "ec2:DeleteInternetGateway",
      "ec2:DeleteNatGateway",
      "ec2:DeleteNetworkAcl",
      "ec2:DeleteRouteTable",
      "ec2:DeleteSecurityGroup",
      "ec2:DeleteSubnet",
      "ec2:DeleteVpc",
      "ec2:DeleteVpcEndpoints",
      "ec2:ModifyInstanceAttribute",
      "ec2:ModifyInstanceCreditSpecification",
      "ec2:ModifyInstanceMetadataOptions",
      "ec2:ReleaseAddress",
      "ec2:StartInstances",
      "ec2:StopInstances",
      "ec2:TerminateInstances",
    ]
    resources = ["${local.arn}:ec2:${local.here}:*/*"]

    dynamic "condition" {
      for_each = local.own_tags

      content {
        test     = "StringEquals"
        variable = condition.key
        values   = [condition.value]
      }
    }
  }

  # Asked for when an interface endpoint takes over a service's public name.
  statement {
    sid       = "NamesOfEndpoints"
    actions   = ["route53:AssociateVPCWithHostedZone"]
    resources = ["${local.arn}:route53:::hostedzone/*"]
  }

  # Only what modules/networking starts: an instance of another size is refused. The other resources of the call know no
  # size.
  statement {
    sid     = "NatInstance"
    actions = ["ec2:RunInstances"]
    resources = concat(
      ["${local.arn}:ec2:${local.region}::image/*"],
      [for kind in ["instance", "network-interface", "security-group", "subnet", "volume"] : "${local.arn}:ec2:${local.here}:${kind}/*"],
    )

    condition {
      test     = "StringEqualsIfExists"
      variable = "ec2:InstanceType"
      values   = ["t4g.nano"]
    }
  }

  statement {
    sid       = "NatInstanceImage"
    actions   = ["ssm:GetParameter"]
    resources = ["${local.arn}:ssm:${local.region}::parameter/aws/service/ami-amazon-linux-latest/*"]
  }

  # Interfaces that a deleted function leaves behind hold its security group for up to an hour. Lambda makes them, so
  # they bear no tags of ours.
  statement {
    sid       = "ReleaseLambdaInterfaces"
    actions   = ["ec2:DeleteNetworkInterface"]
    resources = ["${local.arn}:ec2:${local.here}:network-interface/*"]
  }

  statement {
    sid = "LoadBalancer"
    actions = [
      "elasticloadbalancing:AddListenerCertificates",
      "elasticloadbalancing:AddTags",
      "elasticloadbalancing:CreateListener",
      "elasticloadbalancing:CreateLoadBalancer",
      "elasticloadbalancing:CreateRule",
      "elasticloadbalancing:CreateTargetGroup",
      "elasticloadbalancing:DeleteListener",
      "elasticloadbalancing:DeleteLoadBalancer",
      "elasticloadbalancing:DeleteRule",
      "elasticloadbalancing:DeleteTargetGroup",
      "elasticloadbalancing:DeregisterTargets",
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:ModifyListenerAttributes",
      "elasticloadbalancing:ModifyLoadBalancerAttributes",
      "elasticloadbalancing:ModifyRule",
      "elasticloadbalancing:ModifyTargetGroup",
      "elasticloadbalancing:ModifyTargetGroupAttributes",
      "elasticloadbalancing:RegisterTargets",
      "elasticloadbalancing:RemoveListenerCertificates",
      "elasticloadbalancing:RemoveTags",
      "elasticloadbalancing:SetIpAddressType",
      "elasticloadbalancing:SetRulePriorities",
      "elasticloadbalancing:SetSecurityGroups",
      "elasticloadbalancing:SetSubnets",
    ]
    resources = [
      "${local.arn}:elasticloadbalancing:${local.here}:listener-rule/app/${local.name}-*",
      "${local.arn}:elasticloadbalancing:${local.here}:listener/app/${local.name}-*",
      "${local.arn}:elasticloadbalancing:${local.here}:loadbalancer/app/${local.name}-*",
      "${local.arn}:elasticloadbalancing:${local.here}:targetgroup/${local.name}-*",
    ]
  }

  # A permission without a call of its own: WAF asks for it when a firewall is tied to a load balancer, on no resource.
  statement {
    sid       = "TieFirewall"
    actions   = ["elasticloadbalancing:SetWebAcl"]
    resources = ["*"]
  }

  statement {
    sid = "Firewall"
    actions = [
      "wafv2:AssociateWebACL",
      "wafv2:CreateWebACL",
      "wafv2:DeleteLoggingConfiguration",
      "wafv2:DeleteWebACL",
      "wafv2:DisassociateWebACL",
      "wafv2:GetLoggingConfiguration",
      "wafv2:GetWebACL",
      "wafv2:GetWebACLForResource",
      "wafv2:ListTagsForResource",
      "wafv2:PutLoggingConfiguration",
      "wafv2:TagResource",
      "wafv2:UntagResource",
      "wafv2:UpdateWebACL",
    ]
    resources = [
      "${local.arn}:elasticloadbalancing:${local.here}:loadbalancer/app/${local.name}-*",
      "${local.arn}:wafv2:${local.here}:regional/managedruleset/*",
      "${local.arn}:wafv2:${local.here}:regional/webacl/${local.name}-*",
    ]
  }
}
