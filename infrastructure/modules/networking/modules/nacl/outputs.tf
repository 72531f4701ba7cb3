output "network_acl_id" {
  description = "Id of the network ACL."
  value       = aws_network_acl.this.id
}

output "passes" {
  description = "What the network ACL lets through: direction, port range and addresses, such as \"ingress 443-443 10.0.0.0/16\"."
  value = toset(concat(
    [for rule in aws_network_acl.this.ingress : "ingress ${rule.from_port}-${rule.to_port} ${rule.cidr_block}" if rule.action == "allow"],
    [for rule in aws_network_acl.this.egress : "egress ${rule.from_port}-${rule.to_port} ${rule.cidr_block}" if rule.action == "allow"],
  ))
}
