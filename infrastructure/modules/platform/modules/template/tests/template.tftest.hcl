variables {
  facts = {
    domain_name         = "staging.nest.owasp.org"
    database_host       = "db.internal"
    database_port       = "5432"
    lambda_function_url = "to-be-set-in-aws-console"
  }
}

run "fills_in_facts" {
  variables {
    texts = {
      one     = "{database_host}"
      several = "postgres://nest@{database_host}:{database_port}/nest"
      none    = "true"
    }
  }

  assert {
    condition     = output.texts == { none = "true", one = "db.internal", several = "postgres://nest@db.internal:5432/nest" }
    error_message = "Facts are not filled in, or a text without any is changed."
  }
}

run "leaves_other_braces" {
  variables {
    texts = {
      json    = "{\"a\": {}, \"site\": \"{domain_name}\"}"
      unknown = "{no_such_fact} {"
      lines   = "{domain_name}\n{domain_name}"
    }
  }

  assert {
    condition     = output.texts["json"] == "{\"a\": {}, \"site\": \"staging.nest.owasp.org\"}"
    error_message = "Braces that are no fact must stay."
  }

  assert {
    condition     = output.texts["unknown"] == "{no_such_fact} {" && output.texts["lines"] == "staging.nest.owasp.org\nstaging.nest.owasp.org"
    error_message = "An unknown word must stay, and lines too."
  }
}

run "an_address_without_a_host_is_no_address" {
  variables {
    texts = {
      address = "{lambda_function_url}/graphql/"
      list    = "{domain_name},{lambda_function_url}"
    }
  }

  assert {
    condition     = output.texts["address"] == "to-be-set-in-aws-console"
    error_message = "The application knows the bare placeholder only."
  }

  assert {
    condition     = output.texts["list"] == "staging.nest.owasp.org,to-be-set-in-aws-console"
    error_message = "What is known in a list must be there before the rest is."
  }
}
