# No call leaves this machine: the provider is a mock, its data the least that the module reads.
mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
}

variables {
  name               = "nest-staging-ssm"
  vpc_id             = "vpc-0123456789abcdef0"
  service            = "ssm"
  subnet_ids         = ["subnet-0123456789abcdef0"]
  security_group_ids = ["sg-0123456789abcdef0"]
  route_table_ids    = ["rtb-0123456789abcdef0"]
}

run "makes_an_interface" {
  command = plan

  assert {
    condition     = aws_vpc_endpoint.this.service_name == "com.amazonaws.us-east-1.ssm"
    error_message = "The service is the region's."
  }

  assert {
    condition     = aws_vpc_endpoint.this.private_dns_enabled
    error_message = "The service's usual name leads to the endpoint."
  }

  assert {
    condition     = length(aws_vpc_endpoint.this.subnet_ids) == 1
    error_message = "The endpoint has an address in each subnet."
  }
}

run "makes_a_gateway" {
  command = plan

  variables {
    service = "s3"
    type    = "Gateway"
  }

  assert {
    condition     = length(aws_vpc_endpoint.this.route_table_ids) == 1
    error_message = "The route tables lead to the gateway."
  }

  assert {
    condition     = aws_vpc_endpoint.this.vpc_endpoint_type == "Gateway"
    error_message = "The endpoint is a gateway."
  }
}
