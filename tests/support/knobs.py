"""What may change on a running site, which rehearsal changes it, or why none does."""

from __future__ import annotations

from typing import Any

ON: dict[str, Any] = {
    "alarm_emails": ["operations@example.org"],
    "alarms_enabled": True,
    "availability_zone_count": 4,
    "backup_plan_retention_days": 14,
    "cache_multi_az": False,
    "cache_node_type": "cache.m6g.xlarge",
    "cache_snapshot_retention_days": 3,
    "cloudtrail_enabled": True,
    "container_insights_enabled": False,
    "cpu_architecture": "ARM64",
    "db_allocated_storage": 150,
    "db_backup_retention_days": 14,
    "db_instance_class": "db.m6g.xlarge",
    "db_multi_az": False,
    "db_performance_insights_enabled": False,
    "db_proxy_enabled": True,
    "db_skip_final_snapshot": True,
    "deletion_protection": False,
    "fargate_spot_for_frontend": True,
    "fargate_spot_for_tasks": True,
    "force_destroy": True,
    "frontend_autoscaling": {"min": 1, "max": 3, "cpu_percent": 50},
    "frontend_desired_count": 1,
    "frontend_task_cpu": "512",
    "frontend_task_memory": "3072",
    "interface_endpoints": ["ssm", "logs"],
    "log_retention_days": 30,
    "max_retries": 5,
    "monthly_budget": 200,
    "nat_gateway_mode": "instance",
    "tags": {"Owner": "operations"},
    "waf_enabled": True,
}
"""Sizes that production gets in one run: every part by choice is on, the rest is not as before."""

OFF: dict[str, Any] = {
    "alarms_enabled": False,
    "availability_zone_count": 4,
    "backup_plan_retention_days": 0,
    "cache_node_type": "cache.t3.small",
    "cache_snapshot_retention_days": 0,
    "cloudtrail_enabled": False,
    "db_allocated_storage": 150,
    "frontend_desired_count": 1,
    "nat_gateway_mode": "none",
}
"""Sizes that it gets in the next: every part by choice is off, the rest is as by default."""

ELSEWHERE = {
    "application": "by its fields, below",
    "aws_region": "another region is another site, and refused for one that is up",
    "backend_image_tag": "every release: tests/e2e/test_releases.py",
    "certificate_issued": "tests/localcloud/control/test_domain_change.py",
    "db_password_version": "for an apply by hand: the step `secrets` gives the database its password",
    "db_proxy_kept": "set by the run in which db_proxy_enabled goes off",
    "domain_name": "the run that switches off moves the site, too: tests/e2e/test_production.py",
    "environment": "another environment is another site",
    "excluded_zone_ids": "zones of subnets that are still to be made: those that stand stay where they are",
    "frontend_cpu_architecture": "set by the run in which cpu_architecture changes",
    "frontend_image_tag": "every release: tests/e2e/test_releases.py",
    "lambda_function_name": "every first run: there is no function before it",
    "next_domain_name": "with domain_name",
    "project_name": "another project is another site",
    "vpc_cidr": "refused for a site that is up: tests/unit/test_standing.py",
}
"""Variables of an environment's root that the two leave alone, and why."""

CHANGED = {
    "backend.environment": 'environment = { DJANGO_SETTINGS_MODULE = "config.settings" }',
    "backend.memory": "memory = 1024 ",
    "backend.paths": '"/slack/*"]',
    "backend.timeout": "timeout = 30 ",
    "frontend.environment": 'KEEP_ALIVE_TIMEOUT = "65000"',
    "frontend.health_path": 'health_path = "/api/health"',
    "parameters.added": "[parameters.DJANGO_SLACK_BOT_TOKEN]",
    "parameters.description": 'description = "Signs sessions and CSRF tokens"',
    "parameters.kind": 'kind = "plain"\nvalue = "true"',
    "parameters.services": 'services = ["frontend"]\ndescription = "GitHub OAuth client id"',
    "parameters.value": 'value = "{site_urls}"',
    "security.content_security_policy": "object-src 'none'\"",
    "tasks.command": 'command = ["python", "manage.py", "index_data"]',
}
"""Fields of nest.toml that the first of the two runs changes, with the text in it that is replaced."""

REPLACED = {
    "backend.environment": 'environment = { DJANGO_SETTINGS_MODULE = "config.settings", EXTRA = "1" }',
    "backend.memory": "memory = 1536 ",
    "backend.paths": '"/slack/*", "/one/*", "/two/*"]',
    "backend.timeout": "timeout = 25 ",
    "frontend.environment": 'KEEP_ALIVE_TIMEOUT = "66000"',
    "frontend.health_path": 'health_path = "/"',
    "parameters.added": '[parameters.NEW_ONE]\nkind = "plain"\nvalue = "new"\n\n[parameters.RENAMED_TOKEN]',
    "parameters.description": 'description = "Signs what must not be forged"',
    "parameters.kind": 'kind = "secret"\nwithout = "the cache is not reached"',
    "parameters.services": 'description = "GitHub OAuth client id"',
    "parameters.value": 'value = "{site_urls},https://other.example.org"',
    "security.content_security_policy": "object-src 'none'; media-src 'none'\"",
    "tasks.command": 'command = ["python", "manage.py", "index_data"]\nschedule = "rate(1 day)"\n'
    'cpu = "1024"\nmemory = "2048"\nenvironment = { BATCH = "1" }',
}
"""What stands there instead."""

FIXED = {
    "backend.fixture": "read by every load: tests/e2e/test_up.py",
    "backend.fixture_command": "run when there is no fixture: tests/unit",
    "backend.image": "every release: tests/e2e/test_releases.py",
    "backend.probes": "asked of every version, and of none that is live: tests/unit",
    "backend.python": "another Python is another release",
    "backend.root": "another folder is another release",
    "backend.wsgi": "another module is another release",
    "environments.domain": "with the variable domain_name, above",
    "environments.region": "another region is another site",
    "environments.sizes": "ON and OFF",
    "frontend.build_environment": "another build is another release",
    "frontend.command": "part of the task's definition, as its environment is",
    "frontend.image": "every release: tests/e2e/test_releases.py",
    "frontend.port": "target groups of two ports stand side by side: modules/alb/tests",
    "frontend.root": "another folder is another release",
    "parameters.shape": "held against a value before it is stored: tests/unit",
    "parameters.use": "two must have it, whatever their names",
    "parameters.without": "words for people",
    "project.name": "another project is another site",
    "schema": "there is one",
    "site.probes": "asked of the whole site by every run",
    "tasks.cpu": "with tasks.command",
    "tasks.environment": "with tasks.command",
    "tasks.memory": "with tasks.command",
    "tasks.schedule": "with tasks.command",
}
"""Fields that the two runs leave alone, and why."""

REFUSED: dict[str, tuple[Any, str]] = {
    "availability_zone_count": (3, "zones-fewer"),
}
"""Sizes that the site cannot get after those runs, with the error that says so; others are held against
what stands in tests/unit/test_standing.py."""
