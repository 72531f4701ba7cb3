output "network_acl_id" {
  description = "Id of the network ACL."
  value       = aws_network_acl.this.id
}
