output "vault_name" {
  description = "Vault of the backups."
  value       = aws_backup_vault.this.name
}
