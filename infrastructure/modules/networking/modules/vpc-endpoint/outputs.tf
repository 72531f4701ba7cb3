output "endpoint_id" {
  description = "Id of the endpoint."
  value       = aws_vpc_endpoint.this.id
}

output "prefix_list_id" {
  description = "Prefix list of a gateway endpoint; null for an interface endpoint."
  value       = var.type == "Gateway" ? aws_vpc_endpoint.this.prefix_list_id : null
}
