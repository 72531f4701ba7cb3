"""Resource types that AWS does not bill by themselves.

Each belongs to something that is billed elsewhere, or to a service without charge. A type that stands neither
here nor in ``needs`` is a finding, so that nothing is left out in silence.
"""

from __future__ import annotations

FREE = frozenset(
    {
        "aws_acm_certificate",  # public ones (aws.amazon.com/certificate-manager/pricing)
        "aws_acm_certificate_validation",
        "aws_appautoscaling_policy",
        "aws_backup_plan",  # what it stores is billed: aws_backup_vault
        "aws_backup_selection",
        "aws_cloudfront_origin_access_control",
        "aws_cloudfront_response_headers_policy",
        "aws_cloudwatch_event_rule",  # rules on a schedule are free; so are their targets (AWS services)
        "aws_cloudwatch_event_target",
        "aws_cloudwatch_log_resource_policy",
        "aws_db_parameter_group",
        "aws_db_proxy_default_target_group",
        "aws_db_proxy_target",
        "aws_db_subnet_group",
        "aws_default_security_group",
        "aws_ecr_lifecycle_policy",
        "aws_ecr_repository_policy",
        "aws_ecs_cluster_capacity_providers",
        "aws_elasticache_parameter_group",
        "aws_elasticache_subnet_group",
        "aws_iam_instance_profile",
        "aws_iam_openid_connect_provider",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_iam_service_linked_role",
        "aws_internet_gateway",
        "aws_kms_alias",
        "aws_lambda_permission",
        "aws_lb_listener",
        "aws_lb_listener_certificate",
        "aws_lb_listener_rule",
        "aws_lb_target_group",
        "aws_lb_target_group_attachment",
        "aws_network_acl",
        "aws_network_acl_rule",
        "aws_route",
        "aws_route_table",
        "aws_route_table_association",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_scheduler_schedule",  # 14 million calls a month are free (aws.amazon.com/eventbridge/pricing)
        "aws_secretsmanager_secret_version",
        "aws_security_group",
        "aws_sns_topic_policy",
        "aws_subnet",
        "aws_vpc",
        "aws_vpc_security_group_egress_rule",
        "aws_vpc_security_group_ingress_rule",
        "aws_wafv2_web_acl_association",
        "terraform_data",
    }
)
