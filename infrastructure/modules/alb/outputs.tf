output "alb_arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "alb_dns_name" {
  description = "DNS name of the load balancer; the domain's CNAME points to it."
  value       = aws_lb.this.dns_name
}

output "alb_zone_id" {
  description = "Hosted zone of the load balancer, for an alias record in Route 53."
  value       = aws_lb.this.zone_id
}

output "alb_arn_suffix" {
  description = "The load balancer as CloudWatch metrics name it."
  value       = aws_lb.this.arn_suffix
}

output "certificate_arn" {
  description = "ARN of the site's certificate."
  value       = aws_acm_certificate.this[var.domain_name].arn
}

output "certificate_arns" {
  description = "ARN of each certificate by its domain: the site's, and the next one's while the site moves."
  value       = { for domain, certificate in aws_acm_certificate.this : domain => certificate.arn }
}

output "certificate_domain_validation_options" {
  description = "Records to put into DNS so that ACM issues the certificate that is waited for: the next domain's while the site moves."
  value       = aws_acm_certificate.this[coalesce(var.next_domain_name, var.domain_name)].domain_validation_options
}

output "domain_names" {
  description = "Domains that the site is asked for: its own, and the next one's while it moves. An earlier one is among them until the listener has let go of it."
  value       = compact([var.next_domain_name, var.domain_name])
  depends_on  = [aws_lb_listener.https]
}

output "frontend_target_group_arn" {
  description = "Target group of the frontend, once a listener forwards to it: ECS refuses a group without a load balancer."
  value       = aws_lb_target_group.frontend.arn
  depends_on  = [aws_lb_listener.http, aws_lb_listener.https]
}

output "frontend_target_group_arn_suffix" {
  description = "The frontend's target group as CloudWatch metrics name it."
  value       = aws_lb_target_group.frontend.arn_suffix
}

output "backend_target_group_arn_suffix" {
  description = "The backend's target group as CloudWatch metrics name it."
  value       = aws_lb_target_group.backend.arn_suffix
}

output "backend_target_group_arn" {
  description = "Target group of the backend's function."
  value       = aws_lb_target_group.backend.arn
}
