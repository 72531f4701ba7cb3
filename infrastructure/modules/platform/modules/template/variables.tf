variable "texts" {
  description = "Texts that may hold {facts}, by name."
  type        = map(string)
  nullable    = false
}

variable "facts" {
  description = "Values of the facts, by name; a {word} that is no fact stays as it is."
  type        = map(string)
  nullable    = false
}

variable "placeholder" {
  description = "Value of a fact that is not known yet."
  type        = string
  default     = "to-be-set-in-aws-console"
  nullable    = false
}
