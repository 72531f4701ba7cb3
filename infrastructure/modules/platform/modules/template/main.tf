locals {
  facts_by_token = { for name, value in var.facts : "{${name}}" => value }

  # A text is cut into {facts} and what is between them; each fact is looked up, the rest stays.
  filled = {
    for name, text in var.texts : name => join("", [
      for part in regexall("\\{[a-z_]+\\}|[^{]+|\\{", text) : lookup(local.facts_by_token, part, part)
    ])
  }
}
