# No call leaves this machine: the provider is a mock.
mock_provider "aws" {}

variables {
  name          = "nest-staging-private"
  vpc_id        = "vpc-0123456789abcdef0"
  subnet_ids    = ["subnet-0123456789abcdef0"]
  ingress_rules = { answers = { number = 300, cidr_block = "0.0.0.0/0", from_port = 1024, to_port = 65535 } }
  egress_rules  = { https = { number = 110, cidr_block = "0.0.0.0/0", from_port = 443, to_port = 443 } }
}

run "makes_the_rules" {
  command = plan

  assert {
    condition     = length(aws_network_acl.this.ingress) == 1 && one(aws_network_acl.this.egress).from_port == 443
    error_message = "One rule in, one out."
  }

  assert {
    condition     = one(aws_network_acl.this.ingress).to_port == 65535 && one(aws_network_acl.this.ingress).action == "allow"
    error_message = "The rule passes ephemeral ports."
  }
}
