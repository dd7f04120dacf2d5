variable "domain_name" {
  description = "Domain that mails are sent from, for example mail.example.com."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name must be a domain in lower case, such as mail.example.com."
  }
}

variable "zone" {
  description = "Route 53 zone of the domain, in which the records are made. Null makes none: the output records names them."
  type = object({
    id = string
  })
  default = null
}

variable "dmarc" {
  description = "What receivers are asked to do with mails that fail the checks (none, quarantine, reject), and an address for their reports."
  type = object({
    policy         = optional(string, "none")
    report_address = optional(string)
  })
  default = {}

  validation {
    condition     = contains(["none", "quarantine", "reject"], var.dmarc.policy)
    error_message = "dmarc.policy must be none, quarantine or reject."
  }
}

variable "test_emails" {
  description = "Addresses that may receive while the account is in SES's sandbox. Each gets a mail to confirm."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.test_emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "test_emails must be addresses such as admin@example.com."
  }
}
