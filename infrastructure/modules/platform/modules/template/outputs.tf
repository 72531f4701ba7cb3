output "texts" {
  description = "The texts with their facts filled in. One that starts with a fact not known yet is the bare placeholder: an address whose host is missing is no address."
  value       = { for name, text in local.filled : name => startswith(text, var.placeholder) ? var.placeholder : text }
}
