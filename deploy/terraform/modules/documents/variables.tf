variable "project" {
  description = "First part of every name and of the path of the secrets."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.project))
    error_message = "project is 2 to 31 lower-case letters, digits and dashes, and starts with a letter."
  }
}

variable "environment" {
  description = "Second part of every name and of the path of the secrets, such as production."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.environment))
    error_message = "environment is 2 to 31 lower-case letters, digits and dashes, and starts with a letter."
  }
}

variable "partition" {
  description = "AWS partition."
  type        = string
  default     = "aws"
}

variable "region" {
  description = "AWS region of the machine, its key and its secrets."
  type        = string
}

variable "account_id" {
  description = "AWS account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is 12 digits."
  }
}

variable "repository" {
  description = "Where git fetches the deployment from, over HTTPS."
  type        = string

  validation {
    condition     = can(regex("^https://[A-Za-z0-9._~/-]+$", var.repository))
    error_message = "repository is an https:// URL without credentials."
  }
}

variable "revision" {
  description = "The commit to run. A full hash, since a branch or tag can be moved."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{40}$", var.revision))
    error_message = "revision is the full hash of a commit: 40 hexadecimal digits."
  }
}

variable "site_address" {
  description = "Host name that the edge answers to and gets its certificate for."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9.-]+$", var.site_address))
    error_message = "site_address is a host name, without scheme, port or path."
  }
}

variable "data_volume_id" {
  description = "EBS volume that holds Docker's data; it outlives the machine."
  type        = string

  validation {
    condition     = can(regex("^vol-[0-9a-f]+$", var.data_volume_id))
    error_message = "data_volume_id starts with vol-."
  }
}

variable "kms_key_arn" {
  description = "Key that the secrets are encrypted with."
  type        = string
}

variable "generate_missing_secrets" {
  description = "Whether the machine may make a secret that is missing. It may never replace one."
  type        = bool
  default     = false
}
