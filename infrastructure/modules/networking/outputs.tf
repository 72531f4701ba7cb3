output "availability_zones" {
  description = "Names of the zones in use, in the order of the subnets."
  value       = local.availability_zones
}

output "flow_log_group_name" {
  description = "Log group of the VPC's flow logs."
  value       = aws_cloudwatch_log_group.flow_logs.name
}

output "interface_endpoint_ids" {
  description = "Ids of the interface endpoints, by service."
  value       = { for service, endpoint in module.interface_endpoint : service => endpoint.endpoint_id }
}

output "nat_public_ips" {
  description = "Public addresses from which the private subnets reach the internet."
  value       = concat([for key in sort(keys(aws_eip.nat)) : aws_eip.nat[key].public_ip], aws_eip.nat_instance[*].public_ip)
}

output "private_route_table_ids" {
  description = "Ids of the private subnets' route tables, one per zone."
  value       = [for key in local.zone_keys : aws_route_table.private[key].id]
}

output "private_subnet_ids" {
  description = "Ids of the private subnets, one per zone."
  value       = [for key in local.zone_keys : aws_subnet.private[key].id]
}

output "public_subnet_ids" {
  description = "Ids of the public subnets, one per zone, once they lead to the internet and let its traffic in."
  value       = [for key in local.zone_keys : aws_subnet.public[key].id]

  # A load balancer that faces the internet is refused in a VPC without an internet gateway, and the gateway cannot be
  # detached while one has public addresses.
  depends_on = [aws_internet_gateway.this, aws_route.public_internet, aws_route_table_association.public]
}

output "s3_prefix_list_id" {
  description = "Prefix list of S3's addresses in this region, for security group rules."
  value       = module.s3_endpoint.prefix_list_id
}

output "vpc_cidr_block" {
  description = "IPv4 range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}
